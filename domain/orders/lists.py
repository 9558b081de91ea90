"""Many lines at once: into the basket, and baskets saved as lists that are loaded again."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select, text

from domain import identity, pricing
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import base_units
from domain.kernel.work import Work
from domain.orders.basket import open_basket
from domain.orders.events import ListChanged, ListForgotten, ListSaved
from domain.orders.models import SavedList
from domain.orders.views import LeftOut, LoadedList

MOST_LINES = 1000
NOT_FOR_SALE = "This is not for sale at the moment."


def add_many_to_basket(work: Work, *, quantities: Mapping[UUID, int]) -> int:
    """Put more of many offers into one's open basket at once (base units by offer), at the prices of now, all or
    nothing; in the same number of statements however many. Returns how many lines that were.

    Raises `NotFound` when one of them is not for sale, `Invalid` for a quantity, nothing at all or more than 1,000
    lines, `identity.OrganizationIsSuspended`.
    """
    basket_id = open_basket(work)
    identity.require_active_organization(work)
    wanted = {offer_id: base_units(quantity) for offer_id, quantity in quantities.items()}
    if not wanted:
        raise Invalid("Please give a quantity for at least one product.")
    _add(work, basket_id, wanted)
    return len(wanted)


def _add(work: Work, basket_id: UUID, wanted: Mapping[UUID, int]) -> None:
    if len(wanted) > MOST_LINES:
        raise Invalid(f"A basket takes at most {MOST_LINES:,} lines at once.")
    rows = work.session.execute(
        _FOR_SALE, {"ids": sorted(wanted), "me": work.actor.require_org(), "basket_id": basket_id}
    ).all()
    if len(rows) != len(wanted):
        raise NotFound("One of these products is not for sale at the moment.")
    totals = {row.offer_id: base_units(wanted[row.offer_id] + row.there) for row in rows}
    prices = pricing.resolve(work, quantities=totals)
    if len(prices) != len(totals):
        raise NotFound("One of these products is not for sale at the moment.")
    ids = list(totals)
    work.session.execute(
        _UPSERT,
        {
            "basket_id": basket_id, "buyer_id": work.actor.require_org(), "now": work.now, "offers": ids,
            "quantities": [totals[offer_id] for offer_id in ids],
            "prices": [prices[offer_id].unit_price for offer_id in ids],
        },
    )  # fmt: skip


_FOR_SALE = text(
    "select o.id as offer_id, coalesce(l.quantity, 0) as there from offers o"
    " join organizations s on s.id = o.seller_id and s.state = 'active'"
    " left join basket_lines l on l.basket_id = :basket_id and l.offer_id = o.id"
    " where o.id = any(:ids) and o.state = 'published' and o.seller_id <> :me"
    " and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))"
)
_UPSERT = text(
    "insert into basket_lines (basket_id, offer_id, buyer_id, quantity, seen_unit_price, added_at)"
    " select :basket_id, offer_id, :buyer_id, quantity, price, :now"
    " from unnest(cast(:offers as uuid[]), cast(:quantities as bigint[]), cast(:prices as numeric[]))"
    "   as wanted(offer_id, quantity, price)"
    " on conflict (basket_id, offer_id) do update set quantity = excluded.quantity,"
    " seen_unit_price = excluded.seen_unit_price"
)


def take_out_gone(work: Work) -> int:
    """Take what is no longer for sale out of one's open basket. Returns how many lines that were."""
    basket_id = open_basket(work)
    gone = work.session.execute(
        text(
            "delete from basket_lines l where l.basket_id = :basket_id and not exists ("
            " select 1 from offers o join organizations s on s.id = o.seller_id and s.state = 'active'"
            " where o.id = l.offer_id and o.state = 'published'"
            " and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))) returning 1"
        ),
        {"basket_id": basket_id},
    ).all()
    return len(gone)


# --- lists ----------------------------------------------------------------------------------------


def save_basket_as_list(work: Work, *, request_id: UUID, name: str, is_shared: bool = False) -> UUID:
    """Keep what is in one's open basket under a name, with today's prices; the basket stays as it is.

    Raises `Conflict` for a name that one has already, `Invalid` for an empty basket. Announces `ListSaved`.
    """
    basket_id = open_basket(work)
    list_id = _new_list(work, name, is_shared)
    saved = work.session.execute(_COPY, {"list_id": list_id, "basket_id": basket_id}).all()
    if not saved:
        raise Invalid("Your basket is empty, so there is nothing to save.")
    work.record(ListSaved(subject_id=list_id, lines=len(saved), is_shared=is_shared))
    return list_id


_COPY = text(
    "insert into saved_list_lines (list_id, offer_id, org_id, position, quantity, sku, name, seller_name, currency,"
    " seen_unit_price)"
    " select :list_id, l.offer_id, l.buyer_id, row_number() over (order by s.name, l.added_at, l.offer_id), l.quantity,"
    " o.sku, case v.name when 'Standard' then p.name else p.name || ', ' || v.name end, s.name, o.currency,"
    " l.seen_unit_price from basket_lines l join offers o on o.id = l.offer_id"
    " join organizations s on s.id = o.seller_id join product_variants v on v.id = o.variant_id"
    " join products p on p.id = v.product_id where l.basket_id = :basket_id returning 1"
)


