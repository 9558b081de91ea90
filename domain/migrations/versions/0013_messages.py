"""E-mail and text messages, preferences, suspension, holidays."""

from pathlib import Path

from alembic import op

from domain.kernel.database import Role, role_name
from domain.migrations import fences

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0013")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute((HERE / "messages.sql").read_text())
    # Addresses and numbers of people: for the worker, and for staff who look after deliveries.
    fences.platform("outgoing_emails")
    fences.platform("outgoing_texts")
    fences.platform("digest_items", may="select, insert, update, delete")
    # What one person read and wants is nobody else's, not even the organisation's.
    own = f"person_id = (select app_user()) or {fences.STAFF}"
    fences.own("notice_reads", reads=own, writes=f"({own}) and (org_id = {fences.ME} or {fences.STAFF})",
               may="select, insert")  # fmt: skip
    fences.own("notice_preferences", reads=own, writes=own, may="select, insert, update")
    # A suspended organisation reads why and appeals; only staff suspend, restore and decide.
    fences.own(
        "suspensions", reads=f"org_id = {fences.ME} or {fences.STAFF}", writes=fences.STAFF,
        may="select, insert, update",
    )  # fmt: skip
    app = role_name(Role.APP)
    op.execute(f'revoke update on suspensions from "{app}"')
    op.execute(
        "grant update (state, reason, until, decided_by, decided_at, decision_note, lifted_by, lifted_at, lift_note,"
        " appeal, appealed_by, appealed_at, appeal_state, appeal_decided_by, appeal_decided_at, appeal_answer)"
        f' on suspensions to "{app}"'
    )
    op.execute(
        f'create policy own_appeal on suspensions for update to "{app}" using (org_id = {fences.ME} and'
        f" state = 'active' and appeal_state is null) with check (org_id = {fences.ME} and state = 'active'"
        " and appeal_state = 'open' and lifted_at is null and appeal_decided_by is null)"
    )
    # Buyers' orders wait for sellers' working days, so those of sellers are known to everybody signed in.
    sells = "exists (select 1 from organizations o where o.id = org_id and o.kind in ('manufacturer', 'distributor'))"
    fences.published("org_holidays", when=sells, owner="org_id", may="select, insert, delete")
