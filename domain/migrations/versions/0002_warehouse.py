"""The warehouse's schemas and ledgers of runs, and what an imported history needs of the owner."""

from pathlib import Path

from alembic import op

from domain.kernel.database import Role, role_name
from domain.migrations import fences

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0002")

# A build writes into one slot while readers see the other through the views in `core` and `marts`.
BUILT = ("staging", "core", "marts", "core_blue", "core_green", "marts_blue", "marts_green")
READ = ("core", "marts", "ops")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    for schema in (*BUILT, "ops"):
        op.execute(f"create schema if not exists {schema}")
    for name in ("history", "ops"):
        op.get_bind().connection.driver_connection.execute((HERE / f"{name}.sql").read_text())
    grant()
    fences.allow("ledger_post_memo(uuid, timestamptz)")


def grant() -> None:
    app, builder, analyst = (role_name(role) for role in (Role.APP, Role.BUILDER, Role.ANALYST))
    for schema in BUILT:
        op.execute(f'grant usage, create on schema {schema} to "{builder}"')
    for schema in READ:
        op.execute(f'grant usage on schema {schema} to "{app}", "{builder}", "{analyst}"')
    op.execute(f'grant select on all tables in schema ops to "{app}", "{analyst}"')
    op.execute(f'grant select, insert, update on all tables in schema ops to "{builder}"')
