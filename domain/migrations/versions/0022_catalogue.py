"""The catalogue: options, templates, media, policies, certificates on products, and review before sale."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0022")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    for script in ("tables", "functions"):
        op.get_bind().connection.driver_connection.execute((HERE / f"{script}.sql").read_text())
    fences.published("category_attributes")
    fences.published("product_categories", may="select")
    fences.published("sale_policies", owner="seller_id")
    everything = "select, insert, update, delete"
    fences.published("product_media", owner="org_id", may=everything)
    fences.published("product_certificates", owner="org_id", may="select, insert, delete")
    # A seller asks and withdraws; whether a change counts is decided by the platform.
    fences.own(
        "catalog_changes",
        reads=f"seller_id = {fences.ME} or {fences.STAFF}",
        writes=f"{fences.STAFF} or (seller_id = {fences.ME} and state in ('pending', 'withdrawn')"
        " or seller_id = (select app_org()) and state = 'approved' and decided_by is null)",
        may="select, insert, update",
    )
    fences.allow("category_is_reviewed(uuid)")
    fences.allow("product_claims(uuid[], timestamptz)")
    for function in ("keep_first_category()", "keep_category()"):
        op.execute(f"revoke all on function {function} from public")
