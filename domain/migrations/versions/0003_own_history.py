"""What a company that brings its own past needs: whose a history is, and fences that let it write just that."""

from pathlib import Path

from alembic import op

from domain.kernel.database import Role, role_name
from domain.migrations import fences

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0003")

MINE = f"history_id in (select h.id from histories h where h.org_id = {fences.ME})"
# Customers of the past: organisations that an own history has brought, for which nobody can sign in.
CUSTOMER = f"buyer_id in (select c.id from organizations c where c.kind = 'retailer' and c.{MINE})"
SOLD = f"seller_id = {fences.ME} and {CUSTOMER}"


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    # Names are a company's own, so that a name in use tells nobody who else is here.
    op.execute("alter table histories add column org_id uuid references organizations (id)")
    op.execute("alter table histories drop constraint histories_name_key")
    op.execute(
        "alter table histories add constraint histories_org_id_name_key unique nulls not distinct (org_id, name)"
    )
    op.get_bind().connection.driver_connection.execute((HERE / "memo.sql").read_text())
    fence()


def fence() -> None:
    """A company adds trade of the past to itself as the seller, with customers of its own histories, and no more."""
    allow("histories", "select", f"org_id = {fences.ME}")
    allow("histories", "insert", f"org_id = {fences.ME}")
    allow("organizations", "select", MINE)
    allow("organizations", "insert", f"origin = 'imported' and kind = 'retailer' and {MINE}")
    allow("categories", "select", MINE)
    allow("categories", "insert", MINE)
    allow("purchases", "select", MINE)
    allow("purchases", "insert", f"origin = 'imported' and {MINE} and {CUSTOMER}")
    # A distributor reads and counts what names it, so the past names none.
    alone = "distributor_id is null and parent_order_id is null"
    allow("supplier_orders", "insert", f"origin = 'imported' and {MINE} and {SOLD} and {alone}")
    allow("order_lines", "insert", SOLD)
    allow("return_documents", "insert", f"origin = 'imported' and {MINE} and {SOLD}")
    allow("return_lines", "insert", f"{SOLD} and return_id in (select d.id from return_documents d where d.{MINE})")


def allow(table: str, verb: str, when: str) -> None:
    clause = f"using ({when})" if verb == "select" else f"with check ({when})"
    op.execute(f'create policy own_past_{verb} on {table} for {verb} to "{role_name(Role.APP)}" {clause}')
