"""Organisations of before verification: nothing of theirs stops, for half a year."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command

from domain import migrations
from domain.kernel import database as db
from tests.conftest import _clone_name, _execute, _named, pointed_to

COLUMNS = "id, kind, name, country_code, time_zone, locale, currency, registered_at, created_at"


def test_who_traded_before_is_waived_for_half_a_year(
    server: str, monkeypatch: pytest.MonkeyPatch, drop_database: Callable[[str], None]
) -> None:
    name = _clone_name()
    _execute(server, "create database {}", name)
    try:
        with pointed_to(_named(server, name)):
            with monkeypatch.context() as older:
                older.setattr(migrations, "_upgrade_tables", _to_0009)
                migrations.upgrade()
            maker, platform = uuid4(), uuid4()
            joined = datetime(2026, 1, 5, tzinfo=UTC)
            with db.connect(db.Role.OWNER) as connection:
                for org_id, kind in ((maker, "manufacturer"), (platform, "platform")):
                    connection.execute(
                        f"insert into market.organizations ({COLUMNS}) values (%s, %s, 'Before', 'DE', 'Europe/Berlin',"
                        " 'en', 'EUR', %s, %s)", [org_id, kind, joined, joined],
                    )  # fmt: skip
                connection.execute(
                    "insert into market.sites (id, org_id, kind, name, street, postal_code, city, country_code, time_zone,"
                    " created_at) values (%s, %s, 'factory', 'Works', 's', '1', 'c', 'DE', 'Europe/Berlin', %s)",
                    [uuid4(), maker, joined],
                )
            migrations.upgrade()
            with db.engine(db.Role.OWNER).connect() as connection:
                now = connection.execute(sa.text("select max(waived_until) - interval '180 days' from"
                                                 " market.verification_waivers")).scalar_one()  # fmt: skip
                level = sa.text("select market.org_level(:org, cast(:now as timestamptz) + make_interval(days => :days))")
                connection.execute(sa.text("set search_path = market, public"))
                found = [connection.execute(level, {"org": maker, "now": now, "days": d}).scalar_one() for d in (0, 179, 181)]
                waived = connection.execute(sa.text("select distinct org_id from market.verification_waivers")).scalars()
                assert list(waived) == [maker]
            assert found == [2, 2, 0]
    finally:
        drop_database(name)


def _to_0009() -> None:
    with db.engine(db.Role.OWNER).connect() as connection:
        command.upgrade(migrations.configuration(connection), "0009")
        connection.commit()
