"""A lost second factor, browsers that are known, and settings that a second person approves."""

from pathlib import Path

from alembic import op

from domain.kernel.database import Role, role_name
from domain.migrations import fences

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0019")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute((HERE / "factors.sql").read_text())
    _fence_losses()
    mine = f"person_id = (select app_user()) or {fences.STAFF}"
    fences.own("known_browsers", reads=mine, writes=fences.STAFF, may="select, insert, update, delete")
    fences.platform("setting_proposals")
    # What has served its time goes (a tick of the worker), and what a person left behind goes with the person.
    app = role_name(Role.APP)
    for table in ("email_changes", "phone_codes", "outgoing_emails", "outgoing_texts", "notice_preferences"):
        op.execute(f'grant delete on {table} to "{app}"')
        op.execute(f'create policy app_delete on {table} for delete to "{app}" using ({fences.STAFF})')


def _fence_losses() -> None:
    """The person, the owners of the organisation and staff see it; only the system begins one and carries it out."""
    app = role_name(Role.APP)
    whose = f"org_id = {fences.ME} or person_id = (select app_user()) or {fences.STAFF}"
    fences.own("factor_losses", reads=whose, writes=fences.STAFF, may="select, insert")
    op.execute(f'grant update on factor_losses to "{app}"')
    op.execute(
        f'create policy app_update on factor_losses for update to "{app}"'
        f" using ({fences.STAFF} or (({whose}) and state in ('asked', 'approved')))"
        f" with check ({fences.STAFF} or (({whose}) and state in ('asked', 'approved', 'refused', 'cancelled')))"
    )
