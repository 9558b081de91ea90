"""How organisations get started: each one's checklist, and the way of all of them from sign-up to first money.

Everything is computed from what happened; no step is ever ticked off in a table.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain import identity, verification
from domain.identity import OrgKind, Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work


class StartStep(BaseModel):
    """One step of getting started; the screens have its words. `done_at` is unknown where the fact has no instant."""

    model_config = ConfigDict(frozen=True)

    key: str
    is_done: bool
    done_at: datetime | None = None


class FunnelStage(BaseModel):
    """How many registrations of a period got to a stage, and how long half of them took for it at most.

    `median` is the time from the stage before, `median_from_start` from the beginning of the registration.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    count: int
    median: timedelta | None
    median_from_start: timedelta | None


class OpenWork(BaseModel):
    """Work that somebody has open, by kind and number."""

    model_config = ConfigDict(frozen=True)

    kind: str
    count: int


class HandedOver(BaseModel):
    """What moved to a colleague when a person left."""

    model_config = ConfigDict(frozen=True)

    person_id: UUID
    moved: dict[str, int]


STEPS: dict[OrgKind, tuple[str, ...]] = {
    OrgKind.RETAILER: ("terms", "place", "level_1", "wallet", "first_purchase", "first_delivery", "repeat_purchase"),
    OrgKind.MANUFACTURER: (
        "terms", "place", "level_2", "bank_account", "stock", "first_offer", "first_sale", "first_money",
    ),
    OrgKind.DISTRIBUTOR: (
        "terms", "warehouse", "territory", "level_2", "bank_account", "first_purchase", "first_offer", "first_sale",
        "first_money",
    ),
}  # fmt: skip

# Trade is read from the log: who is kept to a store or a region sees a part of the orders, and the steps are those
# of the organisation.
_FACTS = text("""
select
  (select min(accepted_at) from terms_acceptances where org_id = :org and version = any(:versions)) as terms,
  (select min(created_at) from sites where org_id = :org) as place,
  (select min(created_at) from sites where org_id = :org and kind = 'warehouse') as warehouse,
  (select min(created_at) from territory_assignments where distributor_id = :org
     and valid_from <= cast(:now as date) and (valid_to is null or valid_to > cast(:now as date))) as territory,
  (select min(changed_at) from bank_accounts where org_id = :org) as bank_account,
  (select min(recorded_at) from stock_movements where org_id = :org and quantity > 0) as stock,
  (select min(published_at) from offers where seller_id = :org) as first_offer,
  (select min(e.recorded_at) from events e where e.buyer_id = :org and e.name = 'WalletToppedUp') as wallet,
  (select e.effective_at from events e where e.buyer_id = :org and e.name = 'OrderSecured' order by e.id limit 1)
    as first_purchase,
  (select e.effective_at from events e where e.buyer_id = :org and e.name = 'GoodsReceived' order by e.id limit 1)
    as first_delivery,
  (select u.created_at from purchases u where u.buyer_id = :org and u.origin = 'live' and exists (select 1
     from supplier_orders o where o.purchase_id = u.id and o.secured_at is not null)
     order by u.created_at offset 1 limit 1) as repeat_purchase,
  (select e.effective_at from events e where e.seller_id = :org and e.name = 'OrderConfirmed' order by e.id limit 1)
    as first_sale,
  (select min(released_at) from releases where seller_id = :org) as first_money
""")


def getting_started(work: Work) -> list[StartStep]:
    """The steps of one's own organisation in their order, computed now."""
    org_id, kind = work.actor.require_org(), OrgKind(work.actor.org_kind or "")
    if kind not in STEPS:
        raise NotFound
    terms = identity.terms_at(work.now)
    enough = [one.version for one in identity.TERMS if terms is None or one.since >= terms.since]
    row: Any = work.session.execute(_FACTS, {"org": org_id, "versions": enough, "now": work.now}).one()
    done: dict[str, tuple[bool, datetime | None]] = {
        name: (value is not None, value) for name, value in row._asdict().items()
    }
    level = verification.level_of(work, org_id)
    done |= {"level_1": (level >= 1, None), "level_2": (level >= 2, None)}
    return [StartStep(key=key, is_done=done[key][0], done_at=done[key][1]) for key in STEPS[kind]]


# --- the funnel ------------------------------------------------------------------------------------

