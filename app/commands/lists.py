"""`wholesale sanctions` and `wholesale company-registry`: lists that business verification compares with."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer


def _rows(file: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a CSV file with a heading. Ends with a sentence when a column is missing."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.DictReader(opened)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise typer.BadParameter(f"The file has no column {missing[0]}; it needs {', '.join(needed)}.")
            return [{name: (value or "").strip() for name, value in row.items() if name} for row in reader]
    except (OSError, UnicodeDecodeError) as problem:
        raise typer.BadParameter(f"The file cannot be read: {problem}") from problem


def register(app: typer.Typer) -> None:
    @app.command("sanctions")
    def sanctions(
        file: Annotated[Path, typer.Argument(help="CSV with reference, name and perhaps aliases (a|b) and country.")],
        name: Annotated[str, typer.Option("--as", help="The name of the list; the file's name if left out.")] = "",
    ) -> None:
        """Take in a list of sanctions as it is today, and compare everybody with it anew."""
        from domain import verification
        from domain.kernel.actor import Actor
        from domain.kernel.errors import DomainError
        from domain.kernel.work import run
        from domain.verification import Listed

        entries = [
            Listed(
                row["reference"], row["name"], tuple(filter(None, row.get("aliases", "").split("|"))),
                row.get("country") or None,
            )
            for row in _rows(file, ("reference", "name"))
        ]  # fmt: skip
        try:
            hits = run(Actor.system(), verification.load_sanctions, list=name or file.stem, entries=entries)
        except DomainError as refusal:
            raise typer.BadParameter(refusal.sentence) from refusal
        print(f"{len(entries)} names taken in; {hits} new hits wait for a reviewer.")

    @app.command("company-registry")
    def company_registry(
        file: Annotated[
            Path, typer.Argument(help="CSV with country_code, number, name; tax_number, standing, address if known.")
        ],
    ) -> None:
        """Take in companies of a public register, new or changed."""
        from domain import verification
        from domain.kernel.actor import Actor
        from domain.kernel.errors import DomainError
        from domain.kernel.work import run
        from domain.verification import Registered

        companies = [
            Registered(
                row["country_code"], row["number"], row["name"], row.get("tax_number") or None,
                row.get("standing") or "active", row.get("address") or None,
            )
            for row in _rows(file, ("country_code", "number", "name"))
        ]  # fmt: skip
        try:
            taken = run(Actor.system(), verification.load_registry, companies=companies)
        except DomainError as refusal:
            raise typer.BadParameter(refusal.sentence) from refusal
        print(f"{taken} companies taken in.")
