"""Pictures of goods: small ones for lists, found for a whole page at once and kept small enough to send along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import streamlit as st

from app.bridge import Put, ask
from domain.kernel import files

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_BYTES = 4096
LARGEST_PREVIEW_BYTES = 400_000
_SIDE = 160  # twice the size in which they stand on the screen, for fine displays
_WIDE = 1460  # a picture that fills a column: as wide as Streamlit sends one


def thumbnails(file_ids: Iterable[UUID | None], put: Put = ask) -> dict[UUID, bytes]:
    """The small pictures of these files, by id, from one question; files that nobody may see here are left out."""
    wanted = sorted({file_id for file_id in file_ids if file_id is not None})
    found = put(files.pictures, file_ids=wanted) if wanted else {}
    return {file_id: small for file_id, path in found.items() if (small := _thumbnail(path)) is not None}


def previews(found: Mapping[UUID, Path]) -> dict[UUID, bytes]:
    """The files that `files.pictures` found, as large as a column can show them; what cannot be read is left out."""
    return {file_id: large for file_id, path in found.items() if (large := _preview(path)) is not None}


def show(picture: bytes, *, alt: str, width: int | Literal["stretch"] = "stretch") -> None:
    """A picture `width` pixels wide, or as wide as its place.

    Streamlit would scale it with each drawing when told the width itself, and make a JPEG of every PNG unless the
    format is named; so a container keeps the width, and the format is said.
    """
    with st.container(width=width) if width != "stretch" else nullcontext():
        st.image(picture, width="stretch", output_format=_format(picture), alt=alt)


def beside(picture: bytes | None, text: str, *, key: str, help: str | None = None) -> None:
    """Words with a thumbnail at their left, if there is one."""
    if picture is None:
        st.markdown(text, help=help)
        return
    # The style says how wide it stands: told a width, Streamlit would scale every picture anew with each drawing.
    with st.container(key=f"thumb-{key}", horizontal=True, gap="small", vertical_alignment="top", wrap=False):
        st.image(picture, output_format=_format(picture), alt="")
        st.markdown(text, help=help)


def _format(picture: bytes) -> Literal["PNG", "auto"]:
    return "PNG" if picture.startswith(b"\x89PNG") else "auto"


def _on_white(picture: Image) -> Image:
    """Without its transparency, below which many programs leave black."""
    from PIL import Image

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")


# A file never changes under its path, so what was made of it once stays right.
@lru_cache(maxsize=50)
def _preview(path: Path) -> bytes | None:
    """The file as it is when that is small, else a JPEG of at most `_WIDE` pixels across; None if broken."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            is_small = max(picture.size) <= _WIDE and path.stat().st_size <= LARGEST_PREVIEW_BYTES
            if is_small and picture.format in ("PNG", "JPEG") and not picture.getexif():
                return path.read_bytes()
            picture.draft("RGB", (_WIDE * 2, _WIDE * 2))
            upright = _on_white(ImageOps.exif_transpose(picture))
            upright.thumbnail((_WIDE, _WIDE * 2))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    file = BytesIO()
    upright.save(file, "JPEG", quality=85, optimize=True)
    return file.getvalue()


@lru_cache(maxsize=2_000)
def _thumbnail(path: Path) -> bytes | None:
    """At most `LARGEST_BYTES`: a PNG when few colours are enough, as for drawings, else a JPEG; None if broken."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            picture.draft("RGB", (_SIDE * 2, _SIDE * 2))
            upright = _on_white(ImageOps.exif_transpose(picture))
            small = ImageOps.fit(upright, (_SIDE, _SIDE))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    file = BytesIO()
    small.quantize(64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    for quality in (80, 60, 40, 20):
        if file.tell() <= LARGEST_BYTES:
            break
        file = BytesIO()
        small.save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()
