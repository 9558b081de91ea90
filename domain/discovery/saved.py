"""Searches that people keep, what they looked at last, and word of what is new."""

from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import select, text

from domain.discovery.events import NewProductsFound, SearchForgotten, SearchSaved
from domain.discovery.models import SavedSearch
from domain.discovery.search import search_products
from domain.discovery.views import Criteria, SavedSearchRow, ViewedProduct
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

MOST_SEARCHES = 50
LOOKED_THROUGH = 100  # of the best results of a search, whether one is new


def save_search(work: Work, *, request_id: UUID, name: str, criteria: Criteria, tells: bool = False) -> UUID:
    """Keep a search under a name, to run it again; with `tells` one hears of new products once a day.

    Raises `Conflict` for a name that one has already, `Invalid` for an empty search or more than 50. Announces
    `SearchSaved`.
    """
    work.actor.require(Permission.SEARCH_PRODUCTS)
    work.actor.require_self()
    if work.actor.user_id is None:
        raise NotFound
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise Invalid("The name of a search has between 1 and 80 characters.")
    asked = to_jsonable_python(criteria.asked())
    if not asked:
        raise Invalid("Search for something, or filter, before you save the search.")
    mine = select(SavedSearch.name).where(
        SavedSearch.org_id == work.actor.require_org(), SavedSearch.person_id == work.actor.user_id
    )
    names = list(work.session.scalars(mine))
    if name in names:
        raise Conflict(f"You already have a search named {name}.")
    if len(names) >= MOST_SEARCHES:
        raise Invalid(f"You keep {MOST_SEARCHES} searches already. Please delete one first.")
    made = SavedSearch(
        id=new_id(), org_id=work.actor.require_org(), person_id=work.actor.user_id, name=name, criteria=asked,
        tells=tells, looked_at=work.now, created_at=work.now,
    )  # fmt: skip
    work.session.add(made)
    work.record(SearchSaved(subject_id=made.id, tells=tells))
    return made.id


def forget_search(work: Work, *, search_id: UUID) -> None:
    """Delete a search of one's own. Announces `SearchForgotten`."""
    work.actor.require(Permission.SEARCH_PRODUCTS)
    work.session.delete(_own(work, search_id))
    work.record(SearchForgotten(subject_id=search_id))


def look_for_new(work: Work, *, search_id: UUID) -> int:
    """See what came since the last look at a search of one's own, and note that one has. Returns how many products.

    The worker does it once a day for whoever wants to be told, with that person's eyes. Announces `NewProductsFound`
    when there are some.
    """
    work.actor.require(Permission.SEARCH_PRODUCTS)
    found = _own(work, search_id)
    criteria = Criteria.model_validate(found.criteria)
    rows = search_products(work, **criteria.asked(), size=LOOKED_THROUGH).rows
    new: int = work.session.execute(
        text(
            "select count(distinct v.product_id) from offers o join product_variants v on v.id = o.variant_id"
            " where v.product_id = any(:products) and o.state = 'published' and o.published_at > :since"
        ),
        {"products": [row.product_id for row in rows], "since": found.looked_at},
    ).scalar_one()
    found.looked_at = work.now
    if new:
        work.record(
            NewProductsFound(subject_id=search_id, buyer_id=work.actor.org_id, person_id=found.person_id, products=new)
        )
    return new


def searches_due(work: Work, *, limit: int = 500) -> list[tuple[UUID, str]]:
    """Searches whose person wants to hear of new products and has not for a day: (search, the person's e-mail); for
    the worker."""
    if not work.actor.is_system:
        raise NotFound
    rows = work.session.execute(
        text(
            "select s.id, p.email from saved_searches s join people p on p.id = s.person_id and p.state = 'active'"
            " join memberships m on m.person_id = s.person_id and m.org_id = s.org_id and m.state = 'active'"
            " where s.tells and s.looked_at < cast(:now as timestamptz) - interval '24 hours'"
            " order by s.looked_at, s.id limit :limit"
        ),
        {"now": work.now, "limit": limit},
    )
    return [(row.id, row.email) for row in rows]


def forget_searches_of(work: Work, *, person_id: UUID) -> None:
    """Delete what a person has searched for and kept, as a part of the erasure of the person (system only)."""
    if not work.actor.is_system:
        raise NotFound
    work.session.execute(text("delete from saved_searches where person_id = :person"), {"person": person_id})


def my_searches(work: Work) -> list[SavedSearchRow]:
    """One's own kept searches, the newest first."""
    work.actor.require(Permission.SEARCH_PRODUCTS)
    rows = work.session.scalars(
        select(SavedSearch)
        .where(SavedSearch.org_id == work.actor.require_org(), SavedSearch.person_id == work.actor.user_id)
        .order_by(SavedSearch.created_at.desc(), SavedSearch.id)
    )
    return [
        SavedSearchRow(search_id=row.id, name=row.name, criteria=Criteria.model_validate(row.criteria), tells=row.tells)
        for row in rows
    ]


def recently_viewed(work: Work, *, limit: int = 8) -> list[ViewedProduct]:
    """The products whose page one opened last and that one can still buy, the last one first."""
    work.actor.require(Permission.SEARCH_PRODUCTS)
    work.actor.require_self()
    rows: Any = work.session.execute(
        text(
            "select p.id as product_id, p.name, p.brand, p.picture_file_id, w.viewed_at"
            " from my_viewed_products(40) w join products p on p.id = w.product_id and p.history_id is null"
            " where exists (select 1 from product_variants v join offers o on o.variant_id = v.id"
            "   where v.product_id = p.id and o.state = 'published'"
            "   and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id)))"
            " order by w.viewed_at desc, p.id limit :limit"
        ),
        {"limit": limit},
    )
    return [ViewedProduct.model_validate(row._asdict()) for row in rows]


def _own(work: Work, search_id: UUID) -> SavedSearch:
    found = work.session.scalar(
        select(SavedSearch)
        .where(SavedSearch.id == search_id, SavedSearch.org_id == work.actor.require_org())
        .where(SavedSearch.person_id == work.actor.user_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    return found
