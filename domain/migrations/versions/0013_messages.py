"""E-mail and text messages, preferences, suspension, holidays."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local search_path = market, public")
