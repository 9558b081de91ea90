"""Who sees which offer; saved carts, searches and what was looked at."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0026")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    for script in ("audience", "saved"):
        op.get_bind().connection.driver_connection.execute((HERE / f"{script}.sql").read_text())
    for function in (
        "offer_is_for(uuid, uuid, uuid, date)", "offer_is_shown(uuid, text, uuid)", "sees_offer(uuid)",
        "nothing_is_hidden()", "stock_displays_for_me(uuid[], date)", "my_viewed_products(integer)",
        "offers_by_number(text[])", "products_alike(bigint[], text[])",
    ):  # fmt: skip
        fences.allow(function)
    op.execute("revoke all on function groups_of_customer(uuid, uuid, date) from public")
    change = "select, insert, update, delete"
    fences.private("offer_audiences", owner="seller_id", may="select, insert, delete")
    fences.private("stock_displays", owner="seller_id", may=change)
    # A person's own, and what is shared within the organisation.
    mine = f"org_id = {fences.ME} and person_id = (select app_user())"
    shared = f"org_id = {fences.ME} and (is_shared or person_id = (select app_user()))"
    fences.own("saved_lists", reads=f"{shared} or {fences.STAFF}", writes=f"{shared} or {fences.STAFF}", may=change)
    seen = "exists (select 1 from saved_lists s where s.id = list_id)"
    of_mine = f"(org_id = {fences.ME} and {seen}) or {fences.STAFF}"
    fences.own("saved_list_lines", reads=of_mine, writes=of_mine, may=change)
    fences.own("saved_searches", reads=f"({mine}) or {fences.STAFF}", writes=f"({mine}) or {fences.STAFF}", may=change)
    hide()


def hide() -> None:
    """An offer that is not shown to an organisation does not exist for it, and neither does what hangs on it.

    For most offers that is a look at a column. Prices and packs ask once a statement whether anything is hidden at
    all, and row by row only then.
    """
    app = fences.role_name(fences.Role.APP)
    op.execute(
        f'create policy in_audience on offers as restrictive for select to "{app}" using (audience = \'everybody\''
        f" or seller_id = {fences.ME} or {fences.STAFF} or offer_is_shown(id, audience, seller_id))"
    )
    for table in ("price_tiers", "offer_packs"):
        op.execute(
            f'create policy in_audience on {table} as restrictive for select to "{app}"'
            f" using ((select nothing_is_hidden()) or seller_id = {fences.ME} or {fences.STAFF}"
            " or sees_offer(offer_id))"
        )
