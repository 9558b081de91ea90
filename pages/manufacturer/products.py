"""What I sell: every offer with its state, price and stock; publish and pause from here."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, paged_table, plain
from app.parts.filters import search_box, tabs_of
from app.parts.forms import guarded_dialog, once, settle
from domain import catalog
from domain.identity import Permission

_, actor = guard()
VIEWS = {"all": "All", "published": "Published", "draft": "Drafts", "paused": "Paused", "discontinued": "Discontinued"}


def actions() -> None:
    if actor.may(Permission.SEE_SALES) and st.button("Performance", icon=":material/conversion_path:"):
        go("manufacturer-performance")
    if actor.may(Permission.MANAGE_PRICES) and st.button(
        "Order minimum and shipping", icon=":material/local_shipping:"
    ):
        go("manufacturer-product", show="terms")
    if st.button("Who sees what", icon=":material/visibility:"):
        go("manufacturer-audience")
    if actor.may(Permission.MANAGE_OFFERS) and st.button("Bring in a list", icon=":material/upload_file:"):
        go("manufacturer-upload")
    if actor.may(Permission.MANAGE_OFFERS) and st.button("Add a product", type="primary", icon=":material/add:"):
        go("manufacturer-product", show="new")


@guarded_dialog("Lead time")
def lead_time(row: catalog.OfferRow) -> None:
    sheet = ask(catalog.offer_sheet, offer_id=row.offer_id)
    st.markdown(f"**{plain(_named(row))}** · {plain(row.sku)}")
    with st.form(once(f"lead-{row.offer_id}"), border=False):
        days = st.number_input("Days until it is ready to ship", 0, 730, sheet.lead_time_days)
        st.caption("It holds for new orders.")
        if st.form_submit_button("Save", type="primary") and settle(
            catalog.set_lead_time, done="Saved. It holds for new orders.", offer_id=row.offer_id,
            version=sheet.version, lead_time_days=int(days),
        ):  # fmt: skip
            st.rerun()


page_header("Products", "What buyers can find, at which price, and how much of it is free", actions)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    show = tabs_of("offers", VIEWS)
    find = search_box("offers", "Product or SKU")


def nothing() -> None:
    if find or show != "all":
        empty_state("filter_alt_off", "No product fits", "Choose another view or clear the search.")
    else:
        empty_state(
            "inventory_2", "No products yet", "Add the first one with its prices; it is a draft until you publish it."
        )


may_open = actor.may(Permission.MANAGE_OFFERS)
may_plan = actor.may(Permission.SET_LEAD_TIMES) and not may_open
columns = [
    Column("SKU", lambda row: row.sku, "open" if may_open or may_plan else "text"),
    Column("Product", lambda row: _named(row), width="medium"),
    Column("Free", lambda row: words.number(row.on_hand - row.reserved), "right"),
    Column("Price from", lambda row: words.unit_price(row.from_price, row.currency), "right"),
    Column("State", lambda row: row.state, "state"),
    Column("Minimum", lambda row: words.number(row.minimum_quantity), "right"),
    Column("Lead time", lambda row: words.days(row.lead_time_days), "right"),
    Column("On hand", lambda row: words.number(row.on_hand), "right"),
    Column("Held for orders", lambda row: words.number(row.reserved), "right"),
    Column("Category", lambda row: row.category or "–"),
]


def _named(row: catalog.OfferRow) -> str:
    return row.product_name if row.variant_name == "Standard" else f"{row.product_name}, {row.variant_name}"


def _open(row: catalog.OfferRow) -> None:
    go("manufacturer-product", offer=row.offer_id)


if not actor.may(Permission.SEE_PRICES):
    columns = [column for column in columns if column.title != "Price from"]
if not actor.may(Permission.SEE_STOCK):
    columns = [column for column in columns if column.title not in ("Free", "On hand", "Held for orders")]
paged_table(
    "offers",
    lambda page, size: ask(catalog.my_offers, find=find, state=None if show == "all" else show, page=page, size=size),
    columns,
    on_open=_open if may_open else lead_time if may_plan else None,
    empty=nothing,
    hint="Press an SKU to change its lead time." if may_plan else None,
    alt="Products for sale",
)
