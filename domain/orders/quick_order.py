"""Quick order: lines of article numbers and quantities become offers, or say what is wrong and what could serve."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from domain import discovery, pricing
from domain.identity import Permission
from domain.kernel.errors import Invalid
from domain.kernel.quantities import LARGEST
from domain.kernel.work import Work
from domain.orders.quick_lines import MOST_LINES, MOST_SIGNS, Asked, parse_lines
from domain.orders.views import QuickLine, QuickOrder, Substitute

_LOOKED_FOR = 60  # lines without a match that substitutes are looked for; each costs a look at similar names
_EACH = 3


def read_quick_order(work: Work, *, pasted: str) -> QuickOrder:
    """What pasted lines mean: SKU or barcode with a quantity, in base units or packs ("2 case"), line by line.

    A line is found (one offer), ambiguous (several sellers: choose), unknown or wrong; unknown ones and those that the
    seller has too few of come with substitutes: other sellers of the same thing, else names that are spelled alike.
    The statements do not grow with the lines. Raises `Invalid` for no or more than 1,000 lines.
    """
    work.actor.require(Permission.FILL_BASKET)
    work.actor.require(Permission.SEARCH_PRODUCTS)
    if len(pasted) > MOST_SIGNS:
        raise Invalid(f"A quick order takes at most {MOST_LINES:,} lines; this is longer.")
    asked = parse_lines(pasted)
    if not asked:
        raise Invalid("Please paste lines with an article number and a quantity.")
    if len(asked) > MOST_LINES:
        raise Invalid(f"A quick order takes at most {MOST_LINES:,} lines; these are {len(asked):,}.")
    matches = _matches(work, {line.code.lower() for line in asked if line.why is None})
    missing = [line for line in asked if line.why is None and not matches.get(line.code.lower())]
    elsewhere = _elsewhere(work, missing)
    offers = {row.offer_id: row for rows in (*matches.values(), *elsewhere.values()) for row in rows}
    counts = dict.fromkeys(offers, 0)  # lines of one offer count together, as they will in the basket
    for line in asked:
        for row in matches.get(line.code.lower(), []):
            counts[row.offer_id] += line.count * (_size(row, line.pack) or 1)
    asked_for = {offer_id: max(1, min(LARGEST, count)) for offer_id, count in counts.items()}
    prices = pricing.resolve(work, quantities=asked_for)
    told = discovery.shown_stock(
        work, available={row.offer_id: (row.seller_id, row.available) for row in offers.values()}
    )

    def as_substitutes(rows: Sequence[Any]) -> list[Substitute]:
        known = [row for row in rows if row.offer_id in prices]
        known.sort(key=lambda row: (told[row.offer_id].word == "out", prices[row.offer_id].unit_price, row.sku))
        return [
            Substitute(
                offer_id=row.offer_id, product_id=row.product_id, name=row.name, seller_name=row.seller_name,
                sku=row.sku, currency=row.currency, unit_price=prices[row.offer_id].unit_price,
                stock=told[row.offer_id].word, available=told[row.offer_id].units, packs=row.packs or {},
            )
            for row in known[:8]
        ]  # fmt: skip

    lines = []
    for line in asked:
        rows = [row for row in matches.get(line.code.lower(), []) if row.offer_id in prices]
        lines.append(_line(line, rows, as_substitutes(rows or elsewhere.get(line.line_no, []))))
    return QuickOrder(lines=lines)


def _line(line: Asked, rows: Sequence[Any], substitutes: list[Substitute]) -> QuickLine:
    facts: dict[str, Any] = {
        "line_no": line.line_no, "typed": line.typed, "code": line.code, "count": line.count, "pack": line.pack,
        "offer_id": None, "quantity": None, "why": line.why, "substitutes": substitutes,
    }  # fmt: skip
    if line.why is not None:
        return QuickLine(**facts | {"state": "wrong", "substitutes": []})
    if not rows:
        why = "Nobody sells this article number" + ("; did you mean one of these?" if substitutes else ".")
        return QuickLine(**facts | {"state": "unknown", "why": why})
    if len(rows) > 1:
        return QuickLine(
            **facts | {"state": "ambiguous", "why": f"{len(rows)} offers have this number. Please choose."}
        )
    [row] = rows
    size = _size(row, line.pack)
    if size is None:
        packs = ", ".join(f"{name} of {units:,}" for name, units in (row.packs or {}).items())
        why = f"This is not sold by the {line.pack}" + (f"; packs: {packs}." if packs else ", only by the unit.")
        return QuickLine(**facts | {"state": "wrong", "why": why, "substitutes": []})
    quantity = line.count * size
    if quantity > LARGEST:
        return QuickLine(**facts | {"state": "wrong", "why": "The quantity is too large.", "substitutes": []})
    why = ""
    if quantity < row.minimum_quantity:
        why = f"The smallest order is {row.minimum_quantity:,}."
    elif quantity % row.order_increment:
        why = f"This is sold in steps of {row.order_increment:,}."
    elif row.available < quantity:
        why = "Fewer are in stock than you want."
    return QuickLine(**facts | {"state": "found", "offer_id": row.offer_id, "quantity": quantity, "why": why or None})


def units_of(count: int, pack: str, packs: Mapping[str, int]) -> int | None:
    """How many base units a count of packs is, or None for a pack that this is not sold in."""
    size = _named(pack, packs)
    return None if size is None else count * size


def _size(row: Any, pack: str) -> int | None:
    return _named(pack, row.packs or {})


def _named(pack: str, packs: Mapping[str, int]) -> int | None:
    if not pack:
        return 1
    for name, units in packs.items():
        known = name.lower()
        if pack in (known, f"{known}s", f"{known}es") or known in (f"{pack}s", f"{pack}es"):
            return units
    return None


_OFFER = (
    " o.id as offer_id, o.seller_id, o.sku, o.currency, o.minimum_quantity, o.order_increment, o.variant_id,"
    " s.name as seller_name, p.id as product_id,"
    " case v.name when 'Standard' then p.name else p.name || ', ' || v.name end as name,"
    " (select jsonb_object_agg(k.name, k.base_units) from offer_packs k where k.offer_id = o.id) as packs"
)
_SOLD = (
    " join organizations s on s.id = o.seller_id and s.state = 'active'"
    " where o.state = 'published' and o.seller_id <> :me and p.history_id is null"
    " and (o.audience = 'everybody' or offer_is_shown(o.id, o.audience, o.seller_id))"
)
_STOCKED = (
    " select f.*, coalesce(a.available, 0) as available from found f"
    " left join stock_available((select array_agg(offer_id) from found), :now) a on a.offer_id = f.offer_id"
)
_MATCHES = text(
    "with found as materialized (select a.code," + _OFFER + " from offers_by_number(cast(:codes as text[])) a"
    " join offers o on o.id = a.offer_id join product_variants v on v.id = o.variant_id"
    " join products p on p.id = v.product_id" + _SOLD + ")" + _STOCKED
)


def _matches(work: Work, codes: set[str]) -> dict[str, list[Any]]:
    """The offers of each number; SKUs of one's suppliers of before come first when several sellers use one."""
    found: dict[str, list[Any]] = defaultdict(list)
    if codes:
        facts = {"codes": sorted(codes), "me": work.actor.require_org(), "now": work.now}
        for row in work.session.execute(_MATCHES, facts):
            found[row.code].append(row)
    return found


