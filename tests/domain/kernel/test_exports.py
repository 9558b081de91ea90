"""What leaves as CSV or XLSX."""

import pytest

from domain.kernel.exports import as_cell


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_run_is_escaped(start: str) -> None:
    assert as_cell(f"{start}HYPERLINK(A1)") == f"'{start}HYPERLINK(A1)"


@pytest.mark.parametrize("text", ["", "Haus & Hof", "a=b", "1-2", " =not at the start"])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert as_cell(text) == text
