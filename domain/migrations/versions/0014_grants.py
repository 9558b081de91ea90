"""Scopes and personal limits of members, viewing as a member."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local search_path = market, public")
