"""`wholesale check-number`: whether a tax, company or account number could exist."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("check-number")
    def check_number(
        scheme: Annotated[str, typer.Argument(help="The kind of number, such as vat, iban, siren, nip, ean.")],
        value: Annotated[str, typer.Argument(help="The number as it is written.")],
        country: Annotated[str, typer.Option("--country", help="Two letters, for numbers of a country.")] = "",
    ) -> None:
        """Say whether a number could exist, and how it is written plainly; exit code 1 when it could not."""
        from domain import verification

        verdict = verification.check_number(scheme, country, value)
        print(f"valid: {verdict.normalised}" if verdict.valid else f"not valid ({verdict.why}): {verdict.sentence}")
        if not verdict.valid:
            sys.exit(1)
