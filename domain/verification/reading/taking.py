"""Taking a file apart: its text layer, what its pages show, and how the file was written."""

import io
from typing import Any

from domain.kernel.confined import confined
from domain.kernel.errors import Invalid
from domain.verification.reading.views import Line, Reading

PAGES_READ = 5  # papers are short; what stands further behind is not looked for
PAGES_SEEN = 2
DOTS = 130  # an inch; the smallest print of a paper is still told apart, and a page takes about two seconds
TEXT_SHORTEST = 40  # signs of a text layer; fewer are a stamp or a page number on a scan
MEMORY_MB = 6144  # addresses, not use: the engine reserves far more than it touches
CPU_S = 180
WALL_S = 240


def read(content: bytes, media_type: str) -> Reading:
    """Read a file in a confined child; it takes seconds, so the worker calls it.

    What cannot be read is a reading too: of nothing, with the reason as a sign.
    """
    try:
        made = confined(read_here, content, media_type=media_type, memory_mb=MEMORY_MB, cpu_s=CPU_S, wall_s=WALL_S)
    except Invalid as refusal:
        return Reading(media_type=media_type, pages=0, source="nothing", lines=(), signs=(str(refusal),))
    return Reading.model_validate(made)


def read_here(content: bytes, *, media_type: str, is_looked_at: bool = True) -> dict[str, Any]:
    """The same in this process; for the child, and for proofs that bring their own files.

    Not looked at, the pages of a PDF with text are not recognised: no such paper passes, and it is quick.
    """
    reading = _of_pdf(content, is_looked_at) if media_type == "application/pdf" else _of_picture(content, media_type)
    return reading.model_dump(mode="json")


def _of_picture(content: bytes, media_type: str) -> Reading:
    from PIL import Image

    from domain.verification.reading.seeing import see

    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.thumbnail((2200, 2200))
    lines = see(picture, page=0, points_per_pixel=72 / DOTS)
    return Reading(media_type=media_type, pages=1, source="picture" if lines else "nothing", lines=tuple(lines))


def _of_pdf(content: bytes, is_looked_at: bool) -> Reading:
    import pypdfium2

    from domain.verification.reading import layer
    from domain.verification.reading.seeing import see
    from domain.verification.reading.writing import how_written

    made_on, signs = how_written(content)
    document = pypdfium2.PdfDocument(content)
    lines: list[Line] = []
    for number in range(min(len(document), PAGES_READ)):
        page = document[number]
        found, odd = layer.of_page(page, number)
        lines += found
        signs += [sign for sign in odd if sign not in signs]
    is_text = sum(len(line.text) for line in lines) >= TEXT_SHORTEST
    seen: list[Line] = []
    for number in range(min(len(document), PAGES_SEEN) if is_looked_at or not is_text else 0):
        picture = document[number].render(scale=DOTS / 72).to_pil().convert("RGB")
        seen += see(picture, page=number, points_per_pixel=72 / DOTS)
    return Reading(
        media_type="application/pdf", pages=len(document), made_on=made_on, signs=tuple(signs),
        source="text" if is_text else "picture" if seen else "nothing",
        lines=tuple(lines if is_text else seen), seen=tuple(seen if is_text else ()),
    )  # fmt: skip
