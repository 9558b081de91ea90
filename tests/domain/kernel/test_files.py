"""What may be stored: hostile files are refused or neutralised, and nobody gets what a scanner calls harmful."""

import io
import os
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from PIL import ExifTags, Image, PngImagePlugin

from app.run import scanning
from domain.identity import OrgKind, Permission, Variant
from domain.kernel import files
from domain.kernel.confined import Unreadable, confined
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.settings import settings
from domain.kernel.work import begin, run
from tests.make.files import a_pdf, a_picture
from tests.make.market import Company, company

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def maker(database: sa.Connection) -> Company:
    return company(OrgKind.MANUFACTURER, "Files", Variant.FACTORY_OWNER, Variant.SALES_REPRESENTATIVE)


def stored(who: Company, content: bytes, name: str = "paper", **more: object) -> UUID:
    return run(who.owner, files.store, content=content, name=name, **more)  # type: ignore[arg-type]


def opened(who: Company, file_id: UUID) -> bytes:
    with begin(who.owner) as work:
        return files.read(work, file_id=file_id)[0]


def told(who: Company, file_id: UUID) -> files.FileSheet:
    with begin(who.owner) as work:
        return files.sheet(work, file_id=file_id)


def count(database: sa.Connection) -> int:
    return int(database.scalar(sa.text("select count(*) from market.files")) or 0)


def refused(database: sa.Connection, who: Company, content: bytes, name: str = "paper.pdf") -> str:
    before, kept = count(database), sum(1 for _ in (settings().home / "files").rglob("*"))
    with pytest.raises(Invalid) as refusal:
        stored(who, content, name)
    assert count(database) == before
    assert sum(1 for _ in (settings().home / "files").rglob("*")) == kept
    return str(refusal.value)


def test_an_honest_pdf_is_kept_byte_by_byte(maker: Company) -> None:
    paper = a_pdf("An honest paper")
    file_id = stored(maker, paper, "paper.pdf")
    assert opened(maker, file_id) == paper
    sheet = told(maker, file_id)
    assert (sheet.facts, sheet.scan_state, sheet.scanned_at) == ({"pages": 1}, "not_scanned", None)


