"""What a file really is, by its bytes and by its structure; and what of it is kept.

A PDF has to parse and may contain no programs, no other files and no password. A picture is decoded and written
anew, so that nothing but pixels is served; what its maker wrote into it (time, place, camera) is kept apart.
"""

import hashlib
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from domain.kernel.confined import confined
from domain.kernel.errors import Invalid
from domain.kernel.moving import film_facts, model_facts

SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"%PDF-": "application/pdf"}
SUFFIXES = {
    "image/png": (".png",), "image/jpeg": (".jpg", ".jpeg"), "application/pdf": (".pdf",), "video/mp4": (".mp4",),
    "model/gltf-binary": (".glb",),
}  # fmt: skip
DOCUMENTS = frozenset(SIGNATURES.values())  # what is stored where nothing else is said
PICTURES = frozenset({"image/png", "image/jpeg"})
VIDEO, MODEL = "video/mp4", "model/gltf-binary"
_ASKED = {
    frozenset({VIDEO}): "Only MP4 films can be stored here.",
    frozenset({MODEL}): "Only 3D models in the format GLB can be stored here.",
    PICTURES: "Only PNG and JPEG pictures can be stored here.",
}
PIXELS_MAX = 40_000_000
PIXELS_AT_ONCE = 2_000_000  # smaller pictures of goods are decoded where they are: the demo has hundreds
PAGES_MAX = 100
OBJECTS_MAX = 100_000
NAME_LONGEST = 120


@dataclass(frozen=True)
class Taken:
    media_type: str
    content: bytes
    facts: dict[str, Any] = field(default_factory=dict)


def take_in(content: bytes, *, is_evidence: bool = True, kinds: Collection[str] = DOCUMENTS) -> Taken:
    """The bytes to keep of a file, and what it says of itself. Raises `Invalid` for what cannot be kept."""
    media_type = next((kind for signature, kind in SIGNATURES.items() if content.startswith(signature)), None)
    if media_type is None and content[4:8] == b"ftyp":
        media_type = VIDEO
    if media_type is None and content[:4] == b"glTF":
        media_type = MODEL
    if media_type not in kinds or media_type is None:
        raise Invalid(_ASKED.get(frozenset(kinds), "Only PDF, PNG and JPEG files can be stored."))
    if media_type == "application/pdf":
        return Taken(media_type, content, _pdf_facts(content))
    if media_type in (VIDEO, MODEL):
        return Taken(media_type, content, film_facts(content) if media_type == VIDEO else model_facts(content))
    if is_evidence or _pixels(content) > PIXELS_AT_ONCE:
        made = confined(redraw, content, is_evidence=is_evidence)
    else:
        made = redraw(content, is_evidence=False)
    return Taken(media_type, made["content"], made["facts"])


def display_name(name: str, media_type: str) -> str:
    """A name to show: no folders, no invisible or turning characters, and the ending that the bytes have."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    clean = re.sub(r"\s+", " ", clean).strip(" .") or "file"
    suffixes = SUFFIXES[media_type]
    if not clean.lower().endswith(suffixes):
        clean = clean[: NAME_LONGEST - len(suffixes[0])] + suffixes[0]
    stem, dot, ending = clean.rpartition(".")
    return stem[: NAME_LONGEST - len(ending) - 1] + dot + ending


# --- PDF ---------------------------------------------------------------------------------------

_PROGRAMS = {
    "/JS", "/JavaScript", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/EF", "/RichMedia", "/XFA", "/SubmitForm",
    "/ImportData", "/GoToE", "/Movie", "/Rendition",
}  # fmt: skip
_MARKUP = re.compile(rb"<\s*(script|html|svg|iframe|body|!doctype)", re.IGNORECASE)
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)


@lru_cache(maxsize=64)
def _known_pdf(_digest: str) -> list[dict[str, Any]]:
    return []


def _pdf_facts(content: bytes) -> dict[str, Any]:
    # The same bytes come more than once: a person tries again, a test many times. What is refused is asked anew.
    known = _known_pdf(hashlib.sha256(content).hexdigest())
    if not known:
        known.append(confined(inspect_pdf, content))
    return dict(known[0])


def inspect_pdf(content: bytes) -> dict[str, Any]:
    """Whether a PDF may be kept, and how many pages it has; runs in a confined child."""
    import pypdf
    from pypdf.errors import PyPdfError

    end = content.rfind(b"%%EOF")
    if end < 0 or content[end + 5 :].strip(b"\0\r\n\t "):
        raise Invalid("This PDF does not end where it should. Please save it again and upload the new file.")
    if _MARKUP.search(_STREAM.sub(b"", content)) or b"PK\x03\x04" in _STREAM.sub(b"", content):
        raise Invalid("This file is a PDF and something else at once. Please save it as a plain PDF.")
    try:
        reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise Invalid("This PDF is locked. Please save it without a password and upload the new file.")
        pages = len(reader.pages)
        if not 1 <= pages <= PAGES_MAX:
            raise Invalid(f"A PDF may have {PAGES_MAX} pages at most.")
        for word in _words(reader):
            if word in _PROGRAMS:
                raise Invalid("This PDF contains a program or another file. Please print it to a plain PDF.")
        for page in reader.pages:
            assert page.mediabox.width > 0
    except Invalid:
        raise
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError):
        raise Invalid("This PDF is damaged. Please save it again and upload the new file.") from None
    return {"pages": pages}


def _words(reader: Any) -> Iterator[str]:
    """Every key and name of every object that the file's tables list, whether a page reaches it or not."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

    # By generation as well: an object that is asked for under another one than its own is not found, and would pass.
    listed = {(number, generation) for generation, numbers in reader.xref.items() for number in numbers}
    listed |= {(number, 0) for number in reader.xref_objStm}
    if len(listed) > OBJECTS_MAX:
        raise Invalid("This PDF has too many parts to be checked.")
    waiting: list[Any] = [reader.trailer, *(IndirectObject(*one, reader) for one in listed if one[0])]
    seen: set[tuple[int, int]] = set()
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, IndirectObject):
            if (thing.idnum, thing.generation) in seen:
                continue
            seen.add((thing.idnum, thing.generation))
            thing = thing.get_object()
        if isinstance(thing, DictionaryObject):
            for key, value in dict.items(thing):  # as they stand: what is referred to has its own turn
                yield str(key)
                waiting.append(value)
        elif isinstance(thing, ArrayObject):
            waiting.extend(list.__iter__(thing))
        elif isinstance(thing, NameObject):
            yield str(thing)


