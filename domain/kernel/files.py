"""One store for documents and pictures: bytes by hash in the data folder, a row per owner.

The type is what the bytes say, never what the name says, and the structure has to agree (`media`). The same bytes
are stored once, under a name of ours. Where a scanner is set up nobody gets a file before it was scanned, and
nobody ever gets one that it found harmful; a command never waits for the scanner (`app/run/scanning.py` asks it).
"""

import hashlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select

from domain.kernel import media
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import Event, StoredFile
from domain.kernel.ids import new_id
from domain.kernel.settings import settings
from domain.kernel.work import Work

LARGEST_BYTES = 10 * 1024 * 1024
QUOTA_BYTES = 2 * 1024 * 1024 * 1024
SCAN_LONGEST_WORD = 120


class NotScannedYet(Conflict):
    """A scanner has not looked at this file yet."""


class FileHarmful(Conflict):
    """A scanner found something harmful in this file."""


@dataclass(frozen=True, kw_only=True)
class HarmfulFileFound(Event):
    subject: ClassVar[str] = "file"

    word: str


class FileSheet(BaseModel):
    """One file as those see it who may: what it is, and what is known of it."""

    model_config = ConfigDict(frozen=True)

    file_id: UUID
    org_id: UUID
    name: str
    media_type: str
    bytes: int
    sha256: str
    stored_at: datetime
    facts: dict[str, Any]
    scan_state: str
    scanned_at: datetime | None


def store(
    work: Work, *, content: bytes, name: str, is_public: bool = False, needs: Sequence[StrEnum] = (),
    kinds: Collection[str] = media.DOCUMENTS, largest: int = LARGEST_BYTES,
) -> UUID:  # fmt: skip
    """Keep a file for the actor's organisation; with `needs` only for readers who hold one of these rights.

    `kinds` are the media types that are taken, and `largest` how many bytes.

    Raises `Invalid` for its type, its structure, its size or the quota.
    """
    org_id = work.actor.require_org()
    if not content:
        raise Invalid("This file is empty.")
    if len(content) > largest:
        raise Invalid(f"This file is larger than {largest // 1024**2} MB.")
    taken = media.take_in(content, is_evidence=not is_public, kinds=kinds)
    used = work.session.scalar(select(func.coalesce(func.sum(StoredFile.bytes), 0)).where(StoredFile.org_id == org_id))
    if int(used or 0) + len(taken.content) > QUOTA_BYTES:
        raise Invalid("Your organisation's storage is full. Please remove files that you no longer need.")
    digest = hashlib.sha256(taken.content).hexdigest()
    _write(digest, taken.content)
    row = StoredFile(
        id=new_id(), org_id=org_id, sha256=digest, media_type=taken.media_type,
        name=media.display_name(name, taken.media_type), bytes=len(taken.content), is_public=is_public,
        stored_at=work.now, needs=[str(right) for right in needs], facts=taken.facts,
        scan_state="waiting" if settings().clamd else "not_scanned",
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row.id


def read(work: Work, *, file_id: UUID) -> tuple[bytes, str]:
    """A file's bytes and media type, for those who may see it.

    Raises `NotFound`, `NotScannedYet`, `FileHarmful`.
    """
    place, media_type = place_of(work, file_id=file_id)
    return place.read_bytes(), media_type


def place_of(work: Work, *, file_id: UUID) -> tuple[Path, str]:
    """Where a file lies, and its media type, for whoever sends a part of it. Raises what `read` does."""
    row = _mine(work, file_id)
    if row.scan_state == "waiting":
        raise NotScannedYet("This file is still being checked for viruses. Please try again in a minute.")
    if row.scan_state == "harmful":
        raise FileHarmful("The virus scanner found something harmful in this file; nobody can open it.")
    return _path(row.sha256), row.media_type


def fresh(work: Work, *, file_id: UUID) -> bytes:
    """The bytes of a file that this very command has stored, whatever a scanner will say: to make others of it."""
    row = _mine(work, file_id)
    if row.org_id != work.actor.org_id or row.stored_at != work.now:
        raise NotFound
    return _path(row.sha256).read_bytes()


def sheet(work: Work, *, file_id: UUID) -> FileSheet:
    """What is known of a file, for those who may see it. Raises `NotFound`."""
    row = _mine(work, file_id)
    return FileSheet(
        file_id=row.id, org_id=row.org_id, name=row.name, media_type=row.media_type, bytes=row.bytes,
        sha256=row.sha256, stored_at=row.stored_at, facts=row.facts, scan_state=row.scan_state,
        scanned_at=row.scanned_at,
    )  # fmt: skip


def pictures(work: Work, *, file_ids: Sequence[UUID]) -> dict[UUID, Path]:
    """Where the bytes of these pictures are, in one statement; what the actor may not see is left out."""
    rows = work.session.scalars(select(StoredFile).where(StoredFile.id.in_(file_ids)))
    return {row.id: _path(row.sha256) for row in rows if _is_shown_picture(work, row)}


def is_picture(work: Work, file_id: UUID) -> bool:
    row = work.session.get(StoredFile, file_id)
    return row is not None and _may_see(work, row) and row.media_type.startswith("image/")


class WaitingScan(BaseModel):
    """One file that a scanner has to look at, and where its bytes are."""

    model_config = ConfigDict(frozen=True)

    file_id: UUID
    path: Path


def scans_waiting(work: Work, *, limit: int = 20) -> list[WaitingScan]:
    """Files that wait for the scanner, the oldest first; for the platform's jobs."""
    _require_system(work)
    waiting = select(StoredFile).where(StoredFile.scan_state == "waiting").order_by(StoredFile.stored_at, StoredFile.id)
    return [WaitingScan(file_id=row.id, path=_path(row.sha256)) for row in work.session.scalars(waiting.limit(limit))]


def record_scan(work: Work, *, file_id: UUID, harm: str | None) -> None:
    """Write down what the scanner said of a file: nothing, or the name of what it found.

    Whoever else stored the same bytes gets the same word. Raises `NotFound`. Announces `HarmfulFileFound`.
    """
    _require_system(work)
    row = work.session.get(StoredFile, file_id)
    if row is None:
        raise NotFound
    same = select(StoredFile).where(StoredFile.sha256 == row.sha256).order_by(StoredFile.id).with_for_update()
    for one in work.session.scalars(same):
        was = one.scan_state
        one.scan_state, one.scanned_at = "harmful" if harm else "clean", work.now
        one.scan_word = harm[:SCAN_LONGEST_WORD] if harm else None
        if harm and was != "harmful":
            work.record(HarmfulFileFound(subject_id=one.id, word=harm[:SCAN_LONGEST_WORD]))


def _require_system(work: Work) -> None:
    if not work.actor.is_system:
        raise NotFound


def _mine(work: Work, file_id: UUID) -> StoredFile:
    row = work.session.get(StoredFile, file_id)
    if row is None or not _may_see(work, row):
        raise NotFound
    return row


def _may_see(work: Work, row: StoredFile) -> bool:
    if row.is_public:
        return True
    if not (row.org_id == work.actor.org_id or work.actor.is_staff):
        return False
    if row.needs and work.actor.is_looking:  # papers of a company are not for whoever looks through its people's eyes
        return False
    return not row.needs or work.actor.is_system or any(need in work.actor.permissions for need in row.needs)


def _is_shown_picture(work: Work, row: StoredFile) -> bool:
    is_open = row.scan_state in ("clean", "not_scanned")
    return is_open and _may_see(work, row) and row.media_type.startswith("image/")


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
