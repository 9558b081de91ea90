"""Search: words, numbers and filters in, one page of products with this buyer's prices out.

Two questions, whatever comes in: what the words are (`search_terms`: stems, how rare each is, how it may have been
meant), and the page: which products and facets (`search_page`: BM25 over at most `CANDIDATES` products), what the shown
rows say, read under row-level security, and what decides their prices, which `pricing` works out.

What was tried for the ranking on judged queries stands beside the bench (`app/benches/search_quality.py`).
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import pricing
from domain.discovery.stock_display import display_of, may_be_told, told
from domain.discovery.views import Facet, Facets, NumberHit, ProductRow, ResultPage, Why
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import Work
from domain.verification import CERTIFICATES, Requirement

CANDIDATES = 2000
LONGEST = 200
TERMS = 6
ORDERS = ("relevance", "price", "lead_time", "name")
LIKE_FROM = 3  # fewer letters are alike with everything


@dataclass(frozen=True, slots=True)
class _Term:
    """A word as it is looked for, and how rare it is."""

    place: int
    lexeme: str
    weight: float
    kind: str
    instead_of: str | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody looks for, understood: `all_words` and `any_word` are queries, `terms` are what is ranked."""

    all_words: str | None = None
    any_word: str | None = None
    terms: tuple[_Term, ...] = ()
    average: float = 1.0
    numbers: tuple[str, ...] | None = None
    like: str | None = None


_TERMS = text(
    "select t.place, t.lexeme, t.documents, t.kind, t.instead_of, n.documents as products, n.average,"
    " search_number(:whole) as number"
    " from search_size() n left join search_terms(:find) t on true"
)
# The page and what it shows in one statement: for each product its best offer among those that passed the filters, how
# its seller shows stock to whoever asks, and what decides its price; what is told of the whole page stands in each row,
# the facets in the first.
#
# Among too many candidates what passes the filters may be missing, so the filters choose the candidates (`push`); the
# facets stay those of all.
_PAGE = text("""
    with wide as materialized (
        select * from search_page(
            cast(:all_words as tsquery), cast(:any_word as tsquery), cast(:terms as tsquery[]),
            cast(:weights as float8[]), :average, :like, cast(:numbers as text[]), false, cast(:filters as jsonb),
            :order, :size, :skip, :candidates, :now)
    ), found as materialized (
        select w.* from wide w where not (w.capped and :push)
        union all
        select n.total, n.capped, n.how, n.products, n.places, n.offers, n.tiers, n.ranks, n.hits, w.facets
        from wide w cross join lateral search_page(
            cast(:all_words as tsquery), cast(:any_word as tsquery), cast(:terms as tsquery[]),
            cast(:weights as float8[]), :average, :like, cast(:numbers as text[]), true, cast(:filters as jsonb),
            :order, :size, :skip, :candidates, :now) n
        where w.capped and :push
        limit 1  -- said to the planner, or it takes no plan for all searches
    ), wanted as materialized (
        select w.* from found f cross join lateral unnest(f.products, f.places, f.offers, f.tiers, f.ranks, f.hits)
            as w(product_id, place, offer_id, tier, rank, hits)
    ), stocked as materialized (
        select w.*, o.seller_id, o.sku, o.currency, o.minimum_quantity, o.order_increment, o.lead_time_days,
               coalesce(a.available, 0) as available, t.from_price, t.quantities, t.prices
        from wanted w join offers o on o.id = w.offer_id and o.state = 'published'
        left join stock_available(array(select k.offer_id from wanted k), :now) a on a.offer_id = o.id
        cross join lateral (
            select min(t.unit_price) as from_price,
                   array_agg(t.minimum_quantity order by t.minimum_quantity) as quantities,
                   array_agg(t.unit_price order by t.minimum_quantity) as prices
            from price_tiers t where t.offer_id = o.id and t.valid_to is null) t
    ), best as materialized (
        select distinct on (product_id) *, count(*) over (partition by product_id) as offers,
               (select count(distinct x.seller_id) from stocked x where x.product_id = s.product_id) as sellers
        from stocked s where from_price is not null
        order by product_id, case when :cheapest then 0 else (available >= minimum_quantity)::int end desc, from_price,
                 offer_id
    ), shown as materialized (
        select b.*, p.name, p.brand, c.name as category, p.base_unit, p.picture_file_id, p.external_id,
               s.name as seller_name, d.display, d.few_below, x.ladder, x.floor, x.rules
        from best b join products p on p.id = b.product_id join organizations s on s.id = b.seller_id
        left join categories c on c.id = p.category_id
        left join stock_displays_for_me(array(select distinct k.seller_id from stocked k), :day) d
            on d.seller_id = b.seller_id
        left join price_terms(array(select cast(:me as uuid) from best), array(select k.offer_id from best k), :now) x
            on x.offer_id = b.offer_id
    )
    select f.total, f.capped, f.how,
           case when s.place is not distinct from (select min(k.place) from shown k) then f.facets end as facets, s.*,
           s.minimum_quantity as quantity
    from found f left join shown s on true order by s.place
""")


