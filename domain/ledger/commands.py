"""Posting: the one way in which money moves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.identity import Permission
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.work import Work
from domain.ledger.accounts import Family
from domain.ledger.kinds import Kind


class Overspent(Conflict):
    """An account that authorises spending does not hold this much."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an entry: `amount` is positive for a debit, negative for a credit."""

    family: Family
    amount: Decimal
    holder_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to post. `kind` and `reference` together are its identity: posted twice, it stands once."""

    kind: Kind
    reference: str
    currency: str
    legs: Sequence[Leg] = field(default_factory=tuple)
    order_id: UUID | None = None
    org_id: UUID | None = None


_POST = text("select ledger_post(cast(:entries as jsonb), :effective_at, :now)")


def post(work: Work, *, entries: Sequence[Draft], effective_at: datetime | None = None) -> int:
    """Post entries; legs of zero are left out. Returns how many were new.

    Raises `Overspent` when an account that authorises spending would be overdrawn and `NotFound`
    when the actor has no right to the cause. That each entry sums to zero per currency is checked
    again by the database at commit.
    """
    if work.actor.is_staff and not (
        work.actor.may(Permission.MATCH_PAYMENTS) or work.actor.may(Permission.PREPARE_PAYOUTS)
    ):
        raise NotFound
    drafts = [_plain(draft) for draft in entries]
    drafts = [draft for draft in drafts if draft["postings"]]
    if not drafts:
        return 0
    try:
        return int(
            work.session.execute(
                _POST,
                {"entries": json.dumps(drafts), "effective_at": effective_at or work.now, "now": work.now},
            ).scalar_one()
        )
    except DBAPIError as error:
        diagnosis = getattr(error.orig, "diag", None)
        if diagnosis is not None and diagnosis.constraint_name == "ledger_accounts_never_overspent_check":
            raise Overspent("There is not enough money on the account for this.") from error
        if getattr(error.orig, "sqlstate", None) == "WS005":
            raise NotFound from error
        raise


def _plain(draft: Draft) -> dict[str, object]:
    return {
        "kind": draft.kind.value,
        "reference": draft.reference,
        "currency": draft.currency,
        "order_id": str(draft.order_id) if draft.order_id else None,
        "org_id": str(draft.org_id) if draft.org_id else None,
        "postings": [
            {
                "family": leg.family.value,
                "holder_id": str(leg.holder_id) if leg.holder_id else None,
                "amount": str(leg.amount),
            }
            for leg in draft.legs
            if leg.amount
        ],
    }
