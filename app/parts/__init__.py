"""Parts that screens are made of; import them from here: `from app.parts import page_header, Tile, ...`.

page_header("Orders", "What you bought", actions=draw_buttons, state="confirmed", back=("Orders", "retailer-orders"))
section("Lines")                                      a heading inside a screen
status("awaiting_payment")                            a coloured badge
empty_state("inbox", "No orders yet", "Find products and order.", ("Find products", "retailer-products"))
metric_tiles([Tile("Placed", words.money(x, "EUR"), definition="", formula="", fresh="", url="retailer-wallet")])
paged_table("orders", lambda page, size: ask(orders.x, page=page, size=size),
            [Column("Order", lambda row: row.number, "open"), Column("State", lambda row: row.state, "state")],
            on_open=lambda row: go("retailer-order", order=row.order_id), empty=draw_empty)
st.selectbox("State", ..., key="state", bind="query-params", on_change=reset_page("orders"))   a filter in the address
table("lines", rows, [Column("Name", lambda row: row.name), Column("Goods", lambda row: words.money(...), "right")])
order_lines("lines", order.lines, order.currency)     ordered, confirmed, shipped, delivered, accepted
money_table([Sum("Goods", x), Sum("Total", y, is_total=True)], "EUR")
timeline([Step("Placed", at), Step("Accepted", None, is_done=False)])
facts_list({"Deliver to": "..."})
bars(labels, values, name="Orders", alt="Orders by week")
trend(labels, values, name="GMV", alt="...")          over time, beside an earlier time, unfinished steps marked
ranking([("Germany", x, "€12")], alt="...", key="...") largest first; a click may filter
heat_map(rows, columns, cells, alt="...")             shares by row and column
confirm("Cancel order", "Your money comes back.", "Cancel order", lambda: perform(orders.cancel_order, ...))
id_of("order")                                        the id in the address: /retailer-order?order=...
plain(user_text)                                      text as it is, wherever a widget renders Markdown
"""

from app.parts.address import id_of, id_or_none
from app.parts.charts import bars, heat_map, palette, ranking, trend
from app.parts.dialogs import confirm
from app.parts.header import empty_state, page_header, section, status
from app.parts.lists import Step, Sum, facts_list, money_table, order_lines, timeline
from app.parts.pictures import beside, thumbnails
from app.parts.tables import PAGE_SIZE, Column, page_in_address, paged_table, pager, reset_page, table
from app.parts.text import plain
from app.parts.tiles import Tile, metric_tiles

__all__ = [
    "PAGE_SIZE",
    "Column",
    "Step",
    "Sum",
    "Tile",
    "bars",
    "beside",
    "confirm",
    "empty_state",
    "facts_list",
    "heat_map",
    "id_of",
    "id_or_none",
    "metric_tiles",
    "money_table",
    "order_lines",
    "page_header",
    "page_in_address",
    "paged_table",
    "pager",
    "palette",
    "plain",
    "ranking",
    "reset_page",
    "section",
    "status",
    "table",
    "thumbnails",
    "timeline",
    "trend",
]
