"""Does everything that must hold, hold? The invariants of the schema, counted, with what each one means."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.kernel.work import Work
from domain.reports.audit_chain import first_break

MEANING: dict[int, str] = {
    1: "All postings of a currency add up to nothing.",
    2: "Each entry has two or more postings that add up to nothing.",
    3: "A kept balance is the sum of its postings.",
    4: "The postings of a locked account are numbered without a gap and carry its running balance.",
    5: "The escrow of an order holds what was paid in less what was released and refunded, never less than nothing.",
    6: "What was captured is held, released, taken as fee or refunded, to the cent, in our rows and in the ledger.",
    7: "No order and no purchase gives back more than was captured for it.",
    8: "Commission, its tax and the distributor's share are the frozen rates of what was released.",
    9: "An order is the sum of its lines, a purchase the sum of its orders, and a line quantity times price.",
    10: "Nothing on hand or reserved is negative, and no more is reserved than there is.",
    11: "What is on hand is the sum of the movements.",
    12: "What is reserved is held for a line of an open order or by hand, and has not run out.",
    15: "Each live order took only legal steps, and each step stands in the log once.",
    16: "The sealed log is whole and unchanged, and the application may not change it.",
    17: "A delivered event is in the log, and its delivery was tried.",
    18: "A request was done once, with one body.",
    28: "Amounts are in the currency of what they belong to.",
    29: "Amounts are whole in the smallest unit of their currency, and of a sane size.",
    40: "The layers of cost hold what is on hand, lot by lot and place by place, and what was used of each is noted.",
    41: "In transit lies what transfers have sent and nobody has received; set aside lies what is not settled.",
    42: "A unit with a number of its own exists once and lies in one place, where there are at least as many units.",
    43: "What is kept for customers is there, and what they used of it is what their orders took.",
    44: "What a promotion has spent is the sum of its uses, within its limits; what ended before a sale gave back.",
    45: "Of one offer and quantity no two list prices hold at the same instant.",
    50: "What was put into stores had been accepted.",
    51: "What stores sold has left their stock.",
}


AUDIT = 16


class InvariantRow(BaseModel):
    """One invariant: what it means, how many things break it, and up to five of them.

    Of the audit trail the first thing that is not as it was sealed stands before them.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    name: str
    meaning: str
    violations: int
    sample: tuple[str, ...]


_INVARIANTS = text("select number, name, violations, sample from invariants_at(:now) order by number")


def violations(work: Work) -> list[InvariantRow]:
    """Every invariant with what breaks it at `work.now`. One row is one invariant, broken or not.

    Raises: NotFound, for everybody but the platform's staff and jobs.
    """
    work.actor.require_staff()
    # It reads every row there is, so it may take longer than a screen may.
    work.session.execute(text("set local statement_timeout = '15min'"))
    rows = [_row(**row) for row in work.session.execute(_INVARIANTS, {"now": work.now}).mappings()]
    return [_named(work, row) if row.number == AUDIT and row.violations else row for row in rows]


def _named(work: Work, row: InvariantRow) -> InvariantRow:
    """The first thing in the audit trail that is not as it was sealed stands before the others."""
    broken = first_break(work)
    return row if broken is None else row.model_copy(update={"sample": (f"first: {broken.sentence}", *row.sample)})


def _row(number: int, **columns: Any) -> InvariantRow:
    return InvariantRow(number=number, meaning=MEANING[number], **columns)
