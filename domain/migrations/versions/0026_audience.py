"""Who sees which offer; saved carts, searches and what was looked at."""

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
