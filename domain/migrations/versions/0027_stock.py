"""The stock hub: places down to bins, holds, allocations, lots with states, serials, transfers, counts, layers."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0027")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    for script in ("tables", "functions", "invariants"):
        op.get_bind().connection.driver_connection.execute((HERE / f"{script}.sql").read_text())
    fence()
    for function in (
        "my_warehouses()", "places_within(uuid)", "stock_sell(uuid, jsonb, uuid, timestamptz)",
        "stock_between(text, text)", "stock_may_go_to(uuid)", "own_places()",
        "stock_snapshot(uuid, uuid, uuid)", "stock_hold(uuid, uuid, uuid, timestamptz)",
        "stock_unhold(uuid, timestamptz)",
        "stock_allocate(uuid, uuid, uuid, bigint, timestamptz, text, timestamptz)",
    ):  # fmt: skip
        fences.allow(function)
    # The readers of the warehouse's views ask for it as well.
    op.execute(f'grant execute on function my_warehouses() to "{fences.role_name(fences.Role.ANALYST)}"')


def fence() -> None:
    """Only the stock functions write layers, draws and what is used of an allocation; a customer sees its own."""
    read = "select"
    for table in ("stock_layers", "stock_layer_uses", "stock_draws"):
        fences.private(table, may=read)
    for table in (
        "stock_holds", "stock_serials", "stock_life_terms", "stock_transfers", "stock_transfer_lines",
        "stock_discrepancies", "stock_counts", "stock_count_lines",
    ):  # fmt: skip
        fences.private(table)
    fences.party(
        "stock_allocations", parties=("org_id", "holder_id"), adds=("org_id",), changes=("org_id",),
        columns=("state", "ended_at"), may="select, update",
    )  # fmt: skip
    # Whoever is kept to warehouses sees what lies in them, in whatever bin; what is on the way is everybody's.
    mine = "cast((select my_warehouses()) as uuid[])"
    for table, location in (
        ("locations", "id"), ("stock_balances", "location_id"), ("stock_movements", "location_id"),
    ):  # fmt: skip
        op.execute(
            f"alter policy in_warehouse on {table} using ({fences.STAFF} or {mine} is null"
            f" or org_id <> {fences.ME} or {location} = any ({mine}))"
        )
    app = fences.role_name(fences.Role.APP)
    for table in ("stock_layers", "stock_count_lines"):
        op.execute(
            f'create policy in_warehouse on {table} as restrictive for select to "{app}"'
            f" using ({fences.STAFF} or {mine} is null or org_id <> {fences.ME} or location_id = any ({mine}))"
        )
