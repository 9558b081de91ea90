"""A plain product file from the command line: one line a product, each with its own id, put on sale as it stands.

What the file calls `product_id` stays the product's external id, so that the same file twice brings nothing twice.
Rows are streamed into a temporary table and become products, variants, offers and prices in one statement each.
"""

import csv
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from sqlalchemy import text

from domain import identity
from domain.catalog.uploading.cells import gtin_in
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.events import Event
from domain.kernel.ids import new_id
from domain.kernel.money import currency_code
from domain.kernel.work import Work

NEEDED = ("product_id", "title", "price_cents")
# How the columns of the file are called here; whatever else it has becomes a specification of the product.
KNOWN = ("product_id", "sku", "title", "short_description", "supplier", "ean", "price_cents")
BATCH = 1000
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": " ", "\n": " ", "\r": " ", "\0": " "})


@dataclass(frozen=True, kw_only=True)
class CatalogImported(Event):
    """A whole file of products came in at once; its subject is the seller."""

    subject = "organization"

    products: int


@dataclass(frozen=True, slots=True)
class ImportedCatalog:
    """What came in: new products, those that were here before, and lines that could not be read."""

    products: int
    known: int
    bad: tuple[tuple[int, str], ...]


_STAGE = text(
    "create temporary table staged_catalog (line bigint, external_id text, sku text, name text, description text,"
    " brand text, gtin text, price numeric, specifications jsonb) on commit drop"
)

# Of lines with one id the first counts, and what this seller has brought before is left as it is.
_DOUBLED = text("""
    delete from staged_catalog s using (
        select line, row_number() over (partition by external_id order by line) as place from staged_catalog
    ) d where d.line = s.line and d.place > 1
""")
_KNOWN = text("""
    delete from staged_catalog s using products p
    where p.created_by_org_id = :seller_id and p.history_id is null and p.external_id = s.external_id
""")

# A SKU that stands twice, or that the seller uses already, is told apart by the product's own id.
_SKUS = text("""
    update staged_catalog s set sku = left(s.sku, 60) || ' (' || left(s.external_id, 60) || ')'
    from (select line, count(*) over (partition by sku) > 1 as is_shared from staged_catalog) d
    where d.line = s.line
      and (d.is_shared or exists (select 1 from offers o where o.seller_id = :seller_id and o.sku = s.sku))
""")

_PRODUCTS = text("""
    insert into products (id, created_by_org_id, name, brand, description, base_unit, specifications, external_id,
                          created_at)
    select new_id(:now), :seller_id, name, brand, description, 'piece', specifications, external_id, :now
    from staged_catalog order by line
""")
_VARIANTS = text("""
    insert into product_variants (id, product_id, name, gtin)
    select new_id(:now), p.id, 'Standard', s.gtin
    from staged_catalog s
    join products p on p.created_by_org_id = :seller_id and p.history_id is null and p.external_id = s.external_id
""")
_OFFERS = text("""
    insert into offers (id, seller_id, variant_id, sku, state, currency, minimum_quantity, order_increment,
                        lead_time_days, tax_rate, published_at, created_at)
    select new_id(:now), :seller_id, v.id, s.sku, 'published', :currency, 1, 1, 0, 0, :now, :now
    from staged_catalog s
    join products p on p.created_by_org_id = :seller_id and p.history_id is null and p.external_id = s.external_id
    join product_variants v on v.product_id = p.id
""")
_TIERS = text("""
    insert into price_tiers (id, offer_id, seller_id, minimum_quantity, unit_price, valid_from)
    select new_id(:now), o.id, :seller_id, 1, s.price, :now
    from staged_catalog s join offers o on o.seller_id = :seller_id and o.sku = s.sku
""")


_SELLER = text(
    "select id from organizations where origin = 'live' and kind in ('manufacturer', 'distributor')"
    " and lower(name) = lower(:name) order by created_at, id limit 1"
)


