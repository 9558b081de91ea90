"""The warehouses and stores that the one who acts is kept to."""

from uuid import UUID

from sqlalchemy import select, text

from domain import identity
from domain.identity import OrgKind
from domain.kernel.errors import NotAllowed, NotFound
from domain.kernel.work import Work
from domain.stock.models import Location
from domain.stock.states import LocationKind


def kept_to(work: Work) -> list[UUID] | None:
    """The places that the actor is kept to, with all that is in them; None: all of them."""
    kept = identity.reach_of(work).warehouses
    return None if kept is None else list(kept)


def require_within(work: Work, *location_ids: UUID) -> None:
    """Raise `NotFound` unless these are places of one's own, and within what one is kept to.

    What lies on the way or aside belongs to a transfer, so its steps alone move it.
    """
    between = select(Location.id).where(
        Location.org_id == work.actor.require_org(), Location.id.in_(location_ids),
        Location.kind.in_((LocationKind.TRANSIT.value, LocationKind.ASIDE.value)),
    )  # fmt: skip
    if work.session.scalar(between.limit(1)) is not None:
        raise NotFound
    reach = identity.reach_of(work)
    if reach.warehouses is not None:
        if not reach.warehouses.issuperset(location_ids):
            raise NotFound
    elif reach.stores is not None:
        rows = work.session.execute(
            select(Location.id, Location.site_id, Location.warehouse_id).where(
                Location.org_id == work.actor.require_org()
            )
        ).all()
        sites = {row.id: row.site_id for row in rows}
        roots = {row.id: row.warehouse_id or row.id for row in rows}
        if any(sites.get(roots.get(place, place)) not in reach.stores for place in location_ids):
            raise NotFound


def require_whole(work: Work) -> None:
    """Refuse who is kept to some places: what follows concerns all of them (`NotAllowed`)."""
    reach = identity.reach_of(work)
    if reach.warehouses is not None or reach.stores is not None:
        raise NotAllowed("You work in the places that are assigned to you. Please ask the owner to do this.")


def is_customer(work: Work, org_id: UUID) -> bool:
    """Whether somebody is a distributor, or has ordered from us."""
    found = work.session.execute(
        text(
            "select 1 from organizations where id = :id and kind = :distributor and origin = 'live'"
            " union all select 1 from supplier_orders where seller_id = :me and buyer_id = :id limit 1"
        ),
        {"id": org_id, "me": work.actor.require_org(), "distributor": OrgKind.DISTRIBUTOR.value},
    ).first()
    return found is not None
