"""One store for documents and pictures: bytes by hash in the data folder, a row per owner.

The type is what the bytes say, never what the name says. The same bytes are stored once.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import func, select

from domain.kernel.errors import Invalid, NotFound
from domain.kernel.events import StoredFile
from domain.kernel.ids import new_id
from domain.kernel.settings import settings
from domain.kernel.work import Work

LARGEST_BYTES = 10 * 1024 * 1024
QUOTA_BYTES = 2 * 1024 * 1024 * 1024
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"%PDF-": "application/pdf"}


def store(work: Work, *, content: bytes, name: str, is_public: bool = False) -> UUID:
    """Keep a file for the actor's organisation. Raises `Invalid` for its type, size or the quota."""
    org_id = work.actor.require_org()
    if not content:
        raise Invalid("This file is empty.")
    if len(content) > LARGEST_BYTES:
        raise Invalid(f"This file is larger than {LARGEST_BYTES // 1024**2} MB.")
    media_type = _type_of(content)
    used = work.session.scalar(select(func.coalesce(func.sum(StoredFile.bytes), 0)).where(StoredFile.org_id == org_id))
    if int(used or 0) + len(content) > QUOTA_BYTES:
        raise Invalid("Your organisation's storage is full. Please remove files that you no longer need.")
    digest = hashlib.sha256(content).hexdigest()
    _write(digest, content)
    row = StoredFile(
        id=new_id(), org_id=org_id, sha256=digest, media_type=media_type, name=Path(name).name[:120] or "file",
        bytes=len(content), is_public=is_public, stored_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row.id


def read(work: Work, *, file_id: UUID) -> tuple[bytes, str]:
    """A file's bytes and media type, for those who may see it. Raises `NotFound`."""
    row = work.session.get(StoredFile, file_id)
    if row is None or not _may_see(work, row):
        raise NotFound
    return _path(row.sha256).read_bytes(), row.media_type


def pictures(work: Work, *, file_ids: Sequence[UUID]) -> dict[UUID, Path]:
    """Where the bytes of these pictures are, in one statement; what the actor may not see is left out."""
    rows = work.session.scalars(select(StoredFile).where(StoredFile.id.in_(file_ids)))
    return {row.id: _path(row.sha256) for row in rows if _may_see(work, row) and row.media_type.startswith("image/")}


def is_picture(work: Work, file_id: UUID) -> bool:
    row = work.session.get(StoredFile, file_id)
    return row is not None and _may_see(work, row) and row.media_type.startswith("image/")


def _may_see(work: Work, row: StoredFile) -> bool:
    return row.is_public or row.org_id == work.actor.org_id or work.actor.is_staff


def _type_of(content: bytes) -> str:
    for signature, media_type in SIGNATURES.items():
        if content.startswith(signature):
            return media_type
    raise Invalid("Only PDF, PNG and JPEG files can be stored.")


def _path(digest: str) -> Path:
    return settings().home / "files" / digest[:2] / digest


def _write(digest: str, content: bytes) -> None:
    path = _path(digest)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{digest}.{uuid4()}")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
