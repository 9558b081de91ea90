"""A plain product file becomes products on sale, once."""

import gzip
from pathlib import Path

import pytest
from sqlalchemy import text

from domain import catalog
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import run

LINES = """product_id,sku,title,short_description,supplier,ean,price_cents,type,colour
11,A-1,Blue mug,"A mug, blue",Acme,4006381333931,1250,,Blue
12,A-1,Red mug,,Acme,4006381333932,99,Original,Red
13,,Kettle,,,745883570867,1,,
14,B-2,,,,,100,,
15,B-3,Pan,,,,12.50,,
11,A-9,Blue mug again,,,,1,,
"""


def rows(statement: str) -> list[tuple[object, ...]]:
    with db.engine(db.Role.OWNER).connect() as connection:
        connection.execute(text("set search_path = market"))
        return [tuple(row) for row in connection.execute(text(statement))]


def bring(path: Path) -> catalog.ImportedCatalog:
    return run(Actor.system(), catalog.import_catalog, path=path, seller="Acme Imports", currency="eur")


def test_plain_file_comes_in_once_with_its_own_ids(fresh_database: None, tmp_path: Path) -> None:
    path = tmp_path / "products.csv.gz"
    path.write_bytes(gzip.compress(LINES.encode()))
    done = bring(path)
    assert (done.products, done.known) == (3, 0)
    assert done.bad == ((5, "missing title"), (6, "price_cents is not a whole number above 0"))
    assert rows(
        "select p.external_id, p.name, p.brand, p.specifications ->> 'colour', v.gtin, o.sku, o.state, o.currency,"
        " t.unit_price::text from products p join product_variants v on v.product_id = p.id"
        " join offers o on o.variant_id = v.id join price_tiers t on t.offer_id = o.id order by 1"
    ) == [
        ("11", "Blue mug", "Acme", "Blue", "4006381333931", "A-1 (11)", "published", "EUR", "12.500000"),
        ("12", "Red mug", "Acme", "Red", None, "A-1 (12)", "published", "EUR", "0.990000"),
        ("13", "Kettle", None, None, "745883570867", "13", "published", "EUR", "0.010000"),
    ]
    again = bring(path)
    assert (again.products, again.known) == (0, 3)
    assert rows("select count(*) from offers") == [(3,)]
    assert rows("select name from events where name = 'CatalogImported'") == [("CatalogImported",)]


def test_plain_file_is_refused_to_people_and_without_its_columns(fresh_database: None, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("id,title\n1,Mug\n")
    with pytest.raises(NotFound):
        run(Actor.anonymous(), catalog.import_catalog, path=path, seller="Acme")
    with pytest.raises(Invalid, match="no column product_id"):
        bring(path)
    assert rows("select count(*) from organizations where name like 'Acme%'") == [(0,)]
