"""A market with products on sale is brought up to date: what is on sale can be found, and nothing else."""

from collections.abc import Callable
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command

from domain import migrations
from domain.kernel import database as db
from tests.conftest import _execute, _named, pointed_to

ROWS = """
with org as (
    insert into organizations (id, kind, name, time_zone, locale, currency, created_at)
    values (gen_random_uuid(), 'manufacturer', 'Maker', 'UTC', 'en', 'EUR', '2026-01-01') returning id
), made as (
    insert into products (id, created_by_org_id, name, description, base_unit, created_at)
    select gen_random_uuid(), org.id, n, 'For 16 GB', 'piece', '2026-01-01'
    from org, unnest(array['Steel lamp', 'Draft lamp']) n returning id, name, created_by_org_id as org_id
), variant as (
    insert into product_variants (id, product_id, name) select gen_random_uuid(), id, 'Standard' from made
    returning id, product_id
), offer as (
    insert into offers (id, seller_id, variant_id, sku, state, currency, minimum_quantity, order_increment,
                        lead_time_days, tax_rate, created_at)
    select gen_random_uuid(), m.org_id, v.id, 'SKU ' || m.name, case m.name when 'Steel lamp' then 'published' else 'draft' end,
           'EUR', 10, 1, 3, 0, '2026-01-01' from made m join variant v on v.product_id = m.id
    returning id, seller_id
)
insert into price_tiers (id, offer_id, seller_id, minimum_quantity, unit_price, valid_from)
select gen_random_uuid(), id, seller_id, 1, 5, '2026-01-01' from offer
"""


def test_what_is_on_sale_is_found_after_the_upgrade(
    server: str, monkeypatch: pytest.MonkeyPatch, drop_database: Callable[[str], None]
) -> None:
    name = f"wholesale_older_{uuid4().hex[:8]}"
    _execute(server, "create database {}", name)
    try:
        with pointed_to(_named(server, name)):
            with monkeypatch.context() as older:
                older.setattr(migrations, "_upgrade_tables", _to_0024)
                migrations.upgrade()
            with db.engine(db.Role.OWNER).begin() as owner:
                owner.exec_driver_sql("set local search_path = market, public")
                owner.exec_driver_sql(ROWS)
            migrations.upgrade()
            with db.engine(db.Role.OWNER).connect() as owner:
                found = owner.execute(
                    sa.text(
                        "select p.name, s.minimums, s.leads, s.from_price, s.words @@ to_tsquery('english', 'steel & 16gb')"
                        " from market.product_search s join market.products p on p.id = s.product_id"
                    )
                ).all()
            assert [tuple(row) for row in found] == [("Steel lamp", [10], [3], 5, True)]
            with db.engine(db.Role.OWNER).begin() as owner:
                owner.exec_driver_sql("set local search_path = market, public")
                _found_in_each_slice(owner)
            db.dispose()
    finally:
        drop_database(name)


def _found_in_each_slice(owner: sa.Connection) -> None:
    """Words are found whichever slice their product is in; a new product goes where the last count found room."""
    steel = "select slice from search_having(to_tsquery('english', 'steel'))"
    for number in range(4):
        owner.execute(sa.text("update product_search set slice = :number"), {"number": number})
        assert owner.execute(sa.text(steel)).scalars().all() == [number]
    limits = "select search_slice(n) from unnest(array[0, 32767, 32768, 131071, 131072, 524287, 524288, 9000000]) n"
    assert owner.execute(sa.text(limits)).scalars().all() == [0, 0, 1, 1, 2, 2, 3, 3]
    owner.execute(
        sa.text("insert into search_totals (documents, lengths, slice, counted_at) values (1, 1, 2, '2026-01-01')")
    )
    for slice_now in (3, 2):  # what is there stays; what comes anew goes to the slice with room
        owner.execute(sa.text("select search_refresh(array_agg(id), true) from products where name = 'Steel lamp'"))
        assert owner.execute(sa.text(steel)).scalars().all() == [slice_now]
        owner.execute(sa.text("delete from product_search"))
    owner.execute(sa.text("select set_config('app.scope', 'system', true), search_count('2026-01-02')"))
    assert owner.execute(sa.text("select slice from search_totals")).scalar() == 0


def _to_0024() -> None:
    with db.engine(db.Role.OWNER).connect() as connection:
        command.upgrade(migrations.configuration(connection), "0024")
        connection.commit()
