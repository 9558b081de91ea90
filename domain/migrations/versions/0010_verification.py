"""Business verification: what is asked for, what was handed in, who decides; and a waiver for who traded before."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from domain.kernel.database import Role, role_name
from domain.migrations import fences
from domain.verification import RULES, VOUCHED

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0010")
WAIVED_DAYS = 180


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    for name in ("tables", "levels", "moves"):
        op.get_bind().connection.driver_connection.execute((HERE / f"{name}.sql").read_text())
    fence()
    seed()
    waive_for_those_before()


def fence() -> None:
    fences.published("verification_requirements")
    fences.published("verification_regulations")
    fences.platform("company_registry")
    fences.platform("sanctions_entries")
    # Who is looked for, and what a reviewer thinks of a case, is not for the organisation itself; whether a hit
    # was confirmed is, as its own level depends on it.
    fences.own("sanctions_hits", reads=f"org_id = {fences.ME} or {fences.STAFF}", writes=fences.STAFF,
               may="select, insert, update")  # fmt: skip
    fences.platform("verification_cases")
    fences.own("verification_waivers", reads=f"org_id = {fences.ME} or {fences.STAFF}", writes=fences.STAFF,
               may="select, insert, update")  # fmt: skip
    fences.private("verification_files", may="select, insert, update")
    fences.private("verification_owners", may="select, insert")
    fences.private("verification_deposits", may="select, insert, update")
    fences.private("verification_submissions")
    # An organisation hands in, answers, appeals and replaces; that it is verified only the platform says.
    app = role_name(Role.APP)
    mine = f"org_id = {fences.ME} or {fences.STAFF}"
    for verb, clause in (("insert", "with check"), ("update", f"using ({mine}) with check")):
        op.execute(f"drop policy app_{verb} on verification_submissions")
        own = (
            f"org_id = {fences.ME} and source = 'member' and"
            " (state in ('submitted', 'appealed') and counts_from is null"
            " or state = 'replaced' and ended_at is not null)"
        )
        if verb == "update":
            own = own.replace(" and source = 'member'", "")
        op.execute(
            f'create policy app_{verb} on verification_submissions for {verb} to "{app}"'
            f" {clause} (({own}) or {fences.STAFF})"
        )
    for function in (
        "verification_items(uuid, timestamptz, text)",
        "org_level(uuid, timestamptz)",
        "may_be_paid(uuid, timestamptz)",
        "sellers_level(uuid[], timestamptz)",
        "seller_proofs(uuid, timestamptz)",
        "sellers_certificates(uuid[], date)",
        "end_bank_waiver(uuid, timestamptz)",
    ):
        fences.allow(function)


def seed() -> None:
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "insert into verification_requirements (id, requirement, level, kinds, is_optional, life_days, grace_days,"
            " valid_from) values (:id, :requirement, :level, :kinds, :is_optional, :life_days, :grace_days,"
            " :valid_from)"
        ),
        [
            {
                "id": uuid4(), "requirement": rule.requirement.value, "level": rule.level, "kinds": list(rule.kinds),
                "is_optional": rule.is_optional, "life_days": rule.life_days, "grace_days": rule.grace_days,
                "valid_from": datetime(2020, 1, 1, tzinfo=UTC),
            }
            for rule in RULES
        ],
    )  # fmt: skip


def waive_for_those_before() -> None:
    """Nobody who traded before verification came is stopped by it: they have half a year."""
    connection = op.get_bind()
    now = connection.execute(
        sa.text("select now_at from begin_work(null, null, 'system', null, 'upgrade')")
    ).scalar_one()
    asked = sorted({rule.requirement.value for rule in RULES if rule.level <= 2} & {r.value for r in VOUCHED})
    connection.execute(
        sa.text(
            "insert into verification_waivers (id, org_id, requirement, state, reason, proposed_at, approved_at,"
            " waived_until) select gen_random_uuid(), o.id, r, 'approved', 'Traded before verification',"
            " o.created_at, o.created_at, cast(:now as timestamptz) + make_interval(days => :days)"
            " from organizations o, unnest(cast(:asked as text[])) as r"
            " where o.origin = 'live' and o.kind in ('manufacturer', 'retailer', 'distributor')"
        ),
        {"asked": asked, "now": now, "days": WAIVED_DAYS},
    )
