"""What stock tells, drawn the same for makers, distributors and shops: tiles, classes, lists and how it will go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.exports import Sheet
from app.parts.charts import outlook
from app.parts.filters import choice, search_box
from app.parts.forms import guarded_dialog, once, settle
from app.parts.header import empty_state, section
from app.parts.lists import facts_list
from app.parts.tables import Column, paged_table, table
from app.parts.text import plain
from app.parts.tiles import Tile, metric_tiles
from domain import reports, stock
from domain.reports import Recommendation
from domain.stock import StockLine

PERIODS = {"28": "Last 4 weeks", "90": "Last 90 days", "180": "Last 6 months", "365": "Last 12 months"}
IDLE = {"60": "60 days", "90": "90 days", "180": "180 days"}
VARIES = {"X": "X · steady", "Y": "Y · varies", "Z": "Z · irregular"}
WORTH = {"A": "A · first 80 % of value", "B": "B · next 15 %", "C": "C · the rest"}


def named(row: Any) -> str:
    """A product with its variant, where there are several."""
    return row.product_name if row.variant_name == "Standard" else f"{row.product_name}, {row.variant_name}"


def lasts(days: int | None) -> str:
    """How long stock lasts: "12 days"; nothing goes out: "no sales"."""
    if days is None:
        return "no sales"
    return words.days(days) if days < 1000 else "over 2 years"


def lasts_between(line: StockLine) -> str:
    """With the range that comes from how unsure the demand is."""
    if line.days_left is None:
        return "no sales"
    longest = "longer" if line.days_left_high is None else str(min(line.days_left_high, 999))
    return f"{lasts(line.days_left)} ({line.days_left_low}–{longest})"


def a_day(units: float) -> str:
    """A rate: "3.2 a day", "0.04 a day"."""
    return f"{words.tenths(Decimal(str(round(units, 1))))}" if units >= 0.95 or not units else f"{units:.2f}"


# --- the top: figures on tiles ---------------------------------------------------------------------


def tiles(
    lines: Sequence[StockLine], *, value: stock.InventoryValue, turns: stock.Turnover | None, dead: Sequence[StockLine],
    idle: int, advice: Sequence[Recommendation],
) -> None:  # fmt: skip
    """The six figures of the stock, each with what it means and how it is worked out."""
    free, rate = sum(line.available for line in lines), sum(line.per_day for line in lines)
    low, high = sum(line.low for line in lines), sum(line.high for line in lines)
    shown = []
    if value.value is not None:
        left_out = f" {words.count(value.uncosted, 'unit')} came in without a cost and count nothing." * bool(
            value.uncosted
        )
        known = value.uncosted < value.units or not value.units
        shown.append(
            Tile("Stock at cost", words.money_short(value.value, value.currency) if known else "–",
                 f"What the goods that lie here have cost you.{left_out}",
                 "the sum of quantity × cost over all layers that are left", "now")
        )  # fmt: skip
    shown.append(Tile("Units on hand", words.number(value.units),
                      f"All products together; {words.number(free)} of them are free to sell.",
                      "the sum of all places, lots and goods on the way between them", "now"))  # fmt: skip
    left = stock.days_left(free, rate)
    between = "" if left is None else f" Between {_days(free, high)} and {_days(free, low)} (P10 to P90)."
    shown.append(Tile("Days of stock left", "–" if left is None else words.number(left),
                      "How long the free stock lasts at the demand that is expected, all products together." + between,
                      "free units ÷ units a day, without the days on which nothing was there", "now"))  # fmt: skip
    if turns is not None:
        shown.append(
            Tile("Turns a year", "–" if turns.per_year is None else words.tenths(turns.per_year),
                 "How often a year the stock is sold and replaced.",
                 f"cost of what was sold in {turns.days} days ({words.money(turns.cost_of_sales, value.currency)}) ÷ "
                 f"mean stock at cost ({words.money(turns.average_value, value.currency)}) × 365 ÷ {turns.days}", "now")
        )  # fmt: skip
    idle_value = sum((line.value for line in dead if line.value is not None), Decimal(0))
    shown.append(
        Tile("Not moving", words.money_short(idle_value, value.currency) if idle_value or not dead and value.value
             else words.count(sum(line.on_hand for line in dead), "unit"),
             f"{words.count(len(dead), 'product')} of which nothing has gone out for {idle} days.",
             f"products with stock whose last sale, or first receipt, is more than {idle} days ago", "now")
    )  # fmt: skip
    urgent = sum(1 for one in advice if one.is_urgent)
    shown.append(
        Tile("To reorder", words.number(len(advice)),
             f"Products that would run out before new goods and the next look; {words.number(urgent)} of them before "
             "new goods are here.",
             "free + on order − what goes out (high end) until lead time, usual delay and two weeks are over", "now")
    )  # fmt: skip
    metric_tiles(shown, columns=len(shown) if len(shown) < 5 else 3)


def _days(units: int, rate: float) -> str:
    found = stock.days_left(units, rate)
    return "longer" if found is None else words.number(found)


# --- classes ---------------------------------------------------------------------------------------


def class_matrix(lines: Sequence[StockLine]) -> None:
    """How many products are in which class, and how much of what went out they are."""
    total = sum((line.out_value for line in lines if line.out_value is not None), Decimal(0))
    counts = Counter((line.abc, line.xyz) for line in lines)

    def cell(abc: str, xyz: str) -> str:
        worth = sum((line.out_value or Decimal(0) for line in lines if (line.abc, line.xyz) == (abc, xyz)), Decimal(0))
        share = f" · {worth / total * 100:.0f} %" if total and counts[abc, xyz] else ""
        return f"{words.number(counts[abc, xyz])}{share}" if counts[abc, xyz] else "–"

    section("Classes", "A, B, C: by the value of what went out, at cost where it is known and else at the list price. "
                       "X, Y, Z: by how much it varies from week to week (standard deviation ÷ mean, up to 0.5, up to "
                       "1, above). Products in each and their share of the value.")  # fmt: skip
    columns = [Column("Class", lambda abc: WORTH[abc])]
    columns += [Column(title, lambda abc, xyz=xyz: cell(abc, xyz), "right") for xyz, title in VARIES.items()]  # type: ignore[misc]
    table("classes", ["A", "B", "C"], columns, alt="Number of products by value and by how steady they sell")


# --- lists -----------------------------------------------------------------------------------------


def products(lines: Sequence[StockLine], *, sees_costs: bool, on_open: Callable[[StockLine], None]) -> None:
    """Every product with its level, its class, and how long it lasts."""
    with st.container(horizontal=True, vertical_alignment="center"):
        find = search_box("levels", "Product or SKU").lower()
        abc = choice("levels", "All values", WORTH, key="abc", width=200)
        xyz = choice("levels", "All rhythms", VARIES, key="xyz", width=160)
    fitting = [
        line for line in lines
        if (not find or find in named(line).lower() or find in (line.sku or "").lower())
        and (not abc or line.abc == abc) and (not xyz or line.xyz == xyz)
    ]  # fmt: skip
    columns = [
        Column("Product", named, "open", width="medium"),
        Column("Free", lambda line: words.number(line.available), "right"),
        Column("Lasts", lasts_between, "right", help="Days at the expected demand, with P10 to P90."),
        Column("Class", lambda line: line.abc + line.xyz),
        Column("Goes out a day", lambda line: a_day(line.per_day), "right"),
        Column("In the period", lambda line: words.number(line.units_out), "right", help="Units that went out."),
        Column("On hand", lambda line: words.number(line.on_hand), "right"),
    ]
    if any(line.offer_id for line in lines):  # who sells has numbers of their own, and orders that goods are held for
        columns += [
            Column("Held for orders", lambda line: words.number(line.reserved), "right"),
            Column("SKU", lambda line: line.sku or "–"),
        ]
    if sees_costs:
        columns.insert(6, Column("At cost", lambda line: _at_cost(line), "right"))
    paged_table(
        "levels", lambda page, size: (fitting[(page - 1) * size : page * size], len(fitting)), columns, on_open=on_open,
        empty=lambda: empty_state("filter_alt_off", "Nothing fits", "Clear the search or choose other classes."),
        hint="Press a product to see how its stock will go, its layers and its alert.", alt="Stock by product",
        file=lambda: levels_sheet(fitting, sees_costs=sees_costs),
    )  # fmt: skip


def levels_sheet(lines: Sequence[StockLine], *, sees_costs: bool) -> Sheet:
    """All products with exact values."""
    money = ("Stock at cost", "Went out, value") if sees_costs else ()
    titles = ("Product", "SKU", "Class", "On hand", "Held", "Free", "Went out", "A day", "A day P10", "A day P90",
              "Days left", "Days without movement", *money)  # fmt: skip
    kinds = ("text", "text", "text", *["count"] * 4, *["number"] * 3, "count", "count", *["money"] * len(money))
    rows = [
        (named(line), line.sku, line.abc + line.xyz, line.on_hand, line.reserved, line.available, line.units_out,
         round(line.per_day, 4), round(line.low, 4), round(line.high, 4), line.days_left, line.idle_days,
         *((line.value, line.out_value) if money else ()))
        for line in lines
    ]  # fmt: skip
    return Sheet("Products", titles, rows, kinds, lines[0].currency if lines else None)


def advice_sheet(advice: Sequence[Recommendation]) -> Sheet:
    titles = ("Product", "SKU", "Quantity", "From", "Free", "On order", "A day", "Lead days", "Delay days", "Smallest",
              "Step", "Why")  # fmt: skip
    rows = [
        (named(one), one.sku, one.quantity, one.seller_name, one.available, one.on_order, round(one.per_day, 4),
         one.lead_days, one.risk_days, one.minimum, one.increment, because(one))
        for one in advice
    ]  # fmt: skip
    kinds = ("text", "text", "count", "text", "count", "count", "number", *["count"] * 4, "text")
    return Sheet("To reorder", titles, rows, kinds)


def because(one: Recommendation) -> str:
    """Why so much of it now, in a line."""
    coming = f" and {words.number(one.on_order)} on the way" if one.on_order else ""
    late = ""
    if one.risk_days:
        late = f" + {words.days(one.risk_days)} of delay ({one.orders_late} of {one.orders_seen} were late)"
    steps = ""
    if one.quantity != one.needed:
        why = f"the smallest order is {words.number(one.minimum)}" if one.needed < one.minimum else ""
        why = why or f"in steps of {words.number(one.increment)}"
        steps = f"; {why}"
    return (
        f"{words.number(one.available)} free{coming}, {a_day(one.per_day)} a day (up to {a_day(one.high)}): lasts "
        f"{lasts(one.days_left)}. New goods take {words.days(one.lead_days)}{late}, the next look comes after "
        f"{words.days(reports.REVIEW_DAYS)}: {words.number(one.needed)} would be missing{steps}."
    )


def reorder_list(
    advice: Sequence[Recommendation], *, act: Callable[[Sequence[Recommendation]], None] | None, label: str,
    quiet: str,
) -> None:  # fmt: skip
    """What to reorder with the reason of each; `act` follows those that are ticked."""
    if not advice:
        empty_state("task_alt", "Nothing to reorder", quiet)
        return
    with st.container(gap="small"):
        chosen = []
        for one in advice[:50]:
            with st.container(border=True, gap="xsmall"):
                with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                    title = f"{plain(named(one))} · {words.number(one.quantity)}"
                    if act and (one.offer_id is not None or one.seller_name is None):
                        if st.checkbox(title, value=one.is_urgent, key=f"take-{one.variant_id}"):
                            chosen.append(one)
                    else:
                        st.markdown(f"**{title}**")
                    if one.is_urgent:
                        st.badge("Runs out before new goods come", color="red")
                st.caption(plain(because(one)) + (plain(f" From {one.seller_name}.") if one.seller_name else ""))
        if len(advice) > 50:
            st.caption(f"The first 50 of {words.number(len(advice))}; the file has all of them.")
        if act and st.button(label, type="primary", icon=":material/playlist_add:", disabled=not chosen):
            act(chosen)


def not_moving(dead: Sequence[StockLine], *, sees_costs: bool, idle: int) -> None:
    """Products that lie, with what they cost and what one can do."""
    if not dead:
        empty_state("bolt", "Everything moves", f"Something of every product went out within {idle} days.")
        return
    columns = [
        Column("Product", named, width="medium"),
        Column("On hand", lambda line: words.number(line.on_hand), "right"),
        Column("Lies for", lambda line: words.days(line.idle_days or 0), "right"),
        Column("Last sale", lambda line: words.day(line.last_out_at) if line.last_out_at else "never", "right"),
        Column("Suggestion", suggestion, width="large"),
        Column("SKU", lambda line: line.sku or "–"),
    ]
    if sees_costs:
        columns.insert(2, Column("At cost", lambda line: _at_cost(line), "right"))
    table("dead", dead[:100], columns, alt="Products that do not move")


def suggestion(line: StockLine) -> str:
    """What one can do with goods that lie."""
    if line.is_on_sale and (line.idle_days or 0) < 180:
        return "Offer it at a clearance price"
    if line.offer_id is None or not line.is_on_sale:
        return "Put it on sale, or move it to where it sells"
    return "Clear it, or dispose of it to free the space"


def expiring(lots: Sequence[stock.ExpiringLot]) -> None:
    """Lots that expire soon and what would clear them."""
    if not lots:
        empty_state("event_available", "Nothing expires soon", "No lot of yours expires within the next 60 days.")
        return
    columns = [
        Column("Product", named, width="medium"),
        Column("Expires", lambda lot: words.day(lot.expires_on), "right"),
        Column("On hand", lambda lot: words.number(lot.on_hand), "right"),
        Column("Left over", lambda lot: words.number(lot.left_over), "right",
               help="What will not be sold in time at today's demand, after the lots before it."),
        Column("Suggestion", _clears),
        Column("Lot", lambda lot: lot.lot),
        Column("Goes out a day", lambda lot: a_day(lot.per_day), "right"),
    ]  # fmt: skip
    table("expiring", lots, columns, alt="Lots that expire within 60 days")
    st.caption("We plan with 2 % more sales for each percent off, until your own sales say better.")


def _clears(lot: stock.ExpiringLot) -> str:
    if lot.days_left <= 0:
        return "Expired: take it out of stock"
    if not lot.left_over:
        return "Sells in time"
    if lot.mark_down_percent is None:
        return "No price clears it: give it away"
    return f"Take {lot.mark_down_percent} % off"


# --- one product -----------------------------------------------------------------------------------


def product(line: StockLine, *, may_manage: bool, sees_costs: bool) -> None:
    """How the stock of a product will go, from what, and what it has cost."""
    going = ask(reports.projection, variant_id=line.variant_id)
    gone = f", gone on {words.day(going.runs_out_on)}" if going.runs_out_on else ""
    left, right = st.columns([1.8, 1], gap="medium")
    with left, st.container(border=True):
        section("The next 60 days", "Free now, plus what is on its way, less what goes out. Below zero is what will be "
                                    "missing. The dashed lines are P10 and P90.")  # fmt: skip
        outlook([day.day for day in going.days], [day.low for day in going.days], [day.expected for day in going.days],
                [day.high for day in going.days],
                alt=f"Expected stock of {line.product_name} over 60 days{gone}")  # fmt: skip
    with right, st.container(border=True):
        section("Now")
        alert = "none" if not line.threshold else f"below {words.number(line.threshold)} free"
        if line.threshold_days:
            alert += f" ({words.days(line.threshold_days)} of cover)"
        facts_list({
            "Free": words.number(line.available), "Held for orders": words.number(line.reserved),
            "On the way": words.number(going.on_order),
            "Goes out a day": f"{a_day(line.per_day)} ({a_day(line.low)}–{a_day(line.high)})",
            "What is free lasts": lasts_between(line),
            "Gone, with what is on the way": words.day(going.runs_out_on) if going.runs_out_on else "not in 60 days",
            "Class": line.abc + line.xyz, "Alert": alert,
        })  # fmt: skip
        if may_manage and st.button("Change the alert", icon=":material/notifications:"):
            change_alert(line)
    section("Layers", "What came in together at one cost, and what is left of it. The oldest go out first.")
    columns = [
        Column("Came in", lambda row: words.day(row.received_at)),
        Column("Left", lambda row: words.number(row.remaining), "right"),
        Column("Of", lambda row: words.number(row.quantity), "right"),
        Column("Where", lambda row: row.location),
        Column("Lot", lambda row: "–" if row.lot == stock.NO_LOT else row.lot),
    ]
    if sees_costs:
        columns[3:3] = [
            Column("Unit cost", _unit_cost, "right"),
            Column("At cost", lambda row: words.money(row.value, row.currency or line.currency), "right"),
        ]  # fmt: skip
    paged_table(
        "layers", lambda page, size: ask(stock.value_layers, variant_id=line.variant_id, page=page, size=size), columns,
        empty=lambda: st.caption("Nothing of it is in stock."), alt="Layers of cost",
    )  # fmt: skip


@guarded_dialog("Tell me when it runs low")
def change_alert(line: StockLine) -> None:
    st.markdown(f"**{plain(named(line))}**")
    by_days = st.segmented_control(
        "How", ["days", "units"], format_func={"days": "By days of cover", "units": "By number"}.__getitem__,
        default="units" if line.threshold_days is None and line.threshold else "days", key="alert-how", required=True,
    ) == "days"  # fmt: skip
    with st.form(once(f"alert-{line.variant_id}"), border=False):
        if by_days:
            amount = st.number_input("Days of cover when new goods come", 1, 365, line.threshold_days or 14)
            st.caption("What sells in these days and in the lead time; we work it out anew every day.")
        else:
            amount = st.number_input("Free units", 0, 10**9, line.threshold or 0)
            st.caption("0: never.")
        facts = {"cover_days": int(amount)} if by_days else {"units": int(amount)}
        if st.form_submit_button("Save", type="primary") and settle(
            stock.set_threshold, done="Saved.", variant_id=line.variant_id, **facts
        ):
            st.rerun()


def low_now(rows: Sequence[stock.AlertRow], total: int) -> None:
    """The alerts that are open, the first of them by name."""
    section("Running low", "Free stock is below what you want to have. You are told once, and again after it was back.")
    if not rows:
        st.caption(":material/check_circle: Nothing is below its threshold.")
    for row in rows:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
            with st.container(gap=None):
                st.markdown(plain(named(row)))
                st.caption(plain(f"below {words.number(row.threshold)} since {words.day(row.opened_at)}"))
            st.badge(f"{words.number(row.available)} free", color="red" if not row.available else "orange")
    if total > len(rows):
        st.caption(f"and {words.number(total - len(rows))} more")


def line_of(lines: Sequence[StockLine], variant_id: UUID | None) -> StockLine | None:
    return next((line for line in lines if line.variant_id == variant_id), None)


def _unit_cost(row: stock.LayerRow) -> str:
    known = row.unit_cost is not None and row.currency is not None
    return words.unit_price(row.unit_cost, row.currency or "") if known else "not known"


def _at_cost(line: StockLine) -> str:
    if line.value is None:
        return "–"
    if line.uncosted and line.uncosted == line.on_hand:
        return "not known"
    return words.money(line.value, line.currency)
