"""Scopes and personal limits of members: what narrows a right that a role holds."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0014")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute((HERE / "grants.sql").read_text())
    for table in ("membership_limits", "membership_scopes"):
        fences.private(table, may="select, insert, update, delete")
    fences.allow("my_scopes(text)")
    # Who is scoped to stores sees no purchase for another one, who is scoped to customers no order of another one.
    stores, customers = (f"cast((select my_scopes('{kind}')) as uuid[])" for kind in ("store", "customer"))
    in_store = f"{stores} is null or buyer_id <> {fences.ME} or site_id = any ({stores})"
    of_customer = f"{customers} is null or seller_id <> {fences.ME} or buyer_id = any ({customers})"
    app = fences.role_name(fences.Role.APP)
    for table, within in (("purchases", in_store), ("supplier_orders", f"({in_store}) and ({of_customer})")):
        op.execute(
            f'create policy in_scope on {table} as restrictive for select to "{app}"'
            f" using ({fences.STAFF} or ({within}))"
        )
