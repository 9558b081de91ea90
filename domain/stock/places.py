"""Places where goods lie: warehouses and stores, with zones and bins in them."""

from uuid import UUID

from sqlalchemy import select, text

from domain import identity
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.stock.events import LocationAdded
from domain.stock.models import Location
from domain.stock.reach import require_within
from domain.stock.states import LocationKind

# What may lie in what: a bin in a zone or at once in the building.
_WITHIN = {
    LocationKind.ZONE: (LocationKind.WAREHOUSE, LocationKind.STORE),
    LocationKind.BIN: (LocationKind.WAREHOUSE, LocationKind.STORE, LocationKind.ZONE),
}
_NAMES = {LocationKind.TRANSIT: "In transit", LocationKind.ASIDE: "Set aside"}


def add_location(
    work: Work,
    *,
    request_id: UUID,
    name: str,
    site_id: UUID | None = None,
    kind: LocationKind = LocationKind.WAREHOUSE,
    parent_id: UUID | None = None,
    code: str = "",
) -> UUID:
    """Add a place where one keeps stock: a warehouse or a store, if wanted at one of one's own addresses, or a zone or
    a bin in one.

    Raises `NotAllowed` for who is kept to some warehouses and wants another one, `Conflict` for a name that is taken,
    `NotFound` for an address or a place that is not one's own. Announces `LocationAdded`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    kind, name, code, org_id = LocationKind(kind), name.strip(), code.strip(), work.actor.require_org()
    if kind in _NAMES:
        raise Invalid("This kind of place is made by itself when it is needed.")
    if not 1 <= len(name) <= 120 or len(code) > 40:
        raise Invalid("The name of a place must have between 1 and 120 characters, its code at most 40.")
    root_id = None
    if kind in _WITHIN:
        root_id = _root_of(work, kind, parent_id)
    elif parent_id is not None:
        raise Invalid("A warehouse does not lie in another place.")
    elif identity.reach_of(work).warehouses is not None:
        raise NotAllowed("You work in the warehouses that are assigned to you. Please ask the owner to add one.")
    if work.session.scalar(
        select(Location.id).where(
            Location.org_id == org_id, Location.name == name, Location.kind == kind, Location.parent_id == parent_id
        )
    ):
        raise Conflict(f"There already is a {kind.value} named {name}.")
    if site_id is not None and site_id not in {site.site_id for site in identity.my_sites(work)}:
        raise NotFound
    location = Location(id=new_id(), org_id=org_id, site_id=site_id, name=name, kind=kind.value, parent_id=parent_id,
                        warehouse_id=root_id, code=code or None)  # fmt: skip
    work.session.add(location)
    work.record(LocationAdded(subject_id=location.id, seller_id=org_id, kind=kind.value, parent_id=parent_id))
    return location.id


def between(work: Work, kind: LocationKind) -> UUID:
    """The organisation's place for goods on the way or set aside; made when it is first needed."""
    work.actor.require_org()
    place: UUID = work.session.execute(
        text("select stock_between(:kind, :name)"), {"kind": kind.value, "name": _NAMES[kind]}
    ).scalar_one()
    return place


def _root_of(work: Work, kind: LocationKind, parent_id: UUID | None) -> UUID:
    if parent_id is None:
        raise Invalid(f"A {kind.value} lies in a warehouse. Please say in which.")
    require_within(work, parent_id)
    parent = work.session.execute(
        select(Location.id, Location.kind, Location.warehouse_id).where(
            Location.id == parent_id, Location.org_id == work.actor.require_org()
        )
    ).one_or_none()
    if parent is None:
        raise NotFound
    if LocationKind(parent.kind) not in _WITHIN[kind]:
        raise Invalid(f"A {kind.value} cannot lie in a {parent.kind}.")
    return parent.warehouse_id or parent.id
