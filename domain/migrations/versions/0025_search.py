"""Search: a row for every product on sale, statistics of words, spelling, numbers."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0025")
KEEPERS = ("products", "variants", "categories", "new_offers", "offers", "gone_offers", "prices")


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    for script in ("tables", "words", "page"):
        op.get_bind().connection.driver_connection.execute((HERE / f"{script}.sql").read_text())
    # Everybody asks through functions with the owner's rights: indexes on words do not work under row-level security.
    for table in ("product_search", "search_lexemes", "search_totals", "search_sellers"):
        fences.platform(table, may="select")
    fences.allow("search_size()")
    fences.allow("search_terms(text)")
    fences.allow(
        "search_page(tsquery, tsquery, tsquery[], double precision[], double precision, text, text[], boolean, jsonb,"
        " text, integer, integer, integer, timestamptz)"
    )
    fences.allow("search_count(timestamptz)")
    fences.allow("search_by_number(text)")
    for function in (
        "search_quick(tsquery, tsquery, tsquery[], double precision[], double precision, text, text, integer, integer,"
        " integer, timestamptz, uuid[])",
        "search_having(tsquery)",
        "search_refresh(uuid[], boolean)",
        *(f"search_keeps_{keeper}()" for keeper in KEEPERS),
    ):  # fmt: skip
        op.execute(f"revoke all on function {function} from public")
    # What is on sale already. To whom an offer is shown comes with the next migration; until then it is everybody.
    op.execute("alter table offers add column audience text not null default 'everybody'")
    op.execute("select search_refresh(array_agg(id order by id), true) from products where history_id is null")
    op.execute(
        "update product_search s set slice = search_slice(n.place) from (select product_id, row_number() over"
        " (order by product_id) - 1 as place from product_search) n"
        " where n.product_id = s.product_id and search_slice(n.place) > 0"
    )
    op.execute("alter table offers drop column audience")
    op.execute("alter table products drop column search")  # its words stand in product_search now
