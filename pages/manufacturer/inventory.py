"""What the stock tells: its value, how long it lasts, what lies, what expires, and what to reorder or make."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, questions
from app.exports import Sheet
from app.navigation import go, guard, page_of
from app.parts import Column, bars, empty_state, id_or_none, inventory, page_header, paged_table, section
from app.parts.downloads import export_box
from app.parts.filters import choice, tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from app.parts.prices import midnight
from app.parts.text import plain
from domain import orders, pricing, reports, stock
from domain.identity import OrgKind, Permission
from domain.reports import Recommendation
from domain.stock import StockLine

who, actor = guard()
makes = who.org_kind == OrgKind.MANUFACTURER
sees_costs, may_manage = actor.may(Permission.SEE_COSTS), actor.may(Permission.MANAGE_STOCK)
may_reorder = may_manage if makes else actor.may(Permission.FILL_BASKET)
VIEWS = {"overview": "Overview", "levels": "Products", "reorder": "To make" if makes else "To reorder",
         "idle": "Not moving", "expiring": "Expiring"}  # fmt: skip
if makes:
    VIEWS["wishes"] = "In production"


def days() -> int:
    chosen = choice("levels", "Time", inventory.PERIODS, key="time", width=160, default="90")
    return int(chosen or 90)


def open_line(line: StockLine) -> None:
    go("manufacturer-inventory", show="levels", variant=line.variant_id)


@guarded_dialog("Put on the production list")
def wish(chosen: Sequence[Recommendation]) -> None:
    for one in chosen:
        st.markdown(f"{plain(inventory.named(one))}: **{words.number(one.quantity)}**")
    with st.form(once("wish"), border=False):
        due = st.date_input("To be made by", today(), min_value=today())
        st.caption("It counts as on the way until it is received, or closed under “In production”.")
        if st.form_submit_button("Put on the list", type="primary") and settle(
            stock.wish_production, request="wish", quantities={one.variant_id: one.quantity for one in chosen},
            due_on=due, done="On the production list.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Put into the basket")
def reorder(chosen: Sequence[Recommendation]) -> None:
    for one in chosen:
        st.markdown(plain(f"{inventory.named(one)}: {words.number(one.quantity)} from {one.seller_name}"))
    with st.form(once("reorder"), border=False):
        st.caption("Prices are those of now; you check out in the basket. They count as on the way from now on.")
        if st.form_submit_button("Put into the basket", type="primary") and settle(
            orders.add_many_to_basket, done="In your basket.",
            quantities={one.offer_id: one.quantity for one in chosen if one.offer_id},
        ):  # fmt: skip
            st.rerun()


def act(chosen: Sequence[Recommendation]) -> None:
    wish(chosen) if makes else reorder(chosen)


@guarded_dialog("Offer at a clearance price")
def clear(offer_id: UUID, name: str, units: int, percent: int, last_day: date) -> None:
    st.markdown(f"**{plain(name)}** · {words.count(units, 'unit')}")
    with st.form(once(f"clear-{offer_id}"), border=False):
        one, two = st.columns(2)
        off = one.number_input("Percent off", 1, 90, percent)
        last = two.date_input("Last day", last_day, min_value=today())
        st.caption("A promotion for everybody; it ends by itself when these units are sold. You find it under Prices.")
        if st.form_submit_button("Offer it", type="primary") and settle(
            pricing.make_rule, request=f"clear-{offer_id}", step=pricing.Step.PROMOTION, kind=pricing.RuleKind.PERCENT,
            title="Clearance", scope=pricing.Scope.OFFERS, offer_ids=[offer_id], percent=Decimal(int(off)),
            ends_at=midnight(last + timedelta(days=1), who.time_zone), budget_units=units,
            done="Buyers see the price now.",
        ):  # fmt: skip
            st.rerun()


def clear_one_of(goods: Sequence[tuple[UUID, str, int, int, date]], key: str) -> None:
    """Choose one of the goods (offer, name, units, percent off, last day) and offer it cheaper."""
    if not goods or not actor.may(Permission.MANAGE_PRICES):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            "Offer one of these at a clearance price", range(len(goods)), index=None, placeholder="Product", width=360,
            key=key, format_func=lambda i: f"{goods[i][1]} · {words.number(goods[i][2])}",
        )  # fmt: skip
        pressed = st.button("Clear it", icon=":material/sell:", disabled=number is None, key=f"{key}-do")
        if pressed and number is not None:
            clear(*goods[number])


variant_id = id_or_none("variant")
if variant_id is not None:
    found = inventory.line_of(ask(stock.stock_lines), variant_id)
    if found is None:
        page_header("Inventory", back=("Inventory", "manufacturer-inventory"))
        empty_state("search_off", "We could not find that product", "It was never in your stock.")
        st.stop()
    page_header(inventory.named(found), found.sku, back=("Inventory", "manufacturer-inventory"))
    inventory.product(found, may_manage=may_manage, sees_costs=sees_costs)
    st.stop()

header = st.container()
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    show = tabs_of("levels", VIEWS)
    side = st.container(horizontal=True, width="content", vertical_alignment="center")
period = 90
if show in ("overview", "levels"):
    with side:
        period = days()
with questions() as put:
    as_of, lines = put(lambda work: work.now), put(stock.stock_lines, days=period)
    advice = put(reports.recommendations) if show in ("overview", "reorder") and lines else []
    if show == "overview":
        value, low = put(stock.inventory_value), put(stock.open_alerts, size=6)
        turns = put(stock.turnover, days=period) if sees_costs else None
        points = put(stock.value_by_week, days=period) if sees_costs else []
with header:
    page_header("Inventory", f"{words.count(len(lines), 'product')} as of {words.instant(as_of)}")
if not lines:
    empty_state("warehouse", "No stock yet", "Receive goods first; then this page tells how long they last.",
                ("Go to your stock", "manufacturer-stock"))  # fmt: skip
    st.stop()
idle = stock.DEAD_AFTER
if show == "idle":
    with side:
        idle = int(choice("levels", "Idle", inventory.IDLE, key="idle", width=120, default="90") or idle)
dead = sorted(
    (line for line in lines if (line.idle_days or 0) >= idle),
    key=lambda line: (-(line.value or 0), -line.on_hand, line.product_name),
)


def files() -> None:
    def sheets() -> tuple[list[Sheet], dict[str, str]]:
        tables = [inventory.levels_sheet(lines, sees_costs=sees_costs), inventory.advice_sheet(advice)]
        return tables, {"What": "Inventory by product", "Period": inventory.PERIODS[str(period)]}

    export_box("inventory", sheets, choices={"days": str(period)},
               flat=lambda: inventory.levels_sheet(lines, sees_costs=sees_costs))  # fmt: skip


def draw_overview() -> None:
    inventory.tiles(lines, value=value, turns=turns, dead=dead, idle=idle, advice=advice)
    left, right = st.columns([1.6, 1], gap="medium")
    with left, st.container(border=True):
        inventory.class_matrix(lines)
    with right, st.container(border=True):
        inventory.low_now(*low)
    if any(point.value for point in points):
        with st.container(border=True):
            section(f"Stock at cost, {value.currency}", "At the end of each week of the period, and now.")
            bars(
                [point.at.date() for point in points], [float(point.value) for point in points],
                name=f"Stock at cost ({value.currency})", alt="What the stock cost at the end of each week",
            )  # fmt: skip


def draw_wishes() -> None:
    columns = [
        Column("Product", inventory.named, width="medium"),
        Column("To make", lambda row: words.number(row.quantity), "right"),
        Column("Came in since", lambda row: words.number(row.received), "right"),
        Column("By", lambda row: words.day(row.due_on), "right"),
        Column("SKU", lambda row: row.sku or "–"),
    ]
    rows, _ = ask(stock.production_wishes, size=100)
    paged_table(
        "wishes", lambda page, size: ask(stock.production_wishes, page=page, size=size), columns,
        empty=lambda: empty_state("factory", "Nothing is to be made", "Accept what “To make” recommends."),
        alt="Production list",
    )  # fmt: skip
    if rows and may_manage:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            number = st.selectbox(
                "Close one of these", range(len(rows)), index=None, placeholder="Product", key="to-close", width=360,
                format_func=lambda i: f"{inventory.named(rows[i])} · {words.number(rows[i].quantity)}",
            )
            for label, outcome in (("It is made", "made"), ("Drop it", "dropped")):
                if st.button(label, disabled=number is None, key=f"close-{outcome}") and number is not None and settle(
                    stock.close_production_wish, wish_id=rows[number].wish_id, outcome=outcome, done="Closed.",
                ):  # fmt: skip
                    st.rerun()


if show == "overview":
    with side:
        files()
    draw_overview()
elif show == "levels":
    inventory.products(lines, sees_costs=sees_costs, on_open=open_line)
elif show == "reorder":
    inventory.reorder_list(
        advice, act=act if may_reorder else None,
        label="Put on the production list" if makes else "Put into the basket",
        quiet="What you have and what is on the way lasts until the next look, at the high end of the demand.",
    )  # fmt: skip
elif show == "idle":
    inventory.not_moving(dead, sees_costs=sees_costs, idle=idle)
    in_a_month = today() + timedelta(days=30)
    clear_one_of(
        [(line.offer_id, inventory.named(line), line.available, 25, in_a_month) for line in dead[:100]
         if line.offer_id is not None and line.is_on_sale and line.available], "clear-idle",
    )  # fmt: skip
    if dead:
        with st.container(horizontal=True):
            st.page_link(page_of("manufacturer-stock"), label="Move or take out of stock", icon=":material/warehouse:")
elif show == "expiring":
    lots = ask(stock.expiring_lots)
    inventory.expiring(lots)
    clear_one_of(
        [(lot.offer_id, inventory.named(lot), lot.on_hand, lot.mark_down_percent, lot.expires_on - timedelta(days=1))
         for lot in lots if lot.offer_id is not None and lot.mark_down_percent and lot.days_left > 1], "clear-lot",
    )  # fmt: skip
else:
    draw_wishes()
