"""Pictures of the demo's goods: flat drawings in the maker's colours, kept small."""

import json
import math
import struct
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

SIZE = 320
_FIELD = 96
_FINER = 2  # drawn larger and scaled down: smooth edges
_COLOURS = 48
_FIXED = {
    "w": (250, 248, 243), "k": (43, 42, 46), "g": (214, 176, 126), "h": (138, 96, 58), "t": (140, 148, 156),
    "u": (204, 210, 215), "b": (104, 143, 83), "y": (238, 186, 76),
}  # fmt: skip
Colour = tuple[int, int, int]
Shape = tuple[str, str, tuple[float, ...]]


def draw(name: str, colour: str, second: str) -> bytes:
    """The picture of a kind of goods as a PNG of `SIZE` pixels square; the same arguments give the same bytes.

    Raises `KeyError` for a kind that nobody has drawn.
    """
    main, other = _rgb(colour), _rgb(second)
    palette = _FIXED | {"m": main, "d": _mixed(main, (0, 0, 0), 0.28), "l": _mixed(main, (255, 255, 255), 0.38)}
    palette["s"] = other if _distance(main, other) > 90 else _mixed(other, (255, 255, 255), 0.5)
    ground = _mixed(other, (255, 255, 255), 0.72)
    scale = SIZE * _FINER / _FIELD
    image = Image.new("RGB", (SIZE * _FINER, SIZE * _FINER), ground)
    pen = ImageDraw.Draw(image)
    pen.rectangle([0, 70 * scale, SIZE * _FINER, SIZE * _FINER], fill=_mixed(ground, main, 0.10))
    pen.ellipse([14 * scale, 76 * scale, 82 * scale, 88 * scale], fill=_mixed(ground, main, 0.24))
    for shape, key, numbers in _drawings()[name]:
        _shape(pen, shape, palette[key], numbers, scale)
    small = image.reduce(_FINER).quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    file = BytesIO()
    small.save(file, "PNG", optimize=False)
    return file.getvalue()


def turned(profile: Sequence[tuple[float, float]], colour: str, *, sides: int = 32) -> bytes:
    """A body of revolution as a GLB: `profile` are its radii and heights from the foot to the rim."""
    circle = [2 * math.pi * side / sides for side in range(sides)]
    places = [
        (radius * math.cos(angle), height, radius * math.sin(angle)) for radius, height in profile for angle in circle
    ]
    faces: list[int] = []
    for ring in range(len(profile) - 1):
        for side in range(sides):
            one, other = ring * sides + side, ring * sides + (side + 1) % sides
            faces += [one, one + sides, other, other, one + sides, other + sides]
    points = struct.pack(f"<{len(places) * 3}f", *(number for place in places for number in place))
    corners = struct.pack(f"<{len(faces)}H", *faces)
    widest, highest = max(radius for radius, _ in profile), max(height for _, height in profile)
    tint = [round((channel / 255) ** 2.2, 4) for channel in _rgb(colour)]
    scene = json.dumps({
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "buffers": [{"byteLength": len(points) + len(corners)}],
        "bufferViews": [{"buffer": 0, "byteLength": len(points)},
                        {"buffer": 0, "byteOffset": len(points), "byteLength": len(corners)}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": len(places), "type": "VEC3",
                       "min": [-widest, 0, -widest], "max": [widest, highest, widest]},
                      {"bufferView": 1, "componentType": 5123, "count": len(faces), "type": "SCALAR"}],
        "materials": [
            {"pbrMetallicRoughness": {"baseColorFactor": [*tint, 1], "metallicFactor": 0}, "doubleSided": True}
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
    }).encode()  # fmt: skip
    scene += b" " * (-len(scene) % 4)
    numbers = points + corners
    numbers += bytes(-len(numbers) % 4)
    parts = struct.pack("<I4s", len(scene), b"JSON") + scene + struct.pack("<I4s", len(numbers), b"BIN\0") + numbers
    return b"glTF" + struct.pack("<II", 2, 12 + len(parts)) + parts


def _shape(pen: ImageDraw.ImageDraw, shape: str, fill: Colour, numbers: tuple[float, ...], scale: float) -> None:
    at = [number * scale for number in numbers]
    if shape == "P":
        pen.polygon(at, fill=fill)
    elif shape == "E":
        pen.ellipse(at, fill=fill)
    elif shape == "R":
        pen.rounded_rectangle(at[:4], radius=at[4], fill=fill)
    elif shape == "A":
        pen.arc(at[:4], numbers[4], numbers[5], fill=fill, width=round(at[6]))
    else:
        points, width = at[:-1], at[-1]
        pen.line(points, fill=fill, width=round(width), joint="curve")
        for x, y in zip(points[::2], points[1::2], strict=True):  # round ends
            pen.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=fill)


@cache
def _drawings() -> dict[str, list[Shape]]:
    found: dict[str, list[Shape]] = {}
    for line in (Path(__file__).parent / "tables" / "drawings.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, shapes = line.split("|")
        found[name] = []
        for shape in shapes.split(";"):
            kind, key, *numbers = shape.split()
            found[name].append((kind, key, tuple(map(float, numbers))))
    return found


def _rgb(colour: str) -> Colour:
    red, green, blue = bytes.fromhex(colour)
    return red, green, blue


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _distance(one: Colour, other: Colour) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
