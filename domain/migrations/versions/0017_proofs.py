"""Requirements by country and with time to comply, test deposits in the ledger, capacity beside what was shipped."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0017")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute((HERE / "levels.sql").read_text())
    fences.allow("verification_items(uuid, timestamptz, text, jsonb)")
    fences.allow("seller_capacity(uuid, timestamptz)")
