"""Stores of one's own: goods that were bought come in at what they cost, and what is sold over the counter goes out.

A store is a place of stock at one of the organisation's addresses, made when it is first needed. What was sold keeps
the day on which it was, which may lie before the day on which somebody said so; movements are never written back.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from domain import identity
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import base_units
from domain.kernel.work import Work
from domain.stock.commands import NO_LOT, record_sales
from domain.stock.reach import require_within
from domain.stock.recording import Row, record_rows
from domain.stock.states import LocationKind
from domain.stock.views import StorePlace

# Who forgot a file may still take it in; what is older changes no figure that anybody looks at.
OLDEST_SALE_DAYS = 365


@dataclass(frozen=True, slots=True)
class Arrival:
    """Units of a variant that come in, and what one of them cost."""

    variant_id: UUID
    quantity: int
    unit_cost: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """Units of a variant that a store sold on a day."""

    variant_id: UUID
    sold_on: date
    quantity: int


def store_places(work: Work) -> list[StorePlace]:
    """The stores of one's own that may be kept, by name; `location_id` is None for one in which nothing ever lay."""
    work.actor.require(Permission.SEE_STOCK)
    sites = {site.site_id: site.name for site in identity.my_sites(work, kind=identity.SiteKind.STORE)}
    rows = work.session.execute(
        text(
            "select l.site_id, l.id as location_id, coalesce(sum(b.on_hand), 0)::bigint as on_hand from locations l"
            " left join locations i on i.id = l.id or i.warehouse_id = l.id"
            " left join stock_balances b on b.location_id = i.id where l.org_id = :org_id and l.kind = :kind"
            " and l.site_id = any(:sites) group by l.id order by l.id"
        ),
        {"org_id": work.actor.require_org(), "kind": LocationKind.STORE, "sites": list(sites)},
    ).all()
    known = {row.site_id: row for row in rows}
    return [
        StorePlace(
            site_id=site_id, name=name, location_id=known[site_id].location_id if site_id in known else None,
            on_hand=known[site_id].on_hand if site_id in known else 0,
        )
        for site_id, name in sites.items()
    ]  # fmt: skip


def store_at(work: Work, *, site_id: UUID) -> UUID:
    """The store at one of one's own addresses, made now if it is not there yet. Raises `NotFound` for others'."""
    work.actor.require(Permission.MANAGE_STOCK)
    place = next((place for place in store_places(work) if place.site_id == site_id), None)
    if place is None:
        raise NotFound
    if place.location_id is not None:
        return place.location_id
    location_id = new_id()
    work.session.execute(
        text(
            "insert into locations (id, org_id, site_id, name, kind)"
            " values (:id, :org_id, :site_id, :name, :kind)"
        ),
        {"id": location_id, "org_id": work.actor.require_org(), "site_id": site_id, "name": place.name,
         "kind": LocationKind.STORE},
    )  # fmt: skip
    return location_id


def put_away(work: Work, *, location_id: UUID, arrivals: Sequence[Arrival], cause_id: UUID) -> None:
    """Take in goods of an order: a movement for each at its cost (a step of `orders.put_into_store`)."""
    work.actor.require(Permission.MANAGE_STOCK)
    require_within(work, location_id)
    lots = _plain_lots(work, [arrival.variant_id for arrival in arrivals])
    rows = [
        Row(arrival.variant_id, location_id, lots[arrival.variant_id], base_units(arrival.quantity),
            arrival.unit_cost, arrival.currency)
        for arrival in arrivals
    ]  # fmt: skip
    record_rows(work, rows, kind="received", cause="order", cause_id=cause_id)


def take_in_sales(
    work: Work, *, request_id: UUID, location_id: UUID, sales: Sequence[Sale], content_hash: str | None = None
) -> int:
    """Take what a store sold out of its stock, dated by day. Returns the units.

    Raises `Conflict` for a file that was taken in before, `OutOfStock` when less lies there, `Invalid` for days to come
    or long past. Announces `StockSold`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    require_within(work, location_id)
    today = work.now.date()
    for sale in sales:
        # A day later than here may be today elsewhere.
        if not today - timedelta(days=OLDEST_SALE_DAYS) <= sale.sold_on <= today + timedelta(days=1):
            raise Invalid(f"{sale.sold_on} is not a day of the last year.")
    sold: Counter[UUID] = Counter()
    by_day: Counter[tuple[UUID, date]] = Counter()
    for sale in sales:
        sold[sale.variant_id] += base_units(sale.quantity)
        by_day[sale.variant_id, sale.sold_on] += sale.quantity
    org_id, units = work.actor.require_org(), sum(sold.values())
    if content_hash is not None:
        taken = work.session.execute(
            text(
                "insert into store_sales_files (id, org_id, location_id, content_hash, lines, units, taken_by,"
                " taken_at) values (:id, :org_id, :location_id, :content_hash, :lines, :units, :me, :now)"
                " on conflict (org_id, location_id, content_hash) do nothing returning id"
            ),
            {"id": new_id(), "org_id": org_id, "location_id": location_id, "content_hash": content_hash,
             "lines": len(sales), "units": units, "me": work.actor.user_id, "now": work.now},
        ).scalar_one_or_none()  # fmt: skip
        if taken is None:
            raise Conflict("This file was taken in before, so its sales are counted already.")
    record_sales(work, request_id=request_id, location_id=location_id, sold=sold,
                 on=min(sale.sold_on for sale in sales))  # fmt: skip
    keys = sorted(by_day)
    work.session.execute(
        text(
            "insert into store_sales (id, org_id, location_id, variant_id, sold_on, quantity, cause_id, recorded_at)"
            " select id, :org_id, :location_id, variant_id, sold_on, quantity, :cause_id, :now from unnest("
            " cast(:ids as uuid[]), cast(:variants as uuid[]), cast(:days as date[]), cast(:quantities as bigint[]))"
            " as s(id, variant_id, sold_on, quantity)"
        ),
        {"org_id": org_id, "location_id": location_id, "cause_id": request_id, "now": work.now,
         "ids": [new_id() for _ in keys], "variants": [variant_id for variant_id, _ in keys],
         "days": [day for _, day in keys], "quantities": [by_day[key] for key in keys]},
    )  # fmt: skip
    return units


def is_taken_in(work: Work, *, location_id: UUID, content_hash: str) -> bool:
    """Whether a file with these contents was taken in for this store of one's own."""
    work.actor.require(Permission.SEE_STOCK)
    found = work.session.execute(
        text(
            "select 1 from store_sales_files where org_id = :org_id and location_id = :location_id"
            " and content_hash = :content_hash"
        ),
        {"org_id": work.actor.require_org(), "location_id": location_id, "content_hash": content_hash},
    )
    return found.first() is not None


def _plain_lots(work: Work, variant_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The lot without a batch of each variant, made where there is none."""
    facts = {"org_id": work.actor.require_org(), "code": NO_LOT}
    wanted = sorted(set(variant_ids))
    work.session.execute(
        text(
            "insert into lots (id, org_id, variant_id, code) select id, :org_id, variant_id, :code from unnest("
            " cast(:ids as uuid[]), cast(:variants as uuid[])) as n(id, variant_id)"
            " on conflict (org_id, variant_id, code) do nothing"
        ),
        facts | {"ids": [new_id() for _ in wanted], "variants": wanted},
    )
    rows = work.session.execute(
        text("select variant_id, id from lots where org_id = :org_id and code = :code and variant_id = any(:variants)"),
        facts | {"variants": wanted},
    )
    return {row.variant_id: row.id for row in rows}
