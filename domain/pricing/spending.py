"""What promotions pay for orders, out of budgets that hold however many order at once.

A budget is a locked row of its own. Its place in the order of locks is after the order and before stock and ledger
accounts, by the promotions' ids; the database's functions that spend and return see to it.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.kernel.errors import Conflict
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.pricing.arithmetic import Use


class PromotionUsedUp(Conflict):
    """Others were quicker: less is left of the promotions (`rule_ids`) than the lines need."""

    rule_ids: frozenset[UUID]

    def __init__(self, sentence: str, rule_ids: Collection[UUID]) -> None:
        super().__init__(sentence)
        self.rule_ids = frozenset(rule_ids)


@dataclass(frozen=True, slots=True)
class LineUse:
    """A promotion pays for one line of an order that was just written."""

    order_id: UUID
    line_id: UUID
    use: Use


def spend_promotions(work: Work, *, uses: Collection[LineUse]) -> None:
    """Take what promotions pay for these lines out of their budgets, all or nothing. Raises `PromotionUsedUp`."""
    if not uses:
        return
    rows = [
        {
            "id": new_id(), "rule_id": each.use.rule_id, "order_id": each.order_id, "line_id": each.line_id,
            "amount": each.use.amount, "units": each.use.units,
        }
        for each in uses
    ]  # fmt: skip
    try:
        work.session.execute(
            text("select promotions_spend(cast(:uses as jsonb), :now)"),
            {"uses": to_json(rows).decode(), "now": work.now},
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "WS007":
            raise
        short = json.loads(error.orig.diag.message_detail)  # type: ignore[union-attr]
        raise PromotionUsedUp("This promotion has just been used up.", [UUID(each) for each in short]) from error


def return_promotions(work: Work, *, order_ids: Collection[UUID]) -> None:
    """Give back what promotions paid for orders that ended before their goods were sold; twice is once."""
    work.session.flush()
    work.session.execute(
        text("select promotions_return(cast(:orders as uuid[]), :now)"),
        {"orders": sorted(order_ids), "now": work.now},
    )
