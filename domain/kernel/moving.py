"""Films and models in space by their structure: what says that it is one has to be one from its first byte to its last.

An MP4 is a row of boxes that fills the file; a GLB is a head, a chunk of JSON and a chunk of numbers. Both are checked
without decoding them: the browser does that, in its own confinement.
"""

import json
import struct
from collections.abc import Iterator
from typing import Any

from domain.kernel.errors import Invalid

_BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"})
_BOXES_MOST = 50_000
_JSON_MOST = 4 * 1024 * 1024
_JSON, _NUMBERS = 0x4E4F534A, 0x004E4942
BROKEN_FILM = "This film is damaged or was cut off. Please save it again as MP4 and upload the new file."
BROKEN_MODEL = "This 3D model is damaged or was cut off. Please export it again as GLB and upload the new file."


def film_facts(content: bytes) -> dict[str, Any]:
    """How long an MP4 is in seconds. Raises `Invalid` for what is none, or is only its beginning."""
    boxes = list(_boxes(content, 0, len(content)))
    kinds = [kind for kind, _, _ in boxes]
    if not boxes or kinds[0] != b"ftyp" or b"moov" not in kinds or not {b"mdat", b"moof"} & set(kinds):
        raise Invalid(BROKEN_FILM)
    _, start, end = boxes[0]
    names = {content[start : start + 4], *(content[at : at + 4] for at in range(start + 8, end - 3, 4))}
    if not names & _BRANDS:
        raise Invalid("This film is not an MP4. Please save it as MP4 (H.264) and upload the new file.")
    _, start, end = next(box for box in boxes if box[0] == b"moov")
    inside = list(_boxes(content, start, end))
    if not any(kind == b"trak" for kind, _, _ in inside):
        raise Invalid(BROKEN_FILM)
    head = next((box for box in inside if box[0] == b"mvhd"), None)
    return {"seconds": _seconds(content, head[1], head[2])} if head else {}


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes between two places: kind, where its contents begin and where they end."""
    count = 0
    while start < end:
        count += 1
        if end - start < 8 or count > _BOXES_MOST:
            raise Invalid(BROKEN_FILM)
        size, kind = struct.unpack_from(">I4s", content, start)
        head = 8
        if size == 1:
            if end - start < 16:
                raise Invalid(BROKEN_FILM)
            size, head = struct.unpack_from(">Q", content, start + 8)[0], 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise Invalid(BROKEN_FILM)
        yield kind, start + head, start + size
        start += size


def _seconds(content: bytes, start: int, end: int) -> int:
    is_long = end > start and content[start] == 1
    form, at = (">IQ", start + 20) if is_long else (">II", start + 12)
    if at + struct.calcsize(form) > end:
        raise Invalid(BROKEN_FILM)
    scale, length = struct.unpack_from(form, content, at)
    return int(length // scale) if scale else 0


def model_facts(content: bytes) -> dict[str, Any]:
    """How many meshes a GLB holds. Raises `Invalid` for another version or length, or parts that lie elsewhere."""
    if len(content) < 20:
        raise Invalid(BROKEN_MODEL)
    version, length, first, kind = struct.unpack_from("<4xIIII", content, 0)
    if version != 2:
        raise Invalid(f"This 3D model is GLB version {version}; please export it as version 2.")
    if length != len(content) or kind != _JSON or first > _JSON_MOST or 20 + first > length:
        raise Invalid(BROKEN_MODEL)
    at, numbers = 20 + first, 0
    while at < length:
        if length - at < 8:
            raise Invalid(BROKEN_MODEL)
        size, kind = struct.unpack_from("<II", content, at)
        if at + 8 + size > length:
            raise Invalid(BROKEN_MODEL)
        numbers = size if kind == _NUMBERS else numbers
        at += 8 + size
    try:
        scene = json.loads(content[20 : 20 + first])
        meshes, buffers = scene["meshes"], scene.get("buffers", [])
        parts = [*buffers, *scene.get("images", [])]
        elsewhere = any("uri" in part and not str(part["uri"]).startswith("data:") for part in parts)
        needed = max((int(part["byteLength"]) for part in buffers if "uri" not in part), default=0)
        is_whole = str(scene["asset"]["version"]).startswith("2.") and len(meshes) > 0 and needed <= numbers
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise Invalid(BROKEN_MODEL) from None
    if elsewhere:
        raise Invalid("This 3D model needs other files. Please export it as one GLB with everything in it.")
    if not is_whole:
        raise Invalid(BROKEN_MODEL)
    return {"meshes": len(meshes)}