# Other sellers of what was bought under this number before, and what is spelled like the words or the number.
_ELSEWHERE = text(
    "with asked as materialized (select * from unnest(cast(:lines as bigint[]), cast(:codes as text[]))"
    "   t(line_no, code)"
    "), bought as (select distinct a.line_no, l.variant_id from asked a join order_lines l"
    "   on l.buyer_id = :me and lower(l.sku) = a.code"
    "), wanted as (select b.line_no, v.id as variant_id, 0::real as distance from bought b"
    "   join product_variants g on g.id = b.variant_id"
    "   join product_variants v on v.id = g.id or (g.gtin is not null and v.gtin = g.gtin)"
    "   union all select k.line_no, v.id, k.distance from products_alike(cast(:lines as bigint[]),"
    "     cast(:words as text[])) k join product_variants v on v.product_id = k.product_id"
    "), found as materialized (select distinct on (w.line_no, o.id) w.line_no, w.distance," + _OFFER + " from wanted w"
    " join product_variants v on v.id = w.variant_id join products p on p.id = v.product_id"
    " join offers o on o.variant_id = v.id" + _SOLD + " order by w.line_no, o.id, w.distance)"
    " select f.*, coalesce(a.available, 0) as available from found f"
    " left join stock_available((select array_agg(distinct offer_id) from found), :now) a on a.offer_id = f.offer_id"
    " order by f.line_no, f.distance, f.offer_id"
)


def _elsewhere(work: Work, missing: Sequence[Asked]) -> dict[int, list[Any]]:
    looked = missing[:_LOOKED_FOR]
    found: dict[int, list[Any]] = defaultdict(list)
    if looked:
        facts = {
            "lines": [line.line_no for line in looked], "codes": [line.code.lower() for line in looked],
            "words": [line.words or _speaking(line.code) for line in looked],
            "me": work.actor.require_org(), "now": work.now,
        }  # fmt: skip
        for row in work.session.execute(_ELSEWHERE, facts):
            if len(found[row.line_no]) < _EACH:
                found[row.line_no].append(row)
    return found


def _speaking(code: str) -> str:
    """Words in a number that say something, so that names can be compared with them; digits alone do not."""
    return " ".join(part for part in code.replace("-", " ").replace("_", " ").split() if not part.isdigit())