# --- refused -----------------------------------------------------------------------------------

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing at all": (lambda: b"", "empty"),
    "one byte too many": (lambda: b"%PDF-" + b"0" * (files.LARGEST_BYTES - 4), "larger than 10 MB"),
    "a picture format of programs": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Only PDF"),
    "SVG with a script": (lambda: b"<?xml version='1.0'?><svg><script>alert(1)</script></svg>", "Only PDF"),
    "another magic under a good name": (lambda: b"MZ\x90\x00 program", "Only PDF"),
    "a page that begins like a PDF later": (lambda: b"<html>\n" + a_pdf("x"), "Only PDF"),
    "only the first bytes of a PDF": (lambda: b"%PDF-1.7\n%%EOF", "damaged"),
    "a cut PDF": (lambda: a_pdf("x")[:300], "end where it should"),
    "a PDF with an archive behind it": (lambda: a_pdf("x", tail=b"PK\x03\x04 program"), "end where it should"),
    "a PDF with an archive inside": (lambda: a_pdf("x").replace(b"%PDF-1.7\n", b"%PDF-1.7\n%PK\x03\x04\n"), "something else"),
    "a PDF that is a web page too": (
        lambda: a_pdf("x").replace(b"%PDF-1.7\n", b"%PDF-1.7\n%<script>alert(1)</script>\n"), "something else"),
    "a PDF with JavaScript": (lambda: a_pdf("x", catalog="/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), "program"),
    "JavaScript under an escaped name": (lambda: a_pdf("x", catalog="/OpenAction << /S /J#61vaScript >>"), "program"),
    "a program in an object no page reaches": (lambda: a_pdf("x", more=b"<< /S /Launch /F (cmd.exe) >>"), "program"),
    "a PDF that starts a program": (lambda: a_pdf("x", catalog="/OpenAction << /S /Launch /F (cmd.exe) >>"), "program"),
    "a PDF with a file inside": (lambda: a_pdf("x", catalog="/Names << /EmbeddedFiles 5 0 R >>", more=b"<< /Names [] >>"), "program"),
    "a program in an object of a later generation": (lambda: of_a_later_generation(), "program"),
    "a locked PDF": (lambda: locked(a_pdf("secret")), "locked"),
    "a page tree that goes in circles": (lambda: a_pdf("x").replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]"), "damaged"),
    "a picture of 100,000 by 100,000": (lambda: huge_png(), "megapixels"),
    "a picture that is cut": (lambda: a_picture(size=(400, 300))[:500], "damaged"),
    "a picture of only magic bytes": (lambda: b"\xff\xd8\xff\xe0 nothing", "damaged"),
}  # fmt: skip


def of_a_later_generation() -> bytes:
    """The program is object 5 of generation 1, which nobody finds who asks for generation 0."""
    made = a_pdf("x", catalog="/OpenAction 5 1 R", more=b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>")
    before, last, after = made.replace(b"5 0 obj", b"5 1 obj").rpartition(b" 00000 n ")
    return before + last.replace(b"00000", b"00001") + after


def locked(content: bytes) -> bytes:
    import pypdf

    writer, made = pypdf.PdfWriter(io.BytesIO(content)), io.BytesIO()
    writer.encrypt("password", algorithm="RC4-128")
    writer.write(made)
    return made.getvalue()


def huge_png() -> bytes:
    import zlib

    def piece(kind: bytes, body: bytes) -> bytes:
        return struct.pack("!I", len(body)) + kind + body + struct.pack("!I", zlib.crc32(kind + body))

    head = struct.pack("!IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", head) + piece(b"IDAT", zlib.compress(b"\0" * 1000)) + piece(b"IEND", b"")


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused(database: sa.Connection, maker: Company, what: str) -> None:
    make, sentence = HOSTILE[what]
    assert sentence in refused(database, maker, make())


def test_the_largest_file_is_still_kept(maker: Company) -> None:
    paper = a_pdf("x")
    filled = paper.replace(b"%PDF-1.7\n", b"%PDF-1.7\n%" + b" " * (files.LARGEST_BYTES - len(paper) - 2) + b"\n")
    assert len(filled) == files.LARGEST_BYTES
    assert len(opened(maker, stored(maker, filled))) == files.LARGEST_BYTES


# --- neutralised -------------------------------------------------------------------------------


def test_a_picture_that_is_an_archive_too_keeps_only_its_pixels(maker: Company) -> None:
    for kind in ("PNG", "JPEG"):
        kept = opened(maker, stored(maker, a_picture(kind) + b"PK\x03\x04<script>alert(1)</script>"))
        assert b"PK\x03\x04" not in kept and b"script" not in kept
        assert Image.open(io.BytesIO(kept)).size == (64, 48)


def test_what_a_picture_says_besides_its_pixels_is_not_served(maker: Company) -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "<script>alert(1)</script>")
    for public in (True, False):
        kept = opened(maker, stored(maker, a_picture("PNG", pnginfo=words), is_public=public))
        assert b"alert" not in kept and not Image.open(io.BytesIO(kept)).info


def test_evidence_keeps_when_and_where_a_photograph_was_taken(maker: Company) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Camera", "C 1"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:03:05 10:30:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "W", 4: (13.0, 24.0, 18.0)})
    file_id = stored(maker, a_picture("JPEG", exif=exif), "factory.jpg")
    facts = told(maker, file_id).facts
    assert (facts["taken_at"], facts["camera"]) == ("2026-03-05T10:30:00", "Camera C 1")
    assert (facts["latitude"], facts["longitude"]) == (52.52, -13.405)
    assert len(facts["likeness"]) == 16 and facts["given_sha256"] != told(maker, file_id).sha256
    assert not Image.open(io.BytesIO(opened(maker, file_id))).getexif()


@pytest.mark.parametrize(("name", "shown"), [
    ("../../etc/passwd", "passwd.pdf"), ("..\\..\\windows\\system.ini", "system.ini.pdf"), ("/abs/price list.PDF", "price list.PDF"),
    ("invoice\u202efdp.exe", "invoicefdp.exe.pdf"), ("a\0b\nc.pdf", "abc.pdf"), ("...", "file.pdf"), ("", "file.pdf"),
    ("x" * 300 + ".pdf", "x" * 116 + ".pdf"), ("x" * 300, "x" * 116 + ".pdf"), ("picture.png", "picture.png.pdf"),
])  # fmt: skip
def test_a_name_is_only_shown_and_never_a_path(maker: Company, name: str, shown: str) -> None:
    file_id = stored(maker, a_pdf("An honest paper"), name)
    sheet = told(maker, file_id)
    assert sheet.name == shown
    path = settings().home / "files" / sheet.sha256[:2] / sheet.sha256
    assert path.is_file()


# --- who may see -------------------------------------------------------------------------------


def test_a_paper_that_needs_a_right_is_for_those_who_hold_it(maker: Company) -> None:
    file_id = stored(maker, a_pdf("Identity card"), needs=[Permission.SUBMIT_VERIFICATION])
    assert opened(maker, file_id)
    with begin(maker.people[Variant.SALES_REPRESENTATIVE]) as work, pytest.raises(NotFound):
        files.read(work, file_id=file_id)
    platform = company(OrgKind.PLATFORM, "Platform", Variant.SUPPORT)
    with begin(platform.owner) as work, pytest.raises(NotFound):
        files.sheet(work, file_id=file_id)


# --- the child ---------------------------------------------------------------------------------


def eats_memory(content: bytes) -> int:
    return len(bytearray(2**31))


def never_ends(content: bytes) -> None:
    time.sleep(60)


def tells_its_surroundings(content: bytes) -> dict[str, str]:
    return dict(os.environ)


def test_a_child_that_eats_memory_or_time_costs_one_sentence() -> None:
    with pytest.raises(Unreadable, match="too much time or memory"):
        confined(eats_memory, b"", memory_mb=300)
    with pytest.raises(Unreadable, match="too much time or memory"):
        confined(never_ends, b"", wall_s=1)


def test_a_child_knows_none_of_our_secrets() -> None:
    assert os.environ["WHOLESALE_SECRET_KEY"]  # this process does
    surroundings = confined(tells_its_surroundings, b"")
    assert not [name for name in surroundings if name.startswith(("WHOLESALE", "DATABASE"))]


def test_a_child_takes_no_modules_from_the_folder_that_everybody_writes_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "base64.py").write_text("raise SystemExit('somebody else runs here')")
    assert confined(tells_its_surroundings, b"")["HOME"] == str(tmp_path)


