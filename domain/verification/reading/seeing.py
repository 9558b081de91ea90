"""What a picture of a page shows, recognised by an engine whose models come with it."""

from functools import cache
from typing import Any

from domain.verification.reading.views import Line

SURE_ENOUGH = 0.5
MARGIN = 12  # pixels around what is printed; empty paper costs as much time as full


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={
        "Global.log_level": "critical",
        "EngineConfig.onnxruntime.intra_op_num_threads": 2,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    })  # fmt: skip


def see(picture: Any, *, page: int, points_per_pixel: float) -> list[Line]:
    """The lines on a picture (RGB, from Pillow), with where they stand in points and how sure the engine is."""
    import numpy as np
    from PIL import ImageOps

    printed = ImageOps.invert(picture.convert("L")).point(lambda shade: 255 if shade > 40 else 0).getbbox()
    if printed is None:
        return []
    left, top = max(0, printed[0] - MARGIN), max(0, printed[1] - MARGIN)
    part = picture.crop((left, top, min(picture.width, printed[2] + MARGIN), min(picture.height, printed[3] + MARGIN)))
    answer = _engine()(np.asarray(part)[:, :, ::-1], use_cls=False)
    if answer.boxes is None:
        return []
    lines = []
    for box, text, score in zip(answer.boxes, answer.txts, answer.scores, strict=True):
        across, down = [float(point[0]) + left for point in box], [float(point[1]) + top for point in box]
        if score >= SURE_ENOUGH and text.strip():
            lines.append(Line(
                text=text.strip(), page=page, confidence=round(float(score), 4),
                left=min(across) * points_per_pixel, right=max(across) * points_per_pixel,
                top=min(down) * points_per_pixel, bottom=max(down) * points_per_pixel,
            ))  # fmt: skip
    return sorted(lines, key=lambda line: (line.page, round(line.top / 4), line.left))