def load_list(work: Work, *, list_id: UUID) -> LoadedList:
    """Put what is on a list into one's open basket, beside what is there; what is not for sale is left out, by name.

    Raises `NotFound` for a list that is not one's own or shared with one, `identity.OrganizationIsSuspended`.
    """
    basket_id = open_basket(work)
    identity.require_active_organization(work)
    _list(work, list_id)
    rows = work.session.execute(_LOADABLE, {"list_id": list_id, "me": work.actor.require_org()}).all()
    priced = pricing.resolve(work, quantities={row.offer_id: row.quantity for row in rows if row.is_for_sale})
    wanted = {row.offer_id: row.quantity for row in rows if row.offer_id in priced}
    left_out = [LeftOut(name=row.name, reason=NOT_FOR_SALE) for row in rows if row.offer_id not in wanted]
    if wanted:
        _add(work, basket_id, wanted)
    return LoadedList(added=len(wanted), left_out=left_out)


_LOADABLE = text(
    "select l.offer_id, l.quantity, l.name, s.id is not null and o.seller_id <> :me as is_for_sale"
    " from saved_list_lines l left join (offers o join organizations s on s.id = o.seller_id and s.state = 'active')"
    " on o.id = l.offer_id and o.state = 'published'"
    " and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))"
    " where l.list_id = :list_id order by l.position"
)


def change_list(work: Work, *, list_id: UUID, name: str, is_shared: bool) -> None:
    """Give one's own list another name, share it with colleagues or keep it to oneself. Announces `ListChanged`."""
    work.actor.require(Permission.FILL_BASKET)
    found = _own(work, list_id)
    name = _free_name(work, name, besides=list_id)
    before = found.is_shared
    found.name, found.is_shared, found.changed_at = name, is_shared, work.now
    work.record(
        ListChanged(
            subject_id=list_id, before={"shared": str(before).lower()}, after={"shared": str(is_shared).lower()}
        )
    )


def forget_list(work: Work, *, list_id: UUID) -> None:
    """Delete one's own list. Announces `ListForgotten`."""
    work.actor.require(Permission.FILL_BASKET)
    found = _own(work, list_id)
    work.session.execute(text("delete from saved_list_lines where list_id = :id"), {"id": list_id})
    work.session.delete(found)
    work.record(ListForgotten(subject_id=list_id))


def forget_lists_of(work: Work, *, person_id: UUID) -> None:
    """Delete the lists that a person kept alone, as a part of the erasure of the person; shared ones stay (system)."""
    if not work.actor.is_system:
        raise NotFound
    facts = {"person": person_id}
    work.session.execute(
        text(
            "delete from saved_list_lines l using saved_lists s where s.id = l.list_id and s.person_id = :person"
            " and not s.is_shared"
        ),
        facts,
    )
    work.session.execute(text("delete from saved_lists where person_id = :person and not is_shared"), facts)


def set_list_quantity(work: Work, *, list_id: UUID, offer_id: UUID, quantity: int) -> None:
    """Change how much of something stands on one's own list; none takes it off."""
    work.actor.require(Permission.FILL_BASKET)
    found = _own(work, list_id)
    facts = {"list_id": list_id, "offer_id": offer_id, "quantity": quantity if quantity == 0 else base_units(quantity)}
    changed = work.session.execute(
        text("delete from saved_list_lines where list_id = :list_id and offer_id = :offer_id returning 1")
        if quantity == 0
        else text(
            "update saved_list_lines set quantity = :quantity where list_id = :list_id and offer_id = :offer_id"
            " returning 1"
        ),
        facts,
    ).all()
    if not changed:
        raise NotFound
    found.changed_at = work.now


def renew_list_prices(work: Work, *, list_id: UUID) -> int:
    """Take today's prices of one's own list as those that one has seen. Returns how many had changed."""
    work.actor.require(Permission.FILL_BASKET)
    _own(work, list_id)
    lines = work.session.execute(
        text("select offer_id, quantity, seen_unit_price from saved_list_lines where list_id = :id"), {"id": list_id}
    ).all()
    prices = pricing.resolve(work, quantities={line.offer_id: line.quantity for line in lines})
    changed = {
        line.offer_id: prices[line.offer_id].unit_price
        for line in lines
        if line.offer_id in prices and prices[line.offer_id].unit_price != line.seen_unit_price
    }
    if changed:
        work.session.execute(
            text(
                "update saved_list_lines l set seen_unit_price = w.price"
                " from unnest(cast(:offers as uuid[]), cast(:prices as numeric[])) as w(offer_id, price)"
                " where l.list_id = :id and l.offer_id = w.offer_id"
            ),
            {"id": list_id, "offers": list(changed), "prices": list(changed.values())},
        )
    return len(changed)


def _new_list(work: Work, name: str, is_shared: bool) -> UUID:
    if work.actor.user_id is None:
        raise NotFound
    made = SavedList(
        id=new_id(), org_id=work.actor.require_org(), person_id=work.actor.user_id, name=_free_name(work, name),
        is_shared=is_shared, created_at=work.now, changed_at=work.now,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    return made.id


def _free_name(work: Work, name: str, besides: UUID | None = None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise Invalid("The name of a list has between 1 and 80 characters.")
    there = work.session.scalar(
        select(SavedList.id).where(
            SavedList.org_id == work.actor.require_org(), SavedList.person_id == work.actor.user_id,
            SavedList.name == name,
        )
    )  # fmt: skip
    if there is not None and there != besides:
        raise Conflict(f"You already have a list named {name}.")
    return name


def _list(work: Work, list_id: UUID) -> SavedList:
    """A list of one's own, or one that a colleague has shared."""
    found = work.session.scalar(
        select(SavedList).where(SavedList.id == list_id, SavedList.org_id == work.actor.require_org())
    )
    if found is None or not (found.is_shared or found.person_id == work.actor.user_id):
        raise NotFound
    return found


def _own(work: Work, list_id: UUID) -> SavedList:
    found = work.session.scalar(
        select(SavedList)
        .where(SavedList.id == list_id, SavedList.org_id == work.actor.require_org())
        .where(SavedList.person_id == work.actor.user_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    return found
