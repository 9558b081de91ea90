"""How a PDF was written: by what, when, once or more often, and whether one hand wrote all of it.

A paper comes from the system of whoever issues it and is written once. Every sign that a file was opened and saved
again is a reason for a person to look; so is a program that is not known to issue papers.
"""

import io
import re
import zlib
from datetime import date, datetime
from typing import Any

# Programs by which registers, offices and banks write papers, as they call themselves in the file.
ISSUERS_PROGRAMS = (
    "typst", "itext", "openpdf", "apache fop", "jasperreports", "pdflib", "pdfreactor", "prince", "antenna house",
    "crystal reports", "reporting services", "adobe livecycle", "adobe experience manager", "aspose", "docuprint",
    "docraptor", "wkhtmltopdf", "weasyprint", "tcpdf", "fpdf", "mpdf", "dompdf", "reportlab", "pdfbox", "pdftex",
    "luatex", "xetex", "latex", "oracle", "sap ", "birt", "exstream", "quadient", "inspire", "isis papyrus", "papyrus",
    "compart", "streamserve", "opentext", "telerik", "devexpress", "syncfusion", "pdfsharp", "quest pdf", "questpdf",
    "stimulsoft", "fastreport", "windward", "big faceless",
)  # fmt: skip
EDITORS = (
    "ilovepdf", "smallpdf", "sejda", "pdfescape", "pdf-xchange", "foxit", "nitro", "pdfelement", "wondershare", "canva",
    "photoshop", "illustrator", "indesign", "gimp", "inkscape", "affinity", "coreldraw", "libreoffice", "openoffice",
    "microsoft", "word", "excel", "powerpoint", "google docs", "pages", "quartz", "preview", "skia", "chromium",
    "pypdf", "pymupdf", "mupdf", "qpdf", "pikepdf", "ghostscript", "pdftk", "pdfsam", "acrobat", "pdf24", "master pdf",
    "xodo", "soda pdf", "abbyy", "pdffiller", "docusign", "pdfcreator", "doPDF", "cutepdf", "print to pdf",
)  # fmt: skip
SAVED_AGAIN_S = 120  # between making and saving; more is another day's work
STREAMS_MOST = 14
STREAM_SHORTEST = 200
STREAM_LONGEST = 200_000


def how_written(content: bytes) -> tuple[date | None, list[str]]:
    """The day on which a file says that it was made, and what speaks against it."""
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
    words = {str(key): str(value) for key, value in (reader.metadata or {}).items()}
    made, saved = _instant(words.get("/CreationDate", "")), _instant(words.get("/ModDate", ""))
    signs = [*_generations(content, reader), *_program(words), *_dates(made, saved)]
    signs += _second_opinion(reader, words)
    signs += _additions(reader)
    if len(_packers(reader)) > 1:
        signs.append("Parts of the file were written by another program than the rest.")
    return made.date() if made else None, signs


def _generations(content: bytes, reader: Any) -> list[str]:
    ends = len(re.findall(rb"%%EOF", content))
    allowed = 2 if b"/Linearized" in content[:1024] else 1
    if ends > allowed or (allowed == 1 and "/Prev" in reader.trailer):
        return ["The file was changed after it was made: it holds an update of itself."]
    identity = [str(part) for part in reader.trailer.get("/ID", [])]
    if len(identity) == 2 and identity[0] != identity[1]:
        return ["The file was saved again after it was made."]
    return [] if identity else ["The file has lost its identity, as it happens when it is saved by another program."]


def _program(words: dict[str, str]) -> list[str]:
    named = " ".join((words.get("/Producer", ""), words.get("/Creator", ""))).strip().lower()
    editor = next((one for one in EDITORS if re.search(rf"(?<![a-z]){re.escape(one.lower())}", named)), None)
    if editor:
        return [f"The file was saved by a program with which one edits ({editor})."]
    if not any(one in named for one in ISSUERS_PROGRAMS):
        return ["The file does not come from a program that is known to issue papers."]
    return []


def _dates(made: datetime | None, saved: datetime | None) -> list[str]:
    if made is None:
        return ["The file does not say when it was made."]
    if saved is not None and abs((saved - made).total_seconds()) > SAVED_AGAIN_S:
        return ["The file was saved again after the day on which it was made."]
    return []


def _second_opinion(reader: Any, words: dict[str, str]) -> list[str]:
    """A file tells of itself twice; editors often change one telling."""
    metadata = reader.trailer["/Root"].get_object().get("/Metadata")
    if metadata is None:
        return []
    told = metadata.get_object().get_data().decode("utf-8", "replace")

    def said(tag: str) -> str:
        match = re.search(rf"<{tag}>([^<]*)</{tag}>|{tag}=\"([^\"]*)\"", told)
        return (match[1] or match[2] or "") if match else ""

    for tag, key in (("xmp:CreateDate", "/CreationDate"), ("xmp:ModifyDate", "/ModDate")):
        here, there = re.sub(r"\D", "", said(tag))[:14], re.sub(r"\D", "", words.get(key, ""))[:14]
        if here and there and here != there:
            return ["The file tells two different days on which it was made or saved."]
    for tag, key in (("xmp:CreatorTool", "/Creator"), ("pdf:Producer", "/Producer")):
        if said(tag) and words.get(key) and said(tag) != words[key]:
            return ["The file names two different programs that made it."]
    return []


def _additions(reader: Any) -> list[str]:
    for page in reader.pages:
        for note in page.get("/Annots") or []:
            if note.get_object().get("/Subtype") != "/Link":
                return ["Something was laid over the page: a note, a stamp or a field of a form."]
    return []


def _packers(reader: Any) -> set[tuple[int, bool]]:
    """By what the file's streams were packed: a program packs all of them with one library and one setting.

    A stream is told apart by the setting in its head, and by whether packing its contents again with zlib gives the
    same bytes. Pictures and fonts are left out: programs take them over as they come.
    """
    from pypdf.generic import ArrayObject

    streams: list[Any] = []
    for page in reader.pages:
        drawn = page.get("/Contents")
        drawn = drawn.get_object() if drawn is not None else None
        streams += [part.get_object() for part in drawn] if isinstance(drawn, ArrayObject) else [drawn]
        resources: Any = page.get("/Resources") or {}
        fonts: Any = resources.get("/Font")
        streams += [font.get_object().get("/ToUnicode") for font in (fonts.get_object() if fonts else {}).values()]
    found: set[tuple[int, bool]] = set()
    for stream in streams[:STREAMS_MOST]:
        stream = stream.get_object() if stream is not None else None
        if stream is None or stream.get("/Filter") != "/FlateDecode":
            if stream is not None and len(getattr(stream, "_data", b"")) > 0:
                found.add((-1, True))  # not packed at all
            continue
        packed = stream._data
        try:
            plain = zlib.decompress(packed)
        except zlib.error:
            found.add((-2, True))
            continue
        if STREAM_SHORTEST <= len(plain) <= STREAM_LONGEST:
            found.add((packed[1], _is_zlibs(plain, packed)))
    return found


def _is_zlibs(plain: bytes, packed: bytes) -> bool:
    for level in range(1, 10):
        for memory in (8, 9):
            packer = zlib.compressobj(level, zlib.DEFLATED, 15, memory)
            if packer.compress(plain) + packer.flush() == packed:
                return True
    return False


def _instant(text: str) -> datetime | None:
    digits = re.sub(r"\D", "", text.removeprefix("D:"))[:14]
    try:
        return datetime.strptime(digits.ljust(14, "0") if len(digits) >= 8 else "", "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        return None
