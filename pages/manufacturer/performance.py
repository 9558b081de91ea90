"""From looking to buying: how often each product was opened, put into a basket, ordered and ordered again."""

from datetime import UTC, datetime, time
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, bars, empty_state, id_or_none, page_header, paged_table, section, table
from app.parts.filters import search_box
from app.parts.inventory import named
from app.parts.periods import pick_period, today
from domain import reports
from domain.identity import Permission
from domain.reports import FunnelRow

_, actor = guard()
sees_prices = actor.may(Permission.SEE_PRICES)
offer_id = id_or_none("offer")


def companies(count: int | None) -> str:
    """How many companies, unless that would tell who they are."""
    return f"under {reports.FEW}" if count is None else words.number(count)


def share(part: int, whole: int) -> str:
    return "–" if not whole else f"{part / whole * 100:.1f} %"


def at_midnight(day: object) -> datetime:
    return datetime.combine(day, time(), UTC)  # type: ignore[arg-type]


page_header(
    "Product performance", "From views to repeated orders, each figure down to what is behind it",
    back=("Products", "manufacturer-products") if offer_id is None else ("All products", "manufacturer-performance"),
)  # fmt: skip
with st.container(horizontal=True, vertical_alignment="center"):
    _, period = pick_period(today())
    find = "" if offer_id else search_box("funnel", "Product or SKU")
first, end = at_midnight(period.first), at_midnight(period.end)


def draw_all() -> None:
    columns = [
        Column("SKU", lambda row: row.sku, "open"),
        Column("Product", named, width="medium"),
        Column("Views", lambda row: words.number(row.views), "right", first=True,
               help="How often people of other companies opened the product's page. All its sellers share them."),
        Column("Baskets", lambda row: words.number(row.additions), "right",
               help="How often it was put into a basket; more of the same counts once."),
        Column("Orders", lambda row: words.number(row.orders), "right", first=True, help="Orders that were paid for."),
        Column("Orders per view", lambda row: "–" if not row.views else f"{row.orders / row.views:.2f}", "right",
               help="Above 1 where people order without a look at the page: from a list, by quick order."),
        Column("Units", lambda row: words.number(row.units), "right"),
        Column("Companies", lambda row: companies(row.viewers), "right",
               help="How many looked. One or two are not counted out: who only looked stays private."),
        Column("Buyers", lambda row: words.number(row.buyers), "right"),
        Column("Came back", lambda row: words.number(row.repeat_buyers), "right",
               help="Buyers who had ordered it before, or did so twice."),
    ]  # fmt: skip
    if sees_prices:
        columns.insert(7, Column("Goods", lambda row: words.money(row.goods, row.currency), "right"))
    paged_table(
        "funnel", lambda page, size: ask(reports.product_funnel, first=first, end=end, find=find, page=page, size=size),
        columns, on_open=lambda row: go("manufacturer-performance", offer=row.offer_id),
        empty=lambda: empty_state("filter_alt_off", "No product fits", "Clear the search, or add a product first.",
                                  ("Go to your products", "manufacturer-products")),
        hint="Open a product to see the days and the orders behind its figures.", alt="Products from views to orders",
    )  # fmt: skip


def one_of(offer: UUID) -> FunnelRow | None:
    rows, total = ask(reports.product_funnel, first=first, end=end, size=10_000)
    return next((row for row in rows if row.offer_id == offer), None)


def draw_one(offer: UUID) -> None:
    days = ask(reports.interest_by_day, offer_id=offer, first=first, end=end)
    row = one_of(offer)
    if row is None:
        empty_state("search_off", "We could not find that product", "It is not one of yours.")
        return
    section(f"{named(row)} · {row.sku}")
    steps = [
        ("Opened", row.views, f"by {companies(row.viewers)} companies" if row.views else ""),
        ("Put into a basket", row.additions, f"by {companies(row.adders)} companies" if row.additions else ""),
        ("Ordered", row.orders, f"by {words.number(row.buyers)}, {words.number(row.units)} units"),
        ("Came back", row.repeat_buyers, "buyers"),
    ]
    st.caption("Shares are of the step before, above 100 % where people came without it: from a list, by quick order.")
    with st.grid(4, min_column_width=150, gap="small"):
        before: int | None = None
        for title, count, note in steps:
            of_before = share(count, before) if before else None
            st.metric(title, words.number(count), of_before, delta_color="off", delta_arrow="off", help=note or None,
                      border=True, height="stretch")  # fmt: skip
            before = count
    if any(day.views for day in days):
        with st.container(border=True):
            section("Views by day", "Days are in UTC.")
            bars([day.day for day in days], [day.views for day in days], name="Views", alt="Views by day")
    if days:
        with st.expander("Views and baskets by day"):
            table(
                "interest", days,
                [
                    Column("Day", lambda day: words.day(day.day)),
                    Column("Views", lambda day: words.number(day.views), "right"),
                    Column("Into baskets", lambda day: words.number(day.additions), "right"),
                ],
                alt="Views and baskets by day",
            )  # fmt: skip
    section("Orders behind it")
    columns = [
        Column("Order", lambda order: order.number, "open"),
        Column("Buyer", lambda order: order.buyer_name),
        Column("Paid", lambda order: words.instant(order.secured_at)),
        Column("Units", lambda order: words.number(order.units), "right"),
        Column("Had ordered before", lambda order: "yes" if order.is_repeat else "no"),
    ]
    if sees_prices:
        columns.insert(4, Column("Goods", lambda order: words.money(order.goods, order.currency), "right"))
    paged_table(
        "sold",
        lambda page, size: ask(reports.orders_of_offer, offer_id=offer, first=first, end=end, page=page, size=size),
        columns, on_open=lambda order: go("manufacturer-order", order=order.order_id),
        empty=lambda: empty_state("receipt_long", "Not ordered in this time", "Choose a longer time."),
        alt="Orders of the product",
    )  # fmt: skip


draw_all() if offer_id is None else draw_one(offer_id)
