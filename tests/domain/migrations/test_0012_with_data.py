"""A market that has a log already is brought up to date: what is sealed stays sealed, and is found whole."""

from collections.abc import Callable
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command

from domain import migrations, reports
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.events import seal
from domain.kernel.work import begin
from tests.conftest import _execute, _named, pointed_to

ORG = uuid4()
EVENTS = sa.text(
    "insert into market.events (name, subject, subject_id, facts, org_id, scope, command, effective_at, recorded_at)"
    " values ('SiteAdded', 'organization', :org, '{\"site_id\": null}', null, 'system', 'add_site', '2026-01-01', '2026-01-01'),"
    " ('SignedInEvent', 'person', :person, jsonb_build_object('for_org_id', cast(:org as text)), null, 'system', 'sign_in',"
    "  '2026-01-01', '2026-01-01'), ('GoodsShipped', 'order', :person, '{}', :org, 'member', 'ship_goods', '2026-01-01',"
    "  '2026-01-01')"
)


def test_an_older_log_keeps_its_seals_and_says_whom_it_is_about(
    server: str, monkeypatch: pytest.MonkeyPatch, drop_database: Callable[[str], None]
) -> None:
    name = f"wholesale_older_{uuid4().hex[:8]}"
    _execute(server, "create database {}", name)
    try:
        with pointed_to(_named(server, name)):
            with monkeypatch.context() as older:
                older.setattr(migrations, "_upgrade_tables", _to_0011)
                migrations.upgrade()
            with db.engine(db.Role.OWNER).begin() as owner:
                owner.execute(EVENTS, {"org": ORG, "person": uuid4()})
                owner.exec_driver_sql("set local search_path = market, public")
                owner.exec_driver_sql("select seal_audit(2, '2026-01-02')")
            migrations.upgrade()
            assert seal() == 1
            with begin(Actor.system()) as work:
                chain = reports.audit_chain(work)
                about = work.session.execute(sa.text("select concerns_org_id from events order by id")).scalars().all()
            assert (chain.batches, chain.events, chain.waiting, chain.broken) == (2, 3, 0, None)
            assert about == [ORG, ORG, None]
            db.dispose()
    finally:
        drop_database(name)


def _to_0011() -> None:
    with db.engine(db.Role.OWNER).connect() as connection:
        command.upgrade(migrations.configuration(connection), "0011")
        connection.commit()