def search_products(
    work: Work,
    *,
    find: str = "",
    category_id: UUID | None = None,
    seller_id: UUID | None = None,
    max_minimum_quantity: int | None = None,
    max_lead_time_days: int | None = None,
    in_stock: bool = False,
    certificate: Requirement | None = None,
    min_level: int | None = None,
    country: str | None = None,
    price_from: Decimal | None = None,
    price_to: Decimal | None = None,
    currency: str = "EUR",
    options: dict[str, str] | None = None,
    order: str = "relevance",
    page: int = 1,
    size: int = 24,
) -> ResultPage:
    """One page of products with the best offer of each at this buyer's price, and facets over all candidates.

    A product is kept when one of its offers passes all filters together; `options` ("Colour": "Red") are those of
    one variant. With a `certificate` only offers of sellers whose certificate of that kind holds today and covers
    the product. `min_level` and the counts of levels and stock are those of the last count (`count_words`), minutes
    ago. Prices are filtered in `currency`, by the lowest list price.

    Raises `Invalid` for an order or a certificate that there is not.
    """
    work.actor.require(Permission.SEARCH_PRODUCTS)
    if certificate is not None and Requirement(certificate) not in CERTIFICATES:
        raise Invalid("Results can be kept to what a certificate covers.")
    if order not in ORDERS:
        raise Invalid(f"Results can be ordered by {', '.join(ORDERS)}.")
    filters = {
        "category": category_id, "seller": seller_id, "minimum": max_minimum_quantity, "lead": max_lead_time_days,
        "stock": in_stock or None, "certificate": certificate, "level": min_level, "country": country,
        "price_from": price_from, "price_to": price_to, "options": options or None,
    }  # fmt: skip
    kept = {name: value for name, value in filters.items() if value is not None}
    asked = _understand(work, find)
    facts: dict[str, Any] = {
        "all_words": asked.all_words,
        "any_word": asked.any_word,
        "terms": [_quoted(term.lexeme) for term in asked.terms],
        "weights": [term.weight for term in asked.terms],
        "average": asked.average,
        "like": asked.like,
        "numbers": None if asked.numbers is None else list(asked.numbers),
        "push": bool(kept) and asked.all_words is not None,
        "filters": json.dumps(kept | {"currency": currency}, default=str),
        "order": order,
        "cheapest": order == "price",
        "size": size,
        "skip": (max(page, 1) - 1) * size,
        "candidates": CANDIDATES,
        "now": work.now,
        "day": work.now.date(),
        "me": work.actor.org_id,
    }
    answer = work.session.execute(_PAGE, facts)
    names, rows = tuple(answer.keys()), answer.all()
    found = rows[0]
    facets = found.facets or {}
    return ResultPage(
        rows=_shown(work, names, [row for row in rows if row.product_id is not None], asked),
        total=found.total or 0,
        counted_to=CANDIDATES,
        is_capped=bool(found.capped),
        categories=[Facet.model_validate(facet) for facet in facets.get("categories") or []],
        suppliers=[Facet.model_validate(facet) for facet in facets.get("suppliers") or []],
        facets=_facets(facets, kept),
        how=found.how,
        did_you_mean=_meant(find, asked),
    )