# --- the scanner -------------------------------------------------------------------------------


class _Clamd(socketserver.BaseRequestHandler):
    """Speaks INSTREAM as clamd does; knows one virus, and loses its temper over one word."""

    def handle(self) -> None:
        def exactly(size: int) -> bytes:
            got = b""
            while len(got) < size:
                got += self.request.recv(size - len(got)) or self.request.close() or b""
            return got

        assert exactly(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", exactly(4))[0]:
            content += exactly(size)
        if b"EICAR-STANDARD" in content:
            self.request.sendall(b"stream: Eicar-Test-Signature FOUND\0")
        elif b"puzzling" in content:
            self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
        else:
            self.request.sendall(b"stream: OK\0")


@pytest.fixture
def clamd(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Clamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("WHOLESALE_CLAMD", address)
        settings.cache_clear()
        yield address
        server.shutdown()
    monkeypatch.undo()
    settings.cache_clear()


def test_nobody_gets_a_file_that_the_scanner_finds_harmful(database: sa.Connection, maker: Company, clamd: str) -> None:
    good = stored(maker, a_pdf("A good paper"))
    bad = stored(maker, a_pdf("x").replace(b"%PDF-1.7\n", b"%PDF-1.7\n%" + EICAR + b"\n"))
    for file_id in (good, bad):
        with pytest.raises(files.NotScannedYet):
            opened(maker, file_id)
    assert scanning.scan_waiting() == 2
    assert opened(maker, good) and told(maker, good).scan_state == "clean"
    with pytest.raises(files.FileHarmful):
        opened(maker, bad)
    found = database.execute(sa.text("select subject_id, facts from market.events where name = 'HarmfulFileFound'")).all()
    assert [tuple(row) for row in found] == [(bad, {"word": "Eicar-Test-Signature"})]


def test_a_picture_waits_for_the_scanner_too(maker: Company, clamd: str) -> None:
    file_id = stored(maker, a_picture(), is_public=True)
    with begin(maker.owner) as work:
        assert files.pictures(work, file_ids=[file_id]) == {}
    scanning.scan_waiting()
    with begin(maker.owner) as work:
        assert list(files.pictures(work, file_ids=[file_id])) == [file_id]


def test_a_puzzling_answer_keeps_one_file_back_and_a_silent_scanner_all(
    maker: Company, clamd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    puzzling, good = stored(maker, a_pdf("puzzling")), stored(maker, a_pdf("good after it"))
    with pytest.raises(scanning.ScannerPuzzling, match="size limit"):
        scanning.scan_waiting()
    assert opened(maker, good)
    with pytest.raises(files.NotScannedYet):
        opened(maker, puzzling)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(scanning.ScannerSilent):
        scanning.ask_clamd(nobody, b"x")


def test_only_the_platforms_jobs_say_what_a_scanner_found(maker: Company) -> None:
    file_id = stored(maker, a_pdf("An honest paper"))
    with pytest.raises(NotFound):
        run(maker.owner, files.record_scan, file_id=file_id, harm=None)
    with begin(maker.owner) as work, pytest.raises(NotFound):
        files.scans_waiting(work)
    assert told(maker, file_id).scan_state == "not_scanned"
