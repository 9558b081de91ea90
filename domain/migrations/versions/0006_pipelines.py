"""Builds that are asked for, rows that checks found wrong, and what the health of the system is read from."""

from pathlib import Path

from alembic import op

from domain.kernel.database import Role, role_name
from domain.migrations import fences

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0006")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute((HERE / "pipelines.sql").read_text())
    fences.platform("ops.build_requests")
    fences.platform("ops.failing_rows", may="select")
    fences.platform("ops.job_runs")
    fences.platform("ops.invariant_checks", may="select, insert")
    builder = role_name(Role.BUILDER)
    # A build says what became of its request, keeps what its checks found, and forgets what is long gone.
    op.execute(f'grant update on ops.build_requests to "{builder}"')
    op.execute(f'create policy builder_update on ops.build_requests for update to "{builder}" using (true)')
    op.execute(f'grant insert, delete on ops.failing_rows to "{builder}"')
    op.execute(f'create policy builder_insert on ops.failing_rows for insert to "{builder}" with check (true)')
    op.execute(f'create policy builder_delete on ops.failing_rows for delete to "{builder}" using (true)')
    op.execute(f'grant delete on ops.pipeline_assets, ops.quality_results to "{builder}"')
    # Failing tests write their rows here, whole; what is kept of them is copied into ops.failing_rows.
    op.execute("create schema if not exists failures")
    op.execute(f'grant usage, create on schema failures to "{builder}"')
