"""Alerts of low stock, production that is meant, retailers' own stores, and interest in offers."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0028")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    for script in ("tables", "functions", "invariants"):
        op.get_bind().connection.driver_connection.execute((HERE / f"{script}.sql").read_text())
    fences.private("stock_thresholds", may="select, insert, update, delete")
    fences.private("stock_alerts")
    fences.private("production_wishes")
    # What was put away and taken in stays as it was.
    fences.private("store_receipts", may="select, insert")
    fences.private("store_receipt_lines", may="select, insert")
    fences.private("store_sales_files", may="select, insert")
    fences.private("store_sales", may="select, insert")
    # Rows come from the trigger alone; who reads them one by one would see who only looked.
    fences.platform("basket_additions", may="select")
    op.execute("revoke all on function note_basket_additions() from public")
    fences.allow("seller_interest(timestamptz, timestamptz)")
    fences.allow("seller_interest_by_day(uuid, timestamptz, timestamptz)")
