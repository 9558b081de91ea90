"""Small real files: a PDF written by hand, and pictures."""

import io

from PIL import Image


def a_pdf(*lines: str, more: bytes = b"", catalog: str = "", tail: bytes = b"") -> bytes:
    """A PDF of one page with these lines; `more` are further objects, `catalog` what the catalog has besides."""
    drawn = "BT /F1 12 Tf 72 760 Td 16 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
    ]
    written, places = io.BytesIO(b"%PDF-1.7\n"), []
    written.seek(0, io.SEEK_END)
    for number, body in enumerate([*(text.encode("latin-1") for text in objects), *([more] if more else [])], start=1):
        places.append(written.tell())
        written.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = written.tell()
    written.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    written.writelines(b"%010d 00000 n \n" % place for place in places)
    written.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, table) + tail)
    return written.getvalue()


def a_picture(kind: str = "PNG", *, size: tuple[int, int] = (64, 48), colour: str = "teal", **written: object) -> bytes:
    """A picture of one colour with a lighter corner; `written` goes to Pillow (exif, pnginfo)."""
    picture = Image.new("RGB", size, colour)
    picture.paste("white", (0, 0, size[0] // 3, size[1] // 3))
    made = io.BytesIO()
    picture.save(made, kind, **written)  # type: ignore[arg-type]
    return made.getvalue()