_BY_NUMBER = text(
    "select offer_id, product_id, variant_id, seller_id, sku, gtin, matched from search_by_number(:number)"
)


def find_by_number(work: Work, *, number: str) -> list[NumberHit]:
    """Offers with a number: a SKU in any case, a barcode with or without leading zeros, or the product's own number.

    For the scan box and the quick order; at most 50, those whose SKU it is first.
    """
    work.actor.require(Permission.SEARCH_PRODUCTS)
    number = number.replace("\0", "").strip()[:LONGEST]
    if not number:
        return []
    return [NumberHit.model_validate(row._asdict()) for row in work.session.execute(_BY_NUMBER, {"number": number})]


# --- what was asked ----------------------------------------------------------------------------


def _understand(work: Work, find: str) -> _Asked:
    """Stems, their weights by how rare they are, and the ways in which a word may have been meant."""
    find = " ".join(find.replace("\0", " ").split())[:LONGEST]
    if not find:
        return _Asked()
    rows = work.session.execute(_TERMS, {"find": find, "whole": find}).all()
    products, average = rows[0].products, rows[0].average
    weights = {row.place: _weight(products, row.documents) for row in rows if row.kind == "asked"}
    terms = [
        # Two words written as one say as much as either of them, however rare that spelling is.
        _Term(row.place, row.lexeme, _joined(weights, row.place) if row.kind == "joined" else
              _weight(products, row.documents), row.kind, row.instead_of)
        for row in rows
        if row.lexeme is not None
    ]  # fmt: skip
    numbers = (rows[0].number,)
    like = find if len(find) >= LIKE_FROM else None
    plain = [term for term in terms if term.kind == "asked"]
    if not plain:
        return _Asked(numbers=numbers, like=like or find)
    # The rarest words say most; a long text is looked for by those.
    ranked = sorted(terms, key=lambda term: (-term.weight, term.place, term.lexeme))[:TERMS]
    return _Asked(
        all_words=_all(terms), any_word=" | ".join(dict.fromkeys(_quoted(term.lexeme) for term in ranked)),
        terms=tuple(sorted(ranked, key=lambda term: (term.place, term.kind, term.lexeme))), average=average,
        numbers=numbers, like=like,
    )  # fmt: skip


def _weight(products: int, documents: int) -> float:
    """BM25's: how much it says of a product that it has a word which `documents` of all `products` have."""
    return math.log(1 + (max(products, documents) - documents + 0.5) / (documents + 0.5))


def _joined(weights: dict[int, float], place: int) -> float:
    return (weights.get(place, 0) + weights.get(place + 1, 0)) / 2


def _all(terms: list[_Term]) -> str:
    """Every word, each in one of the ways in which it may have been meant."""
    ways: list[str] = []
    joined = {term.place: term.lexeme for term in terms if term.kind == "joined"}
    places = [term.place for term in terms if term.kind == "asked"]
    words = {term.place: term for term in terms if term.kind == "asked"}
    alike = {term.place: term for term in terms if term.kind == "alike"}
    at = 0
    while at < len(places):
        place = places[at]
        way = _ways(words[place], alike.get(place))
        following = places[at + 1] if at + 1 < len(places) else None
        if place in joined and following == place + 1:
            way = f"(({way} & {_ways(words[following], alike.get(following))}) | {_quoted(joined[place])})"
            at += 1
        ways.append(way)
        at += 1
    return " & ".join(ways)


