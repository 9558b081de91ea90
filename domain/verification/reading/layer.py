"""The text layer of a page, piece by piece, and what speaks against it: hidden, covered or foreign text."""

import ctypes
from typing import Any

import pypdfium2.raw as pdfium

from domain.verification.reading.views import Line

GAP = 0.75  # of the letters' height: a wider gap begins another piece, as between a label and its value
COVERED = 0.4  # of a text's area: more under a later drawing, and somebody meant to cover it
OPAQUE = 200
INVISIBLE = 3  # the drawing mode in which text leaves no mark
PALE = 235

Box = tuple[float, float, float, float]  # left, bottom, right, top, as a PDF counts


def of_page(page: Any, number: int) -> tuple[list[Line], list[str]]:
    return _pieces(page, number), _signs(page)


def _pieces(page: Any, number: int) -> list[Line]:
    text = page.get_textpage()
    height = page.get_height()
    pieces: list[list[tuple[str, Box, float, str]]] = []
    for place in range(text.count_chars()):
        sign = chr(pdfium.FPDFText_GetUnicode(text.raw, place))
        if sign in "\r\n":
            pieces.append([])
            continue
        box = text.get_charbox(place, loose=True)
        size = pdfium.FPDFText_GetFontSize(text.raw, place)
        font = _font(text, place)
        if sign == "\u00ad" or sign == "\ufffe":
            sign = "-"
        if pieces and pieces[-1]:
            _, (_, low, right, high), before, _ = pieces[-1][-1]
            middle = (box[1] + box[3]) / 2
            apart = box[0] - right
            if not low <= middle <= high or apart > GAP * max(size, before) or apart < -2 * max(size, before):
                pieces.append([])
        else:
            pieces.append([])
        pieces[-1].append((sign, box, size, font))
    lines = []
    for piece in pieces:
        while piece and piece[-1][0].isspace():
            piece.pop()
        while piece and piece[0][0].isspace():
            piece.pop(0)
        if not piece:
            continue
        solid = [part for part in piece if not part[0].isspace()]
        boxes = [part[1] for part in solid]
        lines.append(Line(
            text=" ".join("".join(part[0] for part in piece).split()), page=number,
            left=min(b[0] for b in boxes), right=max(b[2] for b in boxes),
            top=height - max(b[3] for b in boxes), bottom=height - min(b[1] for b in boxes),
            fonts=tuple(sorted({f"{font} {round(size, 1)}" for _, _, size, font in solid})),
        ))  # fmt: skip
    return sorted(lines, key=lambda line: (round(line.top / 3), line.left))


def _font(text: Any, place: int) -> str:
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text.raw, place, name, 128, flags)
    return name.value.decode("utf-8", "replace").partition("+")[2] or name.value.decode("utf-8", "replace")


def _signs(page: Any) -> list[str]:
    """Objects in the order in which they are drawn: what comes later covers what came before."""
    signs: list[str] = []
    texts: list[Box] = []
    embedded: set[bool] = set()
    covered = stacked = invisible = False
    for thing in page.get_objects(max_depth=6):
        box = thing.get_bounds()
        if thing.type == pdfium.FPDF_PAGEOBJ_TEXT:
            if box[2] - box[0] < 0.5:
                continue  # spaces
            stacked = stacked or any(_share(other, box) > COVERED for other in texts)
            invisible = invisible or _is_invisible(thing)
            font = pdfium.FPDFTextObj_GetFont(thing.raw)
            embedded.add(bool(pdfium.FPDFFont_GetIsEmbedded(font) == 1))
            texts.append(box)
        elif thing.type == pdfium.FPDF_PAGEOBJ_IMAGE or _is_filled(thing):
            covered = covered or any(_share(other, box) > COVERED for other in texts)
    if covered:
        signs.append("Text was covered by something that was drawn over it.")
    if stacked:
        signs.append("Text was written over other text.")
    if invisible:
        signs.append("There is text that cannot be seen.")
    if embedded == {True, False}:
        signs.append("Some of the text is in a font that the file does not bring along, as editors add it.")
    return signs


def _share(text: Box, cover: Box) -> float:
    """How much of a text's area lies under a cover."""
    width = min(text[2], cover[2]) - max(text[0], cover[0])
    height = min(text[3], cover[3]) - max(text[1], cover[1])
    area = (text[2] - text[0]) * (text[3] - text[1])
    return width * height / area if width > 0 and height > 0 and area > 0 else 0.0


def _colour(thing: Any) -> tuple[int, int, int, int]:
    parts = [ctypes.c_uint() for _ in range(4)]
    pdfium.FPDFPageObj_GetFillColor(thing.raw, *parts)
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def _is_filled(thing: Any) -> bool:
    if thing.type != pdfium.FPDF_PAGEOBJ_PATH:
        return bool(thing.type == pdfium.FPDF_PAGEOBJ_SHADING)
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(thing.raw, mode, stroke)
    return bool(mode.value != pdfium.FPDF_FILLMODE_NONE and _colour(thing)[3] >= OPAQUE)


def _is_invisible(thing: Any) -> bool:
    if pdfium.FPDFTextObj_GetTextRenderMode(thing.raw) == INVISIBLE:
        return True
    red, green, blue, alpha = _colour(thing)
    # White letters may stand on a dark field; whoever reads them has to look.
    return alpha < 40 or min(red, green, blue) > PALE
