"""Both sides of a distributor's day: what waits for me, where my goods go, and what runs low; of what I am kept to."""

from collections.abc import Callable

import streamlit as st

from app import words
from app.bridge import ask, questions
from app.navigation import go, guard, page_of
from app.parts import Column, Tile, bars, empty_state, metric_tiles, page_header, plain, ranking, section, table
from app.parts.onboarding import card_until_done
from domain import identity, orders, payments, stock, territories
from domain.identity import Permission
from domain.orders import OrderRow

who, actor = guard()
sees_prices, sees_stock = actor.may(Permission.SEE_PRICES), actor.may(Permission.SEE_STOCK)
buys, sells = actor.may(Permission.SEE_PURCHASES), actor.may(Permission.SEE_SALES)
with questions() as put:
    work_list, reach = put(orders.work_list), put(identity.reach_of)
    warehouses = put(stock.my_locations) if sees_stock else []
    weeks = put(orders.sales_by_week) if sells and sees_prices else []
    by_region = put(orders.sales_by_region) if sells and sees_prices else []
    bought = put(orders.orders_of_buyer, size=6)[0] if buys else []
    sold = put(orders.orders_of_seller, size=6)[0] if sells else []
    balance = put(payments.my_wallet, currency=who.currency).balance if actor.may(Permission.PAY) else None
    owed = put(payments.my_balance, currency=who.currency) if actor.may(Permission.SEE_PAYOUTS) else None
    # What sells against what lies there says nothing to who sees a part of the sales.
    sees_sold = sees_stock and reach.regions is None and reach.customers is None
    low = put(orders.running_low) if sees_sold else []


def kept_to() -> str:
    """What the figures and lists of this screen are narrowed to, in words; nothing for who sees all."""
    said = []
    if reach.regions is not None and actor.may(Permission.SEE_TERRITORIES):
        names = {row.region_id: row.name for row in ask(territories.my_territories)}
        mine = sorted({names[region] for region in reach.regions if region in names})
        said.append(", ".join(mine) or words.count(len(reach.regions), "region"))
    if reach.warehouses is not None:
        said.append(", ".join(row.name for row in warehouses) or "No warehouse")
    if reach.customers is not None:
        said.append(words.count(len(reach.customers), "customer"))
    return " · ".join(said)


page_header(f"Hello, {who.person_name.split()[0]}", " · ".join(filter(None, (who.org_name, kept_to()))))
card_until_done()

tiles = []
if balance is not None:
    tiles.append(
        Tile("In your wallet", words.money(balance, who.currency), "What you can spend.", url="retailer-wallet")
    )
if owed is not None:
    tiles.append(
        Tile("Owed to you", words.money(owed, who.currency), "Net earnings, not paid out yet.",
             url="manufacturer-payouts")
    )  # fmt: skip
if sees_prices:
    open_value = words.money(work_list.open_value, work_list.currency)
    tiles.append(Tile("In open orders", open_value, "Bought and sold, everything that is not finished."))
if weeks:
    sold_now = words.money(weeks[-1].goods, weeks[-1].currency)
    tiles.append(
        Tile("Sold this week", sold_now, "Goods value of orders paid since Monday.", url="manufacturer-orders")
    )
if not sees_prices and sees_stock:
    tiles += [
        Tile("On hand", words.number(sum(row.on_hand for row in warehouses)), "Units in your warehouses.",
             url="manufacturer-stock"),
        Tile("To ship", words.number(work_list.to_ship), "Orders with confirmed goods that have not left yet.",
             url="manufacturer-orders"),
        Tile("On their way to you", words.number(work_list.to_receive), "Orders of yours that a maker has shipped.",
             url="retailer-orders"),
        Tile("Late", words.number(work_list.late), "Orders that are not shipped although their promised day is over."),
    ]  # fmt: skip
if tiles:
    metric_tiles(tiles, columns=len(tiles))

Task = tuple[str, str, str, Permission]
BUYING: tuple[Task, ...] = (
    ("to_pay", "Pay", "retailer-orders", Permission.PAY),
    ("to_receive", "Receive goods", "retailer-orders", Permission.RECEIVE_GOODS),
    ("to_accept", "Accept goods", "retailer-orders", Permission.RECEIVE_GOODS),
)
SELLING: tuple[Task, ...] = (
    ("to_answer", "Answer orders", "manufacturer-orders", Permission.ANSWER_ORDERS),
    ("to_ship", "Ship goods", "manufacturer-orders", Permission.SHIP_ORDERS),
    ("in_production", "In production", "manufacturer-orders", Permission.REPORT_PRODUCTION),
)


