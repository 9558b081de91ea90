"""What a maker can make: the claim that was verified, beside what it shipped month by month, and what counts.

Shipping more than the claim proves more. Shipping less proves nothing as long as nothing is late: there may not have
been more orders. A month in which goods left later than promised shows how much was possible.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work

MONTHS = 12
# So many late months before a claim is corrected downwards, and so much of a month's units late before it counts.
LATE_MONTHS_LEAST = 2
LATE_SHARE = 0.1


class MonthShipped(BaseModel):
    """The units that left in a whole month (UTC), and how many of them later than promised."""

    model_config = ConfigDict(frozen=True)

    month: datetime
    shipped: int
    late: int

    @property
    def is_full(self) -> bool:
        return self.late > 0 and self.late >= LATE_SHARE * self.shipped


class CapacitySheet(BaseModel):
    """Units a month: as claimed and verified, as seen here, and what counts (for planning, for promises).

    `best` is the most that was shipped in one of the last twelve whole months. `counts` is empty without a claim.
    `because` is "claim", "more" (more was shipped) or "late" (goods were late in months with less).
    """

    model_config = ConfigDict(frozen=True)

    claimed: int | None
    since: datetime | None
    months: tuple[MonthShipped, ...]
    best: int | None
    counts: int | None
    because: str


class CapacitySeen(BaseModel):
    """What everybody may know of a seller's capacity: the claim, and the first digit of the best month."""

    model_config = ConfigDict(frozen=True)

    claimed: int
    since: datetime
    months: int
    best: int


def what_counts(claimed: int, months: Sequence[MonthShipped]) -> tuple[int, str]:
    """Units a month, and why. Of late months the best one counts, if there are two at least."""
    best = max((month.shipped for month in months), default=0)
    if best > claimed:
        return best, "more"
    full = [month.shipped for month in months if month.is_full]
    if len(full) >= LATE_MONTHS_LEAST and best < claimed:
        return best, "late"
    return claimed, "claim"


def capacity_of(work: Work, *, org_id: UUID | None = None) -> CapacitySheet:
    """Claim and observation of one's own organisation or, for who decides on verification, of any.

    Raises `NotFound` for another organisation's.
    """
    if org_id is None or org_id == work.actor.org_id:
        work.actor.require(Permission.SEE_VERIFICATION)
        org_id = work.actor.require_org()
    elif not work.actor.is_staff or not work.actor.may(Permission.DECIDE_VERIFICATION):
        raise NotFound
    months = tuple(
        MonthShipped.model_validate(row._asdict())
        for row in work.session.execute(_MONTHS, {"org_id": org_id, "now": work.now, "months": MONTHS})
    )
    found = seller_capacity(work, org_id=org_id)
    best = max((month.shipped for month in months), default=None)
    if found is None:
        return CapacitySheet(claimed=None, since=None, months=months, best=best, counts=None, because="claim")
    counts, because = what_counts(found.claimed, months)
    return CapacitySheet(
        claimed=found.claimed, since=found.since, months=months, best=best, counts=counts, because=because
    )


def seller_capacity(work: Work, *, org_id: UUID) -> CapacitySeen | None:
    """A seller's verified claim with its best month, of which strangers see the first digit; None without a claim."""
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
    row = work.session.execute(
        text("select * from seller_capacity(:org_id, :now)"), {"org_id": org_id, "now": work.now}
    ).one_or_none()
    return CapacitySeen.model_validate(row._asdict()) if row else None


_MONTHS = text("""
select date_trunc('month', s.shipped_at, 'UTC') as month, sum(l.shipped)::bigint as shipped,
       coalesce(sum(l.shipped) filter (where s.shipped_at > o.promised_at), 0)::bigint as late
from shipments s join shipment_lines l on l.shipment_id = s.id join supplier_orders o on o.id = s.order_id
where s.seller_id = :org_id and s.shipped_at < date_trunc('month', cast(:now as timestamptz), 'UTC')
  and s.shipped_at >= date_trunc('month', cast(:now as timestamptz), 'UTC') - make_interval(months => :months)
group by 1 order by 1
""")