STAGES = ("begun", "confirmed", "finished", "verified", "first_step", "first_trade", "first_money")

# A shop may trade once it is verified up to level 1, a seller up to level 2. A shop's first step is a first order
# placed, a seller's a first offer published; its first trade an order paid or accepted; its first money a release.
_FUNNEL = text("""
with registered as (
    select *, kind = 'retailer' as buys, case when kind = 'retailer' then 1 else 2 end as needed from registrations
    where started_at >= :first and started_at < :end and (cast(:kind as text) is null or kind = :kind)
), reached as (
    select r.started_at as begun, r.email_confirmed_at as confirmed, r.finished_at as finished,
      (select greatest(max(i.since), r.finished_at) from verification_items(r.org_id, :now) i
       where not i.is_optional and i.level <= r.needed having bool_and(i.is_met)) as verified,
      case when r.buys then (select min(o.created_at) from supplier_orders o where o.buyer_id = r.org_id)
           else (select min(f.published_at) from offers f where f.seller_id = r.org_id) end as first_step,
      case when r.buys then (select min(o.secured_at) from supplier_orders o where o.buyer_id = r.org_id)
           else (select min(o.confirmed_at) from supplier_orders o where o.seller_id = r.org_id) end as first_trade,
      case when r.buys then (select min(x.released_at) from releases x where x.buyer_id = r.org_id)
           else (select min(x.released_at) from releases x where x.seller_id = r.org_id) end as first_money
    from registered r
), long as (
    select begun, stage, at, lag(at) over (partition by r order by place) as before, place
    from (select row_number() over () as r, * from reached) reached,
      lateral (values (1, 'begun', begun), (2, 'confirmed', confirmed), (3, 'finished', finished),
                      (4, 'verified', verified), (5, 'first_step', first_step), (6, 'first_trade', first_trade),
                      (7, 'first_money', first_money)) as s(place, stage, at)
)
select stage as key, count(at) as count,
  percentile_cont(0.5) within group (order by at - before) as median,
  percentile_cont(0.5) within group (order by at - begun) as median_from_start
from long group by stage, place order by place
""")


def onboarding_funnel(work: Work, *, first: datetime, end: datetime, kind: OrgKind | None = None) -> list[FunnelStage]:
    """How far the registrations begun from `first` up to, but not with, `end` have got by now, for the staff."""
    work.actor.require(Permission.SEE_PLATFORM)
    facts = {"first": first, "end": end, "kind": OrgKind(kind).value if kind else None, "now": work.now}
    found = {row.key: row._asdict() for row in work.session.execute(_FUNNEL, facts)}
    nothing = {"count": 0, "median": None, "median_from_start": None}
    return [FunnelStage.model_validate({"key": key} | found.get(key, nothing)) for key in STAGES]


# --- leaving ---------------------------------------------------------------------------------------


def open_work_of(work: Work, *, person_id: UUID) -> list[OpenWork]:
    """What a person of one's own team has open, which goes to a colleague when they leave."""
    work.actor.require(Permission.MANAGE_TEAM)
    row = work.session.execute(
        text(
            "select (select count(*) from basket_lines l join baskets b on b.id = l.basket_id where b.buyer_id = :org"
            " and b.person_id = :person and b.placed_at is null and b.requested_at is null) as basket_lines,"
            " (select count(*) from invitations where org_id = :org and invited_by = :person and state = 'open')"
            " as invitations,"
            " (select count(*) from verification_cases where claimed_by = :person and state = 'claimed')"
            " as verification_cases"
        ),
        {"org": work.actor.require_org(), "person": person_id},
    ).one()
    return [OpenWork(kind=kind, count=number) for kind, number in row._asdict().items() if number]


def work_handed_over(work: Work) -> list[HandedOver]:
    """What moved when people left one's own organisation, the latest of each person."""
    work.actor.require(Permission.MANAGE_TEAM)
    rows = work.session.execute(
        text(
            "select distinct on (facts ->> 'person_id') cast(facts ->> 'person_id' as uuid) as person_id,"
            " facts -> 'moved' as moved from events where name = 'WorkHandedOver' and subject = 'organization'"
            " and subject_id = :org order by facts ->> 'person_id', id desc"
        ),
        {"org": work.actor.require_org()},
    )
    return [HandedOver.model_validate(row._asdict()) for row in rows]
