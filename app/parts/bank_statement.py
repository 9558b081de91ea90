"""Reading a bank's statement as CSV, with the number of each row that cannot be read."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.kernel.money import rounded

COLUMNS = ("bank_reference", "booked_on", "payer", "remittance", "amount", "currency")
MOST_ROWS = 10_000


def read_statement(content: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    """The lines of a statement and what is wrong with it, by row; row 1 is the heading."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], ["The file is not UTF-8 text. Please save it as CSV UTF-8."]
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    names = {name.strip().lower(): name for name in reader.fieldnames or []}
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        return [], [f"Row 1: the column {name} is missing." for name in missing]
    lines: list[dict[str, Any]] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    try:
        for row in reader:
            number = reader.line_num
            if len(lines) + len(problems) >= MOST_ROWS:
                return [], [f"The file has more than {MOST_ROWS:,} rows. Please split it."]
            values = {name: (row[names[name]] or "").strip() for name in COLUMNS}
            if not any(values.values()):
                continue
            line, problem = _read(values)
            reference = values["bank_reference"]
            if line and reference in seen:
                line, problem = None, f"the bank reference {reference} stands in row {seen[reference]} already"
            if line:
                seen[reference] = number
                lines.append(line)
            else:
                problems.append(f"Row {number}: {problem}.")
    except csv.Error as problem:
        problems.append(f"Row {reader.line_num}: this cannot be read as CSV ({problem}).")
    if not lines and not problems:
        problems.append("The file has no rows below its heading.")
    return lines, problems


def _read(values: dict[str, str]) -> tuple[dict[str, Any] | None, str]:
    currency = values["currency"].upper()
    if not values["bank_reference"]:
        return None, "the bank reference is empty"
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        return None, f"{values['currency']!r} is not a currency; write three letters, for example EUR"
    try:
        booked_on = date.fromisoformat(values["booked_on"])
    except ValueError:
        return None, f"{values['booked_on']!r} is not a day; write for example 2026-03-31"
    try:
        amount = Decimal(values["amount"])
    except InvalidOperation:
        return None, f"{values['amount']!r} is not an amount; write for example 1250.00"
    if not amount.is_finite() or amount <= 0:
        return None, "the amount must be above 0; only money that came in belongs here"
    if amount >= 10**12 or amount != rounded(amount, currency):
        return None, f"{values['amount']} is too large or has more decimals than {currency} has"
    return values | {"booked_on": booked_on, "amount": amount, "currency": currency}, ""
