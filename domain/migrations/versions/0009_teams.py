"""Registrations, invitations, terms and the hand-over of work."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0009")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute((HERE / "teams.sql").read_text())
    # Nobody is signed in while registering, so only the system touches these rows.
    fences.platform("registrations")
    fences.private("invitations")
    fences.private("terms_acceptances", may="select, insert")
