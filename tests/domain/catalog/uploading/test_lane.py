"""The quick way through a file comes to the same as row by row, whatever stands in it."""

import random
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from domain import catalog
from domain.catalog.uploading import staging
from domain.kernel import delimited
from domain.kernel.delimited import Dialect

TODAY = date(2025, 3, 1)
USUAL = {
    "sku": ["A-{n}", "b{n}", "{n:08d}"],
    "name": ["Glass {n}", "Schüssel {n}", "Bowl {n} 50% off"],
    "brand": ["Lindqvist", "", "Ægir", "100 %"],
    "ean": ["", "4006381333931"],
    "price": ["4.50", "12", "999999.999999", "1000.5"],
    "from 10": ["4.10", "1", "0.5"],
    "from 50": ["1.00", "0.25", ""],
    "moq": ["6", "", "12"],
    "lead time": ["14", "2 weeks", ""],
    "details": ["Mouth-blown {n}", "", "Dishwasher safe, up to 60 °C"],
}
ODD = {
    "sku": ["", " A-{n} ", "=1+1", "Total", "#note", "Ä{n}", "x" * 81, "a\\b{n}", "A-1", "sku", "tab\there"],
    "name": ["", "  padded {n} ", "'=1", "x" * 201, "zero\u200bwidth", "back\\slash", "no\u00a0break", '="007"'],
    "brand": ["back\\slash", "x" * 130],
    "ean": ["4006381333932", "abc", "4,00E+12"],
    "price": ["0", "0.00", "-1", "abc", "", "€ 4.50", "1'000.00", "1234567890", "4.1234567", "(3)", "04.50"],
    "from 10": ["", "100000", "x", "0"],
    "from 50": ["77777", "€ 1", "00.20"],
    "moq": ["2.5", "6 pcs", "0"],
    "lead time": ["9999", "soon"],
    "details": ["  ", "line\\nbreak", "'quoted", "x" * 5001],
}


def written(path: Path, *, seed: int, odd: float, rows: int = 4000) -> Path:
    chance = random.Random(seed)
    lines = [";".join(USUAL)]
    heading = rows * 2 // 3  # what comes below it is in that group
    for number in range(rows):
        cells = [
            chance.choice(ODD[name] if chance.random() < odd else USUAL[name]).format(n=number) for name in USUAL
        ]  # fmt: skip
        if number == heading:
            lines.append("Glasses" + ";" * 9)
        what = chance.random()
        if what < odd / 3:
            cells = chance.choice([[*cells, "more"], cells[:3], [""], ["# a comment"]])
        elif what < odd:
            place = chance.randrange(10)
            cells[place] = chance.choice(
                ['"{0}"', '"{0};{0}"', '"{0}\n{0}"', '"{0} ""inch"""', '"{0}', 'a"{0}']
            ).format(cells[place])
        lines.append(";".join(cells))
    path.write_text("\n".join(lines) + ("\n" if seed % 2 else ""), encoding="utf-8")
    return path


@pytest.mark.parametrize(("seed", "odd"), [(1, 0.0), (2, 0.0005), (3, 0.01), (4, 0.2)])
def test_the_lane_comes_to_what_row_by_row_comes_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, odd: float
) -> None:
    source = catalog.open_list(written(tmp_path / "list.csv", seed=seed, odd=odd))
    layout = catalog.guess_layout(source)
    assert {"sku", "name", "price", "moq", "ean", "description", "lead_time_days"} <= layout.columns.keys()
    assert len(layout.tiers) == 2
    quick = list(catalog.copied_blocks(source, layout, TODAY))
    monkeypatch.setattr(staging, "lane_of", lambda reading: None)
    slow = list(catalog.copied_blocks(source, layout, TODAY))
    assert sum(number for number, _ in quick) == sum(number for number, _ in slow) > 3000 * (odd < 0.1)
    quick_lines, slow_lines = ("".join(text for _, text in found).split("\n") for found in (quick, slow))
    assert len(quick_lines) - 1 == sum(number for number, _ in quick)
    for one, other in zip(quick_lines, slow_lines, strict=True):
        assert one == other


# Of small blocks many end within a row: those of 399 and 530 where its first line has an even number of marks.
@pytest.mark.parametrize(("seed", "signs"), [(5, 200), (399, 40), (530, 40)])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("escape", [None, "\\"])
def test_blocks_are_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str, escape: str | None, seed: int, signs: int
) -> None:
    chance = random.Random(seed)
    cells = ["a", "", " b", '"c"', f'"d{mark}d"', '"e\ne"', '"open', 'f"', '"g""g"', '"h" i', "\\", '\\"', "ä", "\0j"]
    common = ["a", "b", "ä", ""]
    lines = []
    for _ in range(6000):
        kinds = cells if chance.random() < 0.02 else common
        lines.append(mark.join(chance.choice(kinds) for _ in range(chance.choice([0, 3, 3, 3]))))
    path = tmp_path / "list.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    dialect = Dialect(mark, escape, 3)
    with path.open(encoding="utf-8") as file:
        expected = list(delimited.rows(file, dialect))
    monkeypatch.setattr(delimited, "BLOCK_SIGNS", signs)
    with path.open(encoding="utf-8") as file:
        found = [
            (number, row)
            for block in delimited.blocks(file, dialect)
            for number, row in zip(block.numbers, block.rows(), strict=True)
        ]
    assert len(expected) > 4000 and found == expected
    # Columns are the rows turned over, of blocks that may have them.
    with path.open(encoding="utf-8") as file:
        for block in delimited.blocks(file, dialect):
            columns, rows = block.columns(3), [list(row) for row in block.rows()]
            if {len(row) for row in rows} == {3}:
                assert columns is not None and [list(row) for row in zip(*columns, strict=True)] == rows
            else:
                assert columns is None


@pytest.mark.parametrize("signs", [1, 30, 1000])
def test_an_even_number_of_marks_may_leave_a_cell_open(monkeypatch: pytest.MonkeyPatch, signs: int) -> None:
    monkeypatch.setattr(delimited, "BLOCK_SIGNS", signs)
    good = [[f"A-{number}", "Glass", "1"] for number in range(200)]
    after = "".join(f"{';'.join(row)}\n" for row in good)

    def read(first: str) -> list[tuple[int, list[str]]]:
        dialect = Dialect(";", None, 3)
        expected = list(delimited.rows(StringIO(first + after), dialect))
        blocks = delimited.blocks(StringIO(first + after), dialect)
        assert [row for one in blocks for row in zip(one.numbers, one.rows(), strict=True)] == expected
        assert [row for _, row in expected[1:]] == good and expected[1][0] == first.count("\n") + 1
        return expected[:1]

    assert read('6" pan;"first\nsecond";2\n') == [(1, ['6" pan', "first\nsecond", "2"])]
    assert read('B-1;"first\nsecond";6" pan\n') == [(1, ["B-1", "first\nsecond", '6" pan'])]
    assert read('6" pan;"never closed;2\n') == [(1, [delimited.BROKEN])]
