"""Regions and warehouses that people are kept to, in orders, stock and figures."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0018")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    for script in ("regions", "stock"):
        op.get_bind().connection.driver_connection.execute((HERE / f"{script}.sql").read_text())
    readers = ", ".join(f'"{fences.role_name(role)}"' for role in (fences.Role.APP, fences.Role.ANALYST))
    for function in (
        "regions_of(uuid, uuid)", "places_of(uuid, uuid)", "my_regions()", "my_places()",
        "in_regions(uuid[], text, text, date)", "known_scopes(text, uuid[])",
        "reaches_order(uuid, uuid, uuid)", "sees_all_orders()", "my_orders()",
    ):  # fmt: skip
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant execute on function {function} to {readers}")
    orders()
    stock()


def orders() -> None:
    """Who is kept to regions sees what goes to an address there; who is kept to warehouses buys for their places."""
    app = fences.role_name(fences.Role.APP)
    places, regions = ("cast((select " + name + "()) as uuid[])" for name in ("my_places", "my_regions"))
    customers = "cast((select my_scopes('customer')) as uuid[])"
    in_place = f"{places} is null or buyer_id <> {fences.ME} or site_id = any ({places})"
    of_customer = f"{customers} is null or seller_id <> {fences.ME} or buyer_id = any ({customers})"
    on = "cast(created_at at time zone 'UTC' as date)"
    sent_there = (
        f"in_regions({regions}, delivery_address ->> 'country_code', delivery_address ->> 'postal_code', {on})"
    )
    bought_there = (
        "exists (select 1 from sites s where s.id = site_id"
        f" and in_regions({regions}, s.country_code, s.postal_code, {on}))"
    )
    for table, within, there in (
        ("purchases", in_place, bought_there),
        ("supplier_orders", f"({in_place}) and ({of_customer})", sent_there),
    ):
        op.execute(f"alter policy in_scope on {table} using ({fences.STAFF} or ({within}))")
        op.execute(
            f'create policy in_region on {table} as restrictive for select to "{app}"'
            f" using ({fences.STAFF} or {regions} is null or {there})"
        )


def stock() -> None:
    """Who is kept to warehouses sees what lies in them."""
    app = fences.role_name(fences.Role.APP)
    mine = "cast((select my_scopes('warehouse')) as uuid[])"
    for table, location in (("locations", "id"), ("stock_balances", "location_id"), ("stock_movements", "location_id")):
        op.execute(
            f'create policy in_warehouse on {table} as restrictive for select to "{app}"'
            f" using ({fences.STAFF} or {mine} is null or org_id <> {fences.ME} or {location} = any ({mine}))"
        )