def import_catalog(work: Work, *, path: Path, seller: str, currency: str = "EUR") -> ImportedCatalog:
    """Load a product file (`.csv` or `.csv.gz`) for a seller and put all of it on sale; for the command line.

    A seller of that name who is not here yet is registered as a manufacturer. Columns: product_id, title, price_cents
    and, if known, sku, short_description, supplier, ean; others become specifications. Raises `NotFound` for people,
    `Invalid` when a needed column is missing. Announces `CatalogImported`.
    """
    if not work.actor.is_system:
        raise NotFound
    currency = currency_code(currency)
    seller_id: UUID = work.session.scalar(_SELLER, {"name": seller.strip()}) or identity.register_organization(
        work, request_id=new_id(), kind=identity.OrgKind.MANUFACTURER, name=seller, country_code="DE",
        time_zone="Europe/Berlin", currency=currency,
    )  # fmt: skip
    work.session.flush()
    bad: list[tuple[int, str]] = []
    work.session.execute(text("set local statement_timeout = '1h'"))  # a large file is one statement a table
    work.session.execute(text("drop table if exists pg_temp.staged_catalog"))
    work.session.execute(_STAGE)
    connection: Any = work.session.connection().connection.driver_connection
    with (
        _opened(path) as file,
        connection.cursor() as cursor,
        cursor.copy(
            "copy pg_temp.staged_catalog (line, external_id, sku, name, description, brand, gtin, price,"
            " specifications) from stdin"
        ) as copy,
    ):
        batch: list[str] = []
        for row in _rows(file, bad):
            batch.append(row)
            if len(batch) == BATCH:
                copy.write("".join(batch))
                batch.clear()
        copy.write("".join(batch))
    facts = {"seller_id": seller_id, "currency": currency, "now": work.now}
    work.session.execute(_DOUBLED)
    known = int(getattr(work.session.execute(_KNOWN, facts), "rowcount", 0))
    work.session.execute(_SKUS, facts)
    work.session.execute(text("analyze pg_temp.staged_catalog"))
    products = 0
    for statement in (_PRODUCTS, _VARIANTS, _OFFERS, _TIERS):
        products = int(getattr(work.session.execute(statement, facts), "rowcount", 0))
    if products:
        work.record(CatalogImported(subject_id=seller_id, seller_id=seller_id, products=products))
    return ImportedCatalog(products, known, tuple(bad))


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    with path.open("rb") as raw, gzip.open(raw) if path.suffix == ".gz" else raw as plain:
        yield TextIOWrapper(plain, encoding="utf-8-sig", errors="replace", newline="")


def _rows(file: IO[str], bad: list[tuple[int, str]]) -> Iterator[str]:
    lines = csv.DictReader(file)
    missing = [name for name in NEEDED if name not in (lines.fieldnames or ())]
    if missing:
        raise Invalid(f"The file has no column {missing[0]}; it needs {', '.join(NEEDED)}.")
    more = [name for name in lines.fieldnames or () if name and name not in KNOWN]
    for row in lines:
        external_id, name = (row["product_id"] or "").strip(), (row["title"] or "").strip()
        cents = (row["price_cents"] or "").strip()
        if not external_id or not name:
            bad.append((lines.line_num, "missing product_id" if not external_id else "missing title"))
            continue
        if not (cents.isascii() and cents.isdigit() and 0 < int(cents) < 10**11):
            bad.append((lines.line_num, "price_cents is not a whole number above 0"))
            continue
        facts = {key: value for key in more if (value := (row[key] or "").strip())}
        cells = (
            str(lines.line_num), external_id, (row.get("sku") or "").strip()[:80] or external_id[:80], name[:300],
            (row.get("short_description") or "").strip(), (row.get("supplier") or "").strip() or None,
            _gtin((row.get("ean") or "").strip()), f"{int(cents) // 100}.{int(cents) % 100:02d}",
            json.dumps(facts, ensure_ascii=False),
        )  # fmt: skip
        yield "\t".join("\\N" if cell is None else cell.translate(_ESCAPED) for cell in cells) + "\n"


def _gtin(words: str) -> str | None:
    try:
        return gtin_in(words) if words else None
    except ValueError:
        return None  # a product without a number is still a product
