"""The stock hub: places, lots, transfers, counts, layers."""

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
