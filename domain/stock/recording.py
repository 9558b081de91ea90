"""The one way in which modules of stock write movements, and what the database's refusals mean to people."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.work import Work


class OutOfStock(Conflict):
    """Less is free than was asked for; `missing` maps order lines (or variants) to what is available."""

    missing: Mapping[UUID, int]

    def __init__(self, sentence: str, missing: Mapping[UUID, int]) -> None:
        super().__init__(sentence)
        self.missing = missing


class SerialsMissing(Invalid):
    """Units with numbers of their own leave only by their numbers."""


@dataclass(frozen=True, slots=True)
class Row:
    """One change of one lot in one place, signed. A cost only of what comes in."""

    variant_id: UUID
    location_id: UUID
    lot_id: UUID
    quantity: int
    unit_cost: Decimal | None = None
    currency: str | None = None
    note: str = ""

    def as_facts(self) -> dict[str, object]:
        facts: dict[str, object] = {
            "variant_id": str(self.variant_id), "location_id": str(self.location_id), "lot_id": str(self.lot_id),
            "quantity": self.quantity,
        }  # fmt: skip
        if self.unit_cost is not None:
            facts |= {"unit_cost": str(self.unit_cost), "currency": self.currency}
        return facts | ({"note": self.note.strip()[:500]} if self.note.strip() else {})


def record_rows(work: Work, rows: Sequence[Row], *, kind: str, cause: str, cause_id: UUID) -> None:
    """Move stock: all of these rows or none. Raises `NotFound`, `Conflict` and `SerialsMissing`."""
    try:
        work.session.execute(
            text("select stock_record(cast(:rows as jsonb), :kind, :cause, :cause_id, :now)"),
            {
                "rows": json.dumps([row.as_facts() for row in rows]), "kind": kind, "cause": cause,
                "cause_id": cause_id, "now": work.now,
            },
        )  # fmt: skip
    except DBAPIError as error:
        raise in_words(error) from error


def short_of(error: DBAPIError, sentence: str, *, by: str = "") -> Exception:
    """The refusal of a function of stock that found too little, with what there is by line or variant."""
    if getattr(error.orig, "sqlstate", None) != "WS001":
        return in_words(error)
    short = json.loads(error.orig.diag.message_detail) if by else []  # type: ignore[union-attr]
    return OutOfStock(sentence, {UUID(row[by]): int(row["available"]) for row in short})


def in_words(error: DBAPIError) -> Exception:
    """The refusal as one that a person can do something about, where there is such a thing."""
    code = getattr(error.orig, "sqlstate", None)
    if code == "WS005":
        return NotFound()
    if code == "WS008":
        return SerialsMissing("Some of these units have serial numbers. Please say which of them leave.")
    if code == "WS009":
        return Conflict("More is kept for your customers than would be left. Please lower what is allocated first.")
    if code == "23514":
        return Conflict("Less would be left than is reserved for orders. Please look at the open orders first.")
    return error
