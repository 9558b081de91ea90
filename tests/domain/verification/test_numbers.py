"""Numbers get the verdicts that the shared list gives them."""

import csv
from pathlib import Path

import pytest

from domain.verification import numbers


def test_every_number_of_the_list_gets_its_verdict(shared_data: Path) -> None:
    with (shared_data / "files" / "identifiers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 100
    wrong = []
    for row in rows:
        verdict = numbers.check(row["scheme"], row["country"], row["input"])
        got = (str(int(verdict.valid)), verdict.normalised or "", verdict.why or "")
        if got != (row["valid"], row["normalised"], row["why_invalid"]):
            wrong.append((row, got))
    assert wrong == []


@pytest.mark.parametrize(("country", "number", "is_valid"), [
    ("DE", "DE 136 695 976", True), ("DE", "DE136695978", False), ("FR", "FR 23 334 175 221", True),
    ("PL", "856-734-62-15", True), ("PL", "856-734-62-16", False),
])  # fmt: skip
def test_a_tax_number_is_checked_by_the_rules_of_its_country(country: str, number: str, is_valid: bool) -> None:
    verdict = numbers.check_tax_number(country, number)
    assert verdict is not None and verdict.valid is is_valid
    assert (verdict.sentence is None) is is_valid


def test_what_has_no_rule_is_not_called_right_or_wrong() -> None:
    assert numbers.check_tax_number("AQ", "123") is None
    assert numbers.check_registration_number("GB", "01234567") is None


@pytest.mark.parametrize("scheme", ["nothing", "../os", "os", "util", "", "exceptions"])
def test_only_kinds_of_numbers_can_be_named(scheme: str) -> None:
    assert numbers.check(scheme, "", "1").why == "UnknownScheme"