def _ways(term: _Term, alike: _Term | None) -> str:
    return _quoted(term.lexeme) if alike is None else f"({_quoted(term.lexeme)} | {_quoted(alike.lexeme)})"


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def _meant(find: str, asked: _Asked) -> str | None:
    """The search as it was probably meant, when words were taken for others."""
    instead = {term.instead_of: term.lexeme for term in asked.terms if term.kind == "alike" and term.instead_of}
    if not instead:
        return None
    words = [instead.get(word.lower(), word) for word in find.split()]
    return " ".join(words) if words != find.split() else " ".join(instead.values())


# --- what is shown -----------------------------------------------------------------------------


def _shown(work: Work, names: tuple[str, ...], rows: Sequence[Any], asked: _Asked) -> list[ProductRow]:
    if not rows:
        return []
    may_be_told(work)
    prices = pricing.shown_prices(work, rows)
    shown = []
    for row in rows:
        price, list_price = prices.get(row.offer_id, (None, None))
        stock = told(row.available, *display_of(row.display, row.few_below))
        shown.append(
            ProductRow.model_validate(
                dict(zip(names, row, strict=True))
                | stock.told
                | {
                    "price": price,
                    "list_price": list_price,
                    "why": _why(row, asked, stock.word),
                }
            )
        )
    return shown


def _why(row: Any, asked: _Asked, stock: str) -> Why:
    words = [term.lexeme for bit, term in enumerate(asked.terms) if row.hits >> bit & 1]
    return Why(
        is_number=row.tier == 3,
        is_alike=row.tier == 0,
        has_all=row.tier == 2 and bool(asked.terms),
        words=list(dict.fromkeys(words)),
        score=row.rank,
        in_stock=stock in ("in_stock", "few_left"),
    )


def _facets(counts: dict[str, Any], kept: dict[str, Any]) -> Facets:
    def upwards(name: str, limits: tuple[int, ...], chosen: Any, label: str) -> list[Facet]:
        return [
            Facet(
                value=str(limit), label=label.format(limit), count=counts[f"{name}_{limit}"], selected=chosen == limit
            )
            for limit in limits
            if counts.get(f"{name}_{limit}")
        ]

    prices = [
        Facet(
            value=f"{low}-{high}", count=counts[f"price_{low}_{high}"],
            label=f"{low} to {high}" if high and low else f"Up to {high}" if high else f"{low} and more",
            selected=str(kept.get("price_from", "")) == low and str(kept.get("price_to", "")) == high,
        )
        for low, high in (("0", "5"), ("5", "20"), ("20", "100"), ("100", "500"), ("500", ""))
        if counts.get(f"price_{low}_{high}")
    ]  # fmt: skip
    return Facets(
        minimum=upwards("minimum", (1, 10, 50, 100, 500), kept.get("minimum"), "Up to {}"),
        lead_time=upwards("lead", (1, 3, 7, 14, 30), kept.get("lead"), "Up to {} days"),
        price=prices,
        level=upwards("level", (1, 2, 3), kept.get("level"), "Level {} and up"),
        certificates=[
            Facet(value=each["value"], label=each["value"], count=each["count"],
                  selected=each["value"] == kept.get("certificate"))
            for each in counts.get("certificates") or []
        ],
        countries=[
            Facet(value=each["value"], label=each["value"], count=each["count"],
                  selected=each["value"] == kept.get("country"))
            for each in counts.get("countries") or []
        ],
        in_stock=counts.get("stock") or 0,
    )  # fmt: skip


def count_words(work: Work) -> int:
    """Count anew how rare words are, what is in stock and who is verified, for ranking and facets; for the system.

    The worker does it every few minutes; words only when products came, went or changed. Returns the number of
    products.
    """
    if not work.actor.is_system:
        raise NotFound
    # A million products take longer than a request may.
    work.session.execute(text("set local statement_timeout = '15min'"))
    return int(work.session.scalar(text("select search_count(:now)"), {"now": work.now}) or 0)
