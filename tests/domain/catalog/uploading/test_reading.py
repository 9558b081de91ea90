"""Price lists as suppliers send them: what comes out of each, and what never comes out of any."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.catalog import Article, Reject, article_as_json, guess_layout, open_list, read_list, without_doubles
from domain.kernel.errors import Invalid

Found = tuple[list[dict[str, Any]], list[tuple[int, str]]]


def understood(path: Path) -> Found:
    source = open_list(path)
    found = list(without_doubles(read_list(source, guess_layout(source))))
    rejects = [(row.line, row.why) for row in found if isinstance(row, Reject)]
    return [article_as_json(row) for row in found if isinstance(row, Article)], rejects


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(content: bytes | str, name: str = "list.csv") -> Found:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return understood(path)

    return write


# --- the lists that are known to be broken ---------------------------------------------------------


def test_every_broken_list_comes_out_as_expected(shared_data: Path) -> None:
    expected = json.loads((shared_data / "files" / "expected.json").read_text())
    assert len(expected) == 7
    for name, wanted in expected.items():
        rows, rejects = understood(shared_data / "files" / name)
        assert rows == wanted["rows"], name
        assert rejects == [(one["line"], one["why"]) for one in wanted.get("rejects", [])], name


def test_no_other_file_is_more_than_a_clear_refusal(shared_data: Path) -> None:
    others = [path for path in (shared_data / "files").rglob("*") if path.suffix in (".csv", ".xlsx", ".xls", ".ods")]
    assert len(others) > 45
    refused = 0
    for path in others:
        try:
            rows, rejects = understood(path)
        except Invalid as refusal:
            refused += 1
            assert len(refusal.sentence.split()) > 3
        else:
            assert rows or rejects
            assert all(row["sku"] for row in rows)
    assert refused > 20  # most of them are no price lists at all
    with pytest.raises(Invalid, match="list of sales"):
        understood(shared_data / "files" / "raw_uci_week_2011-03-06.csv")


# --- ten more kinds of broken ----------------------------------------------------------------------


def test_notes_above_and_below_and_a_header_on_each_printed_page(written: Any) -> None:
    rows, rejects = written(
        "Preisliste Herbst;;;\nGültig ab 1.9.2026, alle Preise in EUR;;;\n;;;\n"
        "Bestell-Nr.;Artikelbezeichnung;Stückpreis;VPE\nA1;Becher;1,50;6\nA2;Kanne;22,00;1\n;;;\n"
        "Bestell-Nr.;Artikelbezeichnung;Stückpreis;VPE\nA3;Teller;3,99;12\nGesamt;;27,49;\nAlle Angaben ohne Gewähr;;;\n"
    )
    assert [(row["sku"], row["price"], row["pack_units"]) for row in rows] == [
        ("A1", 1.5, 6), ("A2", 22.0, 1), ("A3", 3.99, 12),
    ]  # fmt: skip
    assert rejects == []


def test_headings_of_groups_become_the_category(written: Any) -> None:
    rows, _ = written('Ref,Libellé,Prix net\nVerres à vin,,\nV1,Verre rouge,"4,20"\nAssiettes,,\nA1,Assiette,"7,00"\n')
    assert [(row["sku"], row["category"], row["price"]) for row in rows] == [
        ("V1", "Verres à vin", 4.2), ("A1", "Assiettes", 7.0),
    ]  # fmt: skip


def test_swiss_and_debit_and_unit_marks(written: Any) -> None:
    rows, rejects = written(
        "Art. no\tDescription\tNet price\tMin. order qty\n"
        "1\tOne\tCHF 1'234.50\t6 pcs\n2\tTwo\t12.-\t1\n3\tThree\t4.20-\t1\n4\tFour\t(4.20)\t1\n5\tFive\t9.90 CHF/pc\t1.0\n"
        "6\tSix\ton request\t1\n7\tSeven\t1.2.3\t1\n8\tEight\t5\t0\n9\tNine\t0.00\t1\n"
    )
    assert [(row["sku"], row["price"], row["moq"]) for row in rows] == [("1", 1234.5, 6), ("2", 12.0, 1), ("5", 9.9, 1)]
    assert rejects == [
        (4, "negative price"), (5, "negative price"), (7, "price not a number"), (8, "price not a number"),
        (9, "MOQ must be above zero"), (10, "price is zero"),
    ]  # fmt: skip


def test_a_stray_quotation_mark_costs_its_own_line(written: Any) -> None:
    rows, rejects = written(
        'sku,name,price\nA,"5 inch nail,1.00\nB,Bolt,2.00\nC,"12"" rule",3.00\nD,Pipe 3" wide,4.00\nE,"two\nlines",5.00\n'
    )
    assert [(row["sku"], row["name"]) for row in rows] == [
        ("B", "Bolt"), ("C", '12" rule'), ("D", 'Pipe 3" wide'), ("E", "two\nlines"),
    ]  # fmt: skip
    assert rejects == [(2, "quotation mark that is never closed")]


def test_numbers_that_a_spreadsheet_has_spoilt(written: Any) -> None:
    rows, rejects = written(
        'Code,Barcode,Title,Price\n="00123",4006381333931,Mug,1\n124,4.006381333931E+12,Can,1\n'
        "125,4.00638E+12,Pot,1\n126,4006381333932,Pan,1\n127,036000291452,Cup,1\n128,36000291452,Jar,1\n"
    )
    assert [(row["sku"], row["ean"]) for row in rows] == [
        ("00123", "4006381333931"), ("124", "4006381333931"), ("127", "036000291452"), ("128", "036000291452"),
    ]  # fmt: skip
    assert rejects == [(4, "EAN has lost its digits"), (5, "EAN with a wrong check digit")]


def test_formulas_in_numbers_are_refused_and_in_names_kept(written: Any) -> None:
    rows, rejects = written("sku,name,price\n@SUM(A1),Mug,1\n+1,Mug,1\n-2+3|cmd,Mug,1\nM4,=1+1,1\n")
    assert rows == [{"sku": "M4", "name": "=1+1", "price": 1.0}]
    assert [why for _, why in rejects] == ["formula injection in sku"] * 3


def test_tiers_stand_in_columns_or_in_pairs(written: Any) -> None:
    rows, rejects = written(
        "Artikel-Nr;Bezeichnung;Mindestmenge;Preis;ab 50;ab 100 Stück\nA;Becher;10;2,00;1,80;1,50\nB;Kanne;1;2,00;2,50;\n"
    )
    assert rows[0]["tiers"] == [[1, 2.0], [50, 1.8], [100, 1.5]] or rows[0]["tiers"] == [
        [10, 2.0],
        [50, 1.8],
        [100, 1.5],
    ]
    assert rejects == [(3, "price rises at 50")]
    rows, _ = written("sku,name,qty 1,price 1,qty 2,price 2\nA,Mug,1,5,10,4\nB,Can,1,5,,\n")
    assert [row.get("tiers") for row in rows] == [[[1, 5.0], [10, 4.0]], None]
    assert [row["price"] for row in rows] == [5.0, 5.0]


def test_doubled_numbers_and_several_mistakes_in_one_row(written: Any) -> None:
    rows, rejects = written("sku,name,price,moq\nA,Mug,1,1\nA,Mug,1,1\nA,Mug,2,1\n,Can,x,1.5\n")
    assert [row["sku"] for row in rows] == ["A"]
    assert rejects == [
        (4, "duplicate sku with a different price"), (5, "missing sku; price not a number; MOQ not a whole number"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "name", "header"),
    [
        ("utf-16-le", "Größe", "sku;name;price"),
        ("utf-16", "Größe", "sku;name;price"),
        ("cp1250", "Żółta łyżka", "indeks;nazwa;cena netto"),
        ("iso8859-7", "Κούπα μπλε", "κωδικός;περιγραφή;τιμή"),
        ("cp1251", "Кружка синяя", "sku;name;price"),
        ("gb18030", "蓝色的杯子", "sku;name;price"),
        ("mac-roman", "plain", "sku;name;price"),
    ],
)
def test_encodings_are_told_by_the_words(written: Any, encoding: str, name: str, header: str) -> None:
    text = f"{header}\r\n" + "".join(f"A{number};{name};{number},50\r\n" for number in range(1, 9))
    rows, rejects = written(text.encode(encoding))
    assert [row["name"] for row in rows] == [name] * 8 and rejects == []
    assert rows[3] == {"sku": "A4", "name": name, "price": 4.5}


def test_a_workbook_with_dates_percents_and_a_hidden_sheet(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        old, new = book.add_worksheet("Old"), book.add_worksheet("New")
        old.hide()
        old.write_row(0, 0, ["sku", "name", "price"])
        old.write_row(1, 0, ["A", "Wrong", 999])
        new.activate()
        new.set_first_sheet()
        new.merge_range(0, 0, 0, 4, "Trade prices, GBP")
        new.write_row(1, 0, ["Product code", "Description", "Trade price", "Rebate %", "Valid from"])
        new.write_row(2, 0, [1001, " Mug\u00a0", 2.5, 5])
        new.write_datetime(2, 4, datetime(2026, 3, 1), book.add_format({"num_format": "d/m/yy"}))
        new.write_row(3, 0, ["0042", "Can", "3.10", "2.5%", 46082])

    rows, rejects = understood(workbook(tmp_path, fill))
    assert rejects == []
    assert rows == [
        {"sku": "1001", "name": "Mug", "price": 2.5, "discount": 0.05, "valid_from": "2026-03-01"},
        {"sku": "0042", "name": "Can", "price": 3.1, "discount": 0.025, "valid_from": "2026-03-01"},
    ]


def workbook(folder: Path, fill: Any) -> Path:
    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    fill(book)
    book.close()
    (folder / "list.xlsx").write_bytes(content.getvalue())
    return folder / "list.xlsx"


def test_a_list_of_sales_or_of_nothing_is_refused_in_words(written: Any) -> None:
    for content, words in (
        ("", "empty"), (" \n\n", "empty"), ("1,2,3\n4,5,6\n", "does not look like a price list"),
        (b"\x00\x01\x02" * 500, "neither text nor a workbook"), (b"%PDF-1.7\n" + bytes(range(32)) * 90, "neither text"),
        ("a" * 1_100_000, "more than a million characters"), (",".join(f"c{n}" for n in range(400)), "200 columns"),
        ("order id,customer id,sku,name,price\n1,2,A,Mug,3\n", "list of sales"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=words):
            written(content)


# --- whatever the bytes ----------------------------------------------------------------------------

CELLS = st.sampled_from(
    ["sku", "name", "price", "A1", "1,5", '"', "\n", ";", ",", "=1", "1e9", "€ 3", "\0", "ab 50", "x" * 90]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield tmp_path_factory.mktemp("fuzz")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=300), st.lists(CELLS, max_size=60).map(lambda cells: ",".join(cells).encode())))
@example(b"\xff\xfe")
@example(b"\xff\xfes")
@example(b'sku,name,price\n"')
@example(b"\xfe\xff\x00s\x00k")
def test_no_bytes_end_in_a_traceback(folder: Path, content: bytes) -> None:
    path = folder / "fuzz.csv"
    path.write_bytes(content if not content.startswith(b"PK") else b"x" + content)
    with suppress(Invalid):
        understood(path)
