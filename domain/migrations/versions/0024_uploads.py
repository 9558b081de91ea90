"""Uploads of catalogues and price lists."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0024")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute((HERE / "tables.sql").read_text())
    for table in ("catalog_uploads", "catalog_upload_rows"):
        # What was checked and never started goes when the next file is checked.
        fences.private(table, may="select, insert, update, delete")
