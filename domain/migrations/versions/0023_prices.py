"""Price lists that begin on a day, rules for customers, promotions with budgets, floors, minimums by product."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0023")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    for script in ("tables", "rules"):
        op.get_bind().connection.driver_connection.execute((HERE / f"{script}.sql").read_text())
    fence()
    for function in (
        "price_terms(uuid[], uuid[], timestamptz)", "promotions_spend(jsonb, timestamptz)",
        "promotions_return(uuid[], timestamptz)",
    ):  # fmt: skip
        fences.allow(function)


def fence() -> None:
    app = fences.role_name(fences.Role.APP)
    fences.private("price_plans", owner="seller_id")
    fences.private("planned_tiers", owner="seller_id", may="select, insert, delete")
    fences.private("customer_groups", owner="seller_id")
    fences.private("customer_group_members", owner="seller_id")
    fences.private("price_rules", owner="seller_id")
    fences.private("price_rule_offers", owner="seller_id", may="select, insert")
    fences.private("promotion_budgets", owner="seller_id", may="select, insert")
    fences.party("promotion_uses", adds=(), may="select")
    fences.private("price_floors", owner="seller_id", may="select, insert, update, delete")
    fences.private("price_requests", owner="seller_id")
    # Whoever orders is told what is missing to the minimum.
    fences.published("product_minimums", owner="seller_id", may="select, insert, update, delete")
    # Of what says a price only the end may be set.
    for table, columns in (
        ("price_tiers", "valid_to"), ("price_rules", "ends_at"), ("customer_group_members", "valid_to"),
        ("price_plans", "starts_at, version, begun_at, withdrawn_at"), ("customer_groups", "name, closed_at"),
        ("price_requests", "state, decided_by, decided_at, answer, rule_id"),
    ):  # fmt: skip
        op.execute(f'revoke update on {table} from "{app}"')
        op.execute(f'grant update ({columns}) on {table} to "{app}"')
    # What a list price was once is no secret: whoever may see the offer may see how it went.
    op.execute("alter policy app_select on price_tiers using ((select app_scope()) <> 'nobody')")
