"""Who is told that a proof runs out: everybody, however many there are."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from domain import verification
from domain.identity import OrgKind
from domain.kernel.actor import Actor
from domain.kernel.work import begin, clock, run
from tests.domain.verification.test_verification import NOW
from tests.make.market import company

SYSTEM = Actor.system()


def told() -> list[int]:
    with begin(SYSTEM) as work:
        return list(
            work.session.scalars(
                sa.text("select (facts ->> 'days')::int from events where name = 'ProofRunsOut' order by id")
            )
        )


@pytest.mark.usefixtures("database")
def test_whoever_was_reminded_keeps_nobody_else_from_being_reminded() -> None:
    with clock(NOW):
        for name, days in (("Soon", 40), ("Later", 50)):
            made = company(OrgKind.MANUFACTURER, name)
            with begin(SYSTEM) as work:
                proofs = work.session.scalars(
                    sa.text("select id from verification_submissions where org_id = :id order by id"), {"id": made.org_id}
                ).all()

            def keep_one(work, proof=proofs[0], org_id=made.org_id, days=days):  # type: ignore[no-untyped-def]
                work.session.execute(
                    sa.text("update verification_submissions set expires_at = null where org_id = :id"), {"id": org_id}
                )
                work.session.execute(
                    sa.text("update verification_submissions set expires_at = :at where id = :id"),
                    {"id": proof, "at": NOW + timedelta(days=days)},
                )

            run(SYSTEM, keep_one)
        for _ in range(3):
            run(SYSTEM, verification.tick, limit=1)
        assert sorted(told()) == [40, 50]
    with clock(NOW + timedelta(days=20)):
        for _ in range(3):
            run(SYSTEM, verification.tick, limit=1)
        assert sorted(told()) == [20, 40, 50]
