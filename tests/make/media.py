"""Films and models in space as small as they can be."""

import json
import struct


def a_film(*, seconds: int = 3) -> bytes:
    """An MP4 of boxes without a picture: enough for whoever checks the structure."""

    def box(kind: bytes, inside: bytes) -> bytes:
        return struct.pack(">I4s", len(inside) + 8, kind) + inside

    head = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000) + bytes(80))
    return box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", head + box(b"trak", b"")) + box(b"mdat", bytes(64))


def a_model(*, uri: str | None = None, version: int = 2, said: float | None = None) -> bytes:
    """A GLB of one triangle; `said` is how many bytes of numbers it claims to have."""
    numbers = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    buffer = {"byteLength": len(numbers) if said is None else said} | ({"uri": uri} if uri else {})
    scene = json.dumps({
        "asset": {"version": "2.0"}, "buffers": [buffer], "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "bufferViews": [{"buffer": 0, "byteLength": len(numbers)}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
    }).encode()  # fmt: skip
    scene += b" " * (-len(scene) % 4)
    length = 12 + 8 + len(scene) + 8 + len(numbers)
    head = b"glTF" + struct.pack("<II", version, length)
    return head + struct.pack("<I4s", len(scene), b"JSON") + scene + struct.pack("<I4s", len(numbers), b"BIN\0") + numbers
