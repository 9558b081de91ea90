"""From an order into one's own store: accepted goods are put away once, and files say what a store sold.

What is put into a store are the units that were accepted and not put anywhere yet, so putting away twice does nothing
the second time, and parts that are accepted later follow. A product that was bought from several sellers is one thing
in the store: the variant.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import ClassVar
from uuid import UUID

from sqlalchemy import text

from domain import identity, stock
from domain.identity import OrgKind, Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import Event
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.orders.models import OrderLine
from domain.orders.steps import locked
from domain.orders.views import BadSale, StoreSalesSheet, ToPutAway
from domain.stock import Arrival, Sale

LARGEST_FILE = 2_000_000
LINES_MOST = 5_000
_MICRO = Decimal("0.000001")
_TITLES = {
    "code": ("sku", "gtin", "ean", "barcode", "article", "article number", "item", "product", "code"),
    "quantity": ("quantity", "qty", "units", "sold", "pieces", "amount sold"),
    "day": ("day", "date", "sold on", "sold_on", "sale date"),
}


class NothingToPutAway(Conflict):
    """All that was accepted lies in a store already, or nothing was accepted yet."""


@dataclass(frozen=True, kw_only=True)
class StoreStocked(Event):
    subject: ClassVar[str] = "order"
    receipt_id: UUID
    location_id: UUID
    units: int


@dataclass(frozen=True, kw_only=True)
class StoreSalesTaken(Event):
    subject: ClassVar[str] = "location"
    lines: int
    units: int
    skipped: int


def to_put_away(work: Work, *, page: int = 1, size: int = 25) -> tuple[list[ToPutAway], int]:
    """One's own orders with accepted goods that lie in no store yet, the latest first: one page, and how many."""
    work.actor.require(Permission.SEE_STOCK)
    work.actor.require(Permission.SEE_PURCHASES)
    reach = identity.reach_of(work)
    rows = work.session.execute(
        text(
            "select o.id as order_id, o.number, o.seller_name, o.site_id, s.name as site_name, o.delivered_at,"
            " count(*) as lines, sum(l.accepted - coalesce(p.units, 0))::bigint as units, count(*) over () as total"
            " from supplier_orders o join order_lines l on l.order_id = o.id"
            " left join sites s on s.id = o.site_id and s.org_id = o.buyer_id"
            " left join lateral (select sum(quantity) as units from store_receipt_lines where line_id = l.id) p on true"
            " where o.buyer_id = :me and o.origin = 'live' and l.accepted > coalesce(p.units, 0)"
            " and (cast(:stores as uuid[]) is null or o.site_id = any(:stores))"
            " group by o.id, s.name order by o.delivered_at desc nulls last, o.number desc limit :size offset :skip"
        ),
        {
            "me": work.actor.require_org(), "size": size, "skip": (max(page, 1) - 1) * size,
            "stores": None if reach.stores is None else list(reach.stores),
        },
    ).all()  # fmt: skip
    return [ToPutAway.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def put_into_store(work: Work, *, request_id: UUID, order_id: UUID, location_id: UUID | None = None) -> int:
    """Put the accepted goods of an order into the store that it was sent to, at what they cost. Returns the units.

    A distributor says into which warehouse. Raises `NothingToPutAway`, `NotFound` for orders and places of others, and
    `Invalid` when it has to be said where. Announces `StoreStocked`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    order, lines = locked(work, order_id, side="buyer")
    put: dict[UUID, int] = {
        row.line_id: row.units
        for row in work.session.execute(
            text(
                "select line_id, sum(quantity)::bigint as units from store_receipt_lines"
                " where line_id = any(:lines) group by 1"
            ),
            {"lines": [line.id for line in lines]},
        )
    }
    waiting = [(line, line.accepted - put.get(line.id, 0)) for line in lines if line.accepted > put.get(line.id, 0)]
    if not waiting:
        raise NothingToPutAway("Everything that you accepted of this order lies in your store already.")
    location_id = location_id or _store_of(work, order.site_id)
    receipt_id = new_id()
    facts = {"id": receipt_id, "org_id": order.buyer_id}
    stock.put_away(
        work, location_id=location_id, cause_id=receipt_id,
        arrivals=[
            Arrival(line.variant_id, units, _cost(line), line.currency)
            for line, units in waiting
        ],
    )  # fmt: skip
    work.session.execute(
        text(
            "insert into store_receipts (id, org_id, order_id, location_id, put_by, put_at)"
            " values (:id, :org_id, :order_id, :location_id, :me, :now)"
        ),
        facts | {"order_id": order_id, "location_id": location_id, "me": work.actor.user_id, "now": work.now},
    )
    work.session.execute(
        text(
            "insert into store_receipt_lines (receipt_id, line_id, org_id, variant_id, quantity)"
            " select :id, line_id, :org_id, variant_id, quantity from unnest(cast(:lines as uuid[]),"
            " cast(:variants as uuid[]), cast(:quantities as bigint[])) as n(line_id, variant_id, quantity)"
        ),
        facts
        | {
            "lines": [line.id for line, _ in waiting], "variants": [line.variant_id for line, _ in waiting],
            "quantities": [units for _, units in waiting],
        },
    )  # fmt: skip
    units = sum(units for _, units in waiting)
    # Where a buyer keeps the goods is none of the seller's business, so the event names the buyer alone.
    work.record(
        StoreStocked(subject_id=order.id, buyer_id=order.buyer_id, receipt_id=receipt_id, location_id=location_id,
                     units=units)
    )  # fmt: skip
    return units


def read_store_sales(work: Work, *, location_id: UUID, content: str) -> StoreSalesSheet:
    """What a file says that a store sold: the lines that can be taken in, and the others by number with the reason.

    A file has a header and names a product by the SKU of whoever it was bought from or by its barcode. Raises `Invalid`
    for a file without these columns or with too much in it.
    """
    work.actor.require(Permission.SEE_STOCK)
    _own_store(work, location_id)
    if len(content) > LARGEST_FILE:
        raise Invalid(f"A file of sales has up to {LARGEST_FILE // 1_000_000} MB.")
    known = _known_codes(work)
    here = _free_here(work, location_id)
    good: list[Sale] = []
    bad: list[BadSale] = []
    today = work.now.date()
    lines = list(_lines(content))
    for number, code, quantity, day in lines:
        found, why = known.get(code.upper().lstrip("0") or code.upper(), ()), ""
        sold_on, units = _day(day), _units(quantity)
        if not code:
            why = "The product is missing."
        elif not found:
            why = f"No product in your stock or orders has the code {code[:40]}."
        elif len(found) > 1:
            why = f"Several products have the code {code[:40]}; write the barcode."
        elif sold_on is None:
            why = f"“{day[:20]}” is not a day; write it as 2026-11-30."
        elif not today - timedelta(days=stock.OLDEST_SALE_DAYS) <= sold_on <= today + timedelta(days=1):
            why = f"{sold_on} is not a day of the last year."
        elif units is None:
            why = f"“{quantity[:20]}” is not a whole number of units above zero."
        else:
            variant_id = next(iter(found))
            if here.get(variant_id, 0) < units:
                why = f"Only {here.get(variant_id, 0):,} of {code[:40]} are left in this store. Count it first."
            else:
                here[variant_id] -= units
                good.append(Sale(variant_id, sold_on, units))
                continue
        bad.append(BadSale(line=number, why=why))
    if not good and not bad:
        raise Invalid("There are no lines below the header.")
    # What the lines say, and not how it is written: saved anew by a spreadsheet it is the same file.
    said = sorted((code.upper(), quantity, day) for _, code, quantity, day in lines)
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    return StoreSalesSheet(
        sales=tuple((sale.variant_id, sale.sold_on, sale.quantity) for sale in good), bad=tuple(bad),
        units=sum(sale.quantity for sale in good), content_hash=digest,
        is_known=stock.is_taken_in(work, location_id=location_id, content_hash=digest),
    )  # fmt: skip


def take_store_sales(
    work: Work, *, request_id: UUID, location_id: UUID, content: str, skip_bad: bool = False
) -> int:
    """Take a file of what a store sold out of its stock, once. Returns the units.

    Raises `Conflict` for a file that was taken in before, and `Invalid` when there are bad lines and they are not to be
    skipped, or nothing is left. Announces `StoreSalesTaken`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    sheet = read_store_sales(work, location_id=location_id, content=content)
    if sheet.is_known:
        raise Conflict("This file was taken in before, so its sales are counted already.")
    if sheet.bad and not skip_bad:
        first = sheet.bad[0]
        raise Invalid(f"{len(sheet.bad):,} lines cannot be taken in; line {first.line}: {first.why}")
    if not sheet.sales:
        raise Invalid("No line of this file can be taken in.")
    units = stock.take_in_sales(
        work, request_id=request_id, location_id=location_id, sales=[Sale(*sale) for sale in sheet.sales],
        content_hash=sheet.content_hash,
    )  # fmt: skip
    work.record(
        StoreSalesTaken(subject_id=location_id, buyer_id=work.actor.org_id, lines=len(sheet.sales), units=units,
                        skipped=len(sheet.bad))
    )  # fmt: skip
    return units


def sell_from_store(
    work: Work, *, request_id: UUID, location_id: UUID, variant_id: UUID, quantity: int, sold_on: date
) -> None:
    """Note by hand that a store sold something on a day. Raises `stock.OutOfStock`, `NotFound`, `Invalid`."""
    work.actor.require(Permission.MANAGE_STOCK)
    _own_store(work, location_id)
    stock.take_in_sales(
        work, request_id=request_id, location_id=location_id, sales=[Sale(variant_id, sold_on, quantity)]
    )


def _cost(line: OrderLine) -> Decimal:
    """What one unit cost, without tax and shipping."""
    return (line.goods / line.ordered).quantize(_MICRO, ROUND_HALF_EVEN)


def _store_of(work: Work, site_id: UUID | None) -> UUID:
    if work.actor.org_kind != OrgKind.RETAILER or site_id is None:
        raise Invalid("Choose the warehouse that the goods lie in.")
    return stock.store_at(work, site_id=site_id)


def _own_store(work: Work, location_id: UUID) -> None:
    if location_id not in {place.location_id for place in stock.store_places(work)}:
        raise NotFound


def _lines(content: str) -> Iterator[tuple[int, str, str, str]]:
    """Line number, code, quantity and day of each line below the header; the day may be missing (today)."""
    head = content.lstrip("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(content.lstrip("\ufeff"), newline=""), delimiter=delimiter)
    try:
        titles = [title.strip().lower() for title in next(reader, [])]
        places = {
            field: next((titles.index(word) for word in words if word in titles), None)
            for field, words in _TITLES.items()
        }
        if places["code"] is None or places["quantity"] is None or places["day"] is None:
            raise Invalid("The first line must name the columns: sku (or gtin), quantity and day.")
        for count, row in enumerate(reader):
            if count >= LINES_MOST:
                raise Invalid(f"A file of sales has up to {LINES_MOST:,} lines; please split it.")
            if any(cell.strip() for cell in row):
                code, quantity, day = (
                    row[place].strip() if place is not None and place < len(row) else ""
                    for place in (places["code"], places["quantity"], places["day"])
                )
                yield reader.line_num, code, quantity, day
    except csv.Error as problem:
        raise Invalid(f"Line {reader.line_num} cannot be read: {problem}.") from problem


def _known_codes(work: Work) -> dict[str, frozenset[UUID]]:
    """The variants of one's stock and purchases by what people call them: sellers' SKUs and barcodes."""
    rows = work.session.execute(
        text(
            "with mine as (select variant_id from stock_balances where org_id = :me union"
            "   select variant_id from order_lines where buyer_id = :me)"
            " select l.sku as code, l.variant_id from order_lines l where l.buyer_id = :me"
            " union select v.gtin, v.id from product_variants v join mine on mine.variant_id = v.id"
            "   where v.gtin is not null"
        ),
        {"me": work.actor.require_org()},
    )
    known: dict[str, set[UUID]] = {}
    for row in rows:
        code = row.code.strip().upper()
        known.setdefault(code.lstrip("0") or code, set()).add(row.variant_id)
    return {code: frozenset(variants) for code, variants in known.items()}


def _free_here(work: Work, location_id: UUID) -> dict[UUID, int]:
    return {line.variant_id: line.available for line in stock.stock_lines(work, location_id=location_id)}


def _day(written: str) -> date | None:
    for pattern in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y%m%d"):
        try:
            return datetime.strptime(written, pattern).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return None


def _units(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and 0 < len(written) < 10 and int(written) else None