def draw_tasks(tasks: tuple[Task, ...], nothing: str) -> None:
    """What waits for this person: what colleagues have to do is no task."""
    waiting = [
        (getattr(work_list, name), title, url)
        for name, title, url, right in tasks
        if getattr(work_list, name) and actor.may(right)
    ]
    if not waiting:
        st.caption(f":material/check_circle: {nothing}")
    for count, title, url in waiting:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{title}**", width="content")
            st.page_link(page_of(url), label=words.count(count, "order"), icon=":material/arrow_forward:")


def columns(party: str, other: Callable[[OrderRow], str]) -> list[Column]:
    shown = [
        Column("Order", lambda row: row.number, "open"),
        Column("State", lambda row: words.stage(row.state, row.progress), "state"),
        Column(party, other),
    ]
    if sees_prices:
        shown.insert(1, Column("Total", lambda row: words.money(row.total, row.currency), "right"))
    return shown


def draw_buying() -> None:
    with st.container(border=True):
        section("Buying")
        draw_tasks(BUYING, "Nothing waits for you as a buyer.")
    if bought:
        table("bought", bought, columns("Supplier", lambda row: row.seller_name),
              on_open=lambda row: go("retailer-order", order=row.order_id))  # fmt: skip
    elif actor.may(Permission.SEARCH_PRODUCTS):
        empty_state("shopping_cart", "Nothing bought yet", "Find products of the makers whose goods you sell.",
                    ("Find products", "retailer-products"))  # fmt: skip
    else:
        empty_state("local_shipping", "Nothing is on its way", "What your colleagues buy for you appears here.")


def draw_selling() -> None:
    with st.container(border=True):
        section("Selling")
        draw_tasks(SELLING, "Nothing waits for you as a seller.")
    if sold:
        table("sold", sold, columns("Buyer", lambda row: row.buyer_name),
              on_open=lambda row: go("manufacturer-order", order=row.order_id))  # fmt: skip
    elif kept_to():
        empty_state("map", "No orders here yet", "Paid orders of what you are responsible for appear here.")
    elif actor.may(Permission.MANAGE_OFFERS):
        empty_state("receipt_long", "Nothing sold yet", "Publish products with prices and stock.",
                    ("Products", "manufacturer-products"))  # fmt: skip
    else:
        empty_state("receipt_long", "Nothing sold yet", "Orders of shops appear here as soon as they are paid.")


def draw_regions() -> None:
    with st.container(border=True, height="stretch"):
        section("Sales by region, 12 weeks", "Goods value of paid orders, by where they go on the day of the order.")
        if not by_region:
            st.caption("Nothing was sold in the last twelve weeks.")
            return
        named = [
            (row.region_name or "Outside of every region", row.goods, words.money_short(row.goods, row.currency))
            for row in by_region
        ]
        ranking(named, alt="Goods sold by region: " + ", ".join(f"{name} {said}" for name, _, said in named),
                key="regions")  # fmt: skip


def draw_stock() -> None:
    with st.container(border=True, height="stretch"):
        section("Running low", "Less free stock than you sold in the last four weeks, or than the minimum order.")
        if not low:
            st.caption("All published products have stock for the next weeks.")
        for row in low:
            with st.container(horizontal=True, horizontal_alignment="distribute", wrap=False):
                with st.container(gap=None):
                    st.markdown(plain(row.name))
                    st.caption(plain(f"{row.sku} · {words.number(row.sold)} sold in 4 weeks"))
                st.badge(f"{words.number(row.available)} free", color="red" if not row.available else "orange")
        st.page_link(page_of("manufacturer-stock"), label="Open the stock", icon=":material/warehouse:")


def side_by_side(parts: list[Callable[[], None]]) -> None:
    """Next to each other; one alone has all the width."""
    for place, draw in zip(st.columns(len(parts), gap="medium") if len(parts) > 1 else [st.container()] * len(parts),
                           parts, strict=True):  # fmt: skip
        with place:
            draw()


side_by_side([draw for draw, is_shown in ((draw_selling, sells), (draw_buying, buys)) if is_shown])
side_by_side(
    [draw for draw, is_shown in ((draw_regions, sells and sees_prices), (draw_stock, sees_sold)) if is_shown]
)
if any(week.goods for week in weeks):
    with st.container(border=True):
        section(f"Sales by week, {weeks[0].currency}", "Goods value of orders by the week they were paid in.")
        bars(
            [week.week_on for week in weeks], [float(week.goods) for week in weeks],
            name=f"Goods sold ({weeks[0].currency})", alt="Goods value sold in each of the last twelve weeks",
        )  # fmt: skip