# --- pictures ----------------------------------------------------------------------------------


def _opened(content: bytes) -> Any:
    from PIL import Image, UnidentifiedImageError

    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError:
        raise Invalid(f"A picture may have {PIXELS_MAX // 1_000_000} megapixels at most.") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise Invalid("This picture is damaged. Please save it again and upload the new file.") from None
    if picture.width * picture.height > PIXELS_MAX:
        raise Invalid(f"A picture may have {PIXELS_MAX // 1_000_000} megapixels at most.")
    return picture


def _pixels(content: bytes) -> int:
    picture = _opened(content)
    return int(picture.width * picture.height)


def redraw(content: bytes, *, is_evidence: bool) -> dict[str, Any]:
    """The picture written anew without anything but pixels, and what stood beside them; may run in a confined child."""
    from PIL import ImageOps

    picture = _opened(content)
    try:
        facts = _written_in(picture) if is_evidence else {}
        is_png = picture.format == "PNG"
        picture.load()
        turned = ImageOps.exif_transpose(picture)
    except (OSError, ValueError, SyntaxError, TypeError, ZeroDivisionError):
        raise Invalid("This picture is damaged. Please save it again and upload the new file.") from None
    transparency = turned.info.get("transparency") if is_png else None
    turned.info = {} if transparency is None else {"transparency": transparency}
    made = io.BytesIO()
    if is_png:
        plain = turned if turned.mode in ("1", "L", "LA", "P", "RGB", "RGBA") else turned.convert("RGB")
        plain.save(made, "PNG", compress_level=6)
    else:
        plain = turned if turned.mode in ("L", "RGB") else turned.convert("RGB")
        plain.save(made, "JPEG", quality=90)
    facts |= {"width": turned.width, "height": turned.height}
    if is_evidence:
        facts |= {"given_sha256": hashlib.sha256(content).hexdigest(), "likeness": likeness(turned)}
    return {"content": made.getvalue(), "facts": facts}


def in_sizes(content: bytes, sides: Sequence[int]) -> list[bytes]:
    """A picture that is stored already, made smaller so that it fits squares of these sides: JPEG, or PNG where it is
    see-through. A picture that is small enough is only written anew. Large ones are decoded in a confined child."""
    if _pixels(content) > PIXELS_AT_ONCE:
        made = confined(shrink, content, sides=list(sides))
        return [made[str(side)] for side in sides]
    small = shrink(content, sides=list(sides))
    return [small[str(side)] for side in sides]


def shrink(content: bytes, *, sides: list[int]) -> dict[str, bytes]:
    """Smaller pictures by the side of the square that they fit; may run in a confined child."""
    from PIL import Image

    picture = _opened(content)
    try:
        picture.load()
        whole = picture.convert("RGBA" if picture.mode in ("RGBA", "LA", "P") else "RGB")
    except (OSError, ValueError, SyntaxError):
        raise Invalid("This picture is damaged. Please save it again and upload the new file.") from None
    is_open = whole.mode == "RGBA" and whole.getextrema()[3][0] < 255
    found = {}
    for side in sides:
        small = whole.copy()
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        if is_open:
            small.save(file, "PNG", optimize=True)
        else:
            small.convert("RGB").save(file, "JPEG", quality=82, optimize=True)
        found[str(side)] = file.getvalue()
    return found


def likeness(picture: Any) -> str:
    """A perceptual hash of 64 bits as 16 hexadecimal signs: pictures that look alike differ in a few bits."""
    import imagehash

    return str(imagehash.phash(picture.convert("RGB")))


def _written_in(picture: Any) -> dict[str, Any]:
    """When, where and by what a photograph says that it was taken; a camera's clock knows no time zone."""
    from PIL.ExifTags import GPS, IFD, Base

    exif = picture.getexif()
    shot, place = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
    facts: dict[str, Any] = {}
    try:
        stamp = str(shot.get(Base.DateTimeOriginal) or exif.get(Base.DateTime) or "").strip("\0 ")
        facts["taken_at"] = datetime.strptime(stamp, "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007
    except ValueError:
        pass
    for name, key, side, south in (
        ("latitude", GPS.GPSLatitude, GPS.GPSLatitudeRef, "S"),
        ("longitude", GPS.GPSLongitude, GPS.GPSLongitudeRef, "W"),
    ):
        try:
            degrees, minutes, seconds = (float(part) for part in place[key])
            value = degrees + minutes / 60 + seconds / 3600
            facts[name] = round(-value if place.get(side) == south else value, 6)
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            continue
    camera = " ".join(str(exif.get(key, "")).strip("\0 ") for key in (Base.Make, Base.Model)).strip()
    software = str(exif.get(Base.Software, "")).strip("\0 ")
    return facts | ({"camera": camera[:80]} if camera else {}) | ({"software": software[:80]} if software else {})
