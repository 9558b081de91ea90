"""A market whose people have read notices is brought up to date: nobody gets them back as new, nobody a letter."""

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
    values (gen_random_uuid(), 'retailer', 'Shop', 'UTC', 'en', 'EUR', '2026-01-01') returning id
), person as (
    insert into people (id, email, name, created_at)
    select gen_random_uuid(), n || '@shop.example', n, '2026-01-01' from unnest(array['ann', 'bob']) n returning id
), member as (
    insert into memberships (person_id, org_id, variant, created_at)
    select person.id, org.id, 'business_owner', '2026-01-01' from person, org
)
insert into notices (id, org_id, kind, cause, subject, subject_id, facts, created_at, read_at, read_by)
select gen_random_uuid(), org.id, 'goods_shipped', cause, 'order', gen_random_uuid(), '{}', '2026-02-01',
       case cause when 'read' then timestamptz '2026-02-02' end, null from org, unnest(array['read', 'new']) cause
"""


def test_what_was_read_stays_read_for_everybody_and_nothing_old_is_written_about(
    server: str, monkeypatch: pytest.MonkeyPatch, drop_database: Callable[[str], None]
) -> None:
    name = f"wholesale_older_{uuid4().hex[:8]}"
    _execute(server, "create database {}", name)
    try:
        with pointed_to(_named(server, name)):
            with monkeypatch.context() as older:
                older.setattr(migrations, "_upgrade_tables", _to_0006)
                migrations.upgrade()
            with db.engine(db.Role.OWNER).begin() as owner:
                owner.exec_driver_sql("set local search_path = market, public")
                owner.exec_driver_sql(ROWS)
            migrations.upgrade()
            with db.engine(db.Role.OWNER).connect() as owner:
                reads = owner.execute(
                    sa.text(
                        "select n.cause, p.email, n.mailed_at is not null as decided from market.notices n"
                        " left join market.notice_reads r on r.notice_id = n.id"
                        " left join market.people p on p.id = r.person_id order by 1, 2"
                    )
                ).all()
            assert [tuple(row) for row in reads] == [
                ("new", None, True), ("read", "ann@shop.example", True), ("read", "bob@shop.example", True),
            ]  # fmt: skip
            db.dispose()
    finally:
        drop_database(name)


def _to_0006() -> None:
    with db.engine(db.Role.OWNER).connect() as connection:
        command.upgrade(migrations.configuration(connection), "0006")
        connection.commit()
