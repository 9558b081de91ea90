"""The registry of metrics."""

from pathlib import Path

from alembic import op

from domain.kernel.database import Role, role_name

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0005")
TABLES = "ops.metric_registry, ops.metric_statements"


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute((HERE / "metrics.sql").read_text())
    app, builder, analyst = (role_name(role) for role in (Role.APP, Role.BUILDER, Role.ANALYST))
    op.execute(f'grant select on {TABLES} to "{app}", "{builder}", "{analyst}"')
    # A build writes the registry anew, as a whole.
    op.execute(f'grant insert, delete on {TABLES} to "{builder}"')
