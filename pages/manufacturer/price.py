"""The prices of one product I sell: its list, what is planned, how low it goes, and how it went."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, confirm, empty_state, page_header, section, table, trend
from app.parts.addresses import asked_for
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from app.parts.prices import amount_of, checked_ladder, ladder_editor, ladder_words, midnight
from domain import catalog, orders, pricing
from domain.catalog import PlanRow
from domain.identity import Permission
from domain.pricing import PastPrice, PricedOffer

who, actor = guard()
may_change = actor.may(Permission.MANAGE_PRICES)
BACK = ("Prices", "manufacturer-prices")


@guarded_dialog("Prices from a day on", width="medium")
def plan(offer: PricedOffer, known: PlanRow | None) -> None:
    key = f"plan-{known.plan_id}-{known.version}" if known else f"plan-{offer.offer_id}"
    if known:
        rows = [(tier.minimum_quantity, tier.unit_price) for tier in known.tiers]
    else:
        rows = list(zip(offer.quantities, offer.prices, strict=True))
    tomorrow = today(who.time_zone) + timedelta(days=1)
    first = st.date_input(
        "They hold from", max(_day_of(known), tomorrow) if known else tomorrow, min_value=tomorrow, key=f"{key}-day",
        help=f"Midnight in your time zone, {who.time_zone}",
    )  # fmt: skip
    wanted = ladder_editor(f"{key}-tiers", rows, offer.currency, alt="Planned price list")
    if not st.button("Save the plan", type="primary", key=once(key)):
        return
    tiers = checked_ladder(wanted)
    if tiers is not None and settle(
        catalog.plan_prices, request=key, offer_id=offer.offer_id, tiers=tiers,
        starts_at=midnight(first, who.time_zone), plan_id=known.plan_id if known else None,
        version=known.version if known else None, done=f"Planned. The prices change on {words.day(first)}.",
    ):  # fmt: skip
        st.rerun()


def _day_of(known: PlanRow) -> date:
    return known.starts_at.astimezone(ZoneInfo(who.time_zone)).date()


def draw_list(offer: PricedOffer) -> None:
    rows = list(zip(offer.quantities, offer.prices, strict=True))
    if not may_change:
        table(
            "tiers", rows,
            [Column("From quantity", lambda row: words.number(row[0]), "right"),
             Column("Unit price", lambda row: words.unit_price(row[1], offer.currency), "right")], alt="Price list",
        )  # fmt: skip
        return
    st.caption("More should never cost more each. Prices are without tax and hold for new orders from now on.")
    wanted = ladder_editor(f"list-{offer.offer_id}-{offer.version}", rows, offer.currency, alt="Price list")
    if st.button("Save prices", type="primary", key="save-prices"):
        tiers = checked_ladder(wanted)
        if tiers is not None and settle(
            catalog.set_price_tiers, offer_id=offer.offer_id, tiers=tiers, version=offer.version,
            done="New prices hold from now on.",
        ):  # fmt: skip
            st.rerun()


def draw_plans(offer: PricedOffer) -> None:
    plans = ask(catalog.planned_prices, offer_id=offer.offer_id)
    if not plans:
        st.caption("Nothing is planned.")
    for known in plans:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            ladder = ladder_words([t.minimum_quantity for t in known.tiers], [t.unit_price for t in known.tiers],
                                  known.currency)  # fmt: skip
            st.text(f"{words.day(_day_of(known))}: {ladder}", width="content")
            if may_change:
                with st.container(horizontal=True, width="content"):
                    if st.button("Change", key=f"change-{known.plan_id}"):
                        plan(offer, known)
                    if st.button("Take back", key=f"back-{known.plan_id}", type="tertiary"):
                        withdraw(known.plan_id, known.version)
    if may_change and st.button("Plan prices", icon=":material/event:", key="plan"):
        plan(offer, None)


def withdraw(plan_id: UUID, version: int) -> None:
    confirm(
        "Take this plan back?", "The prices of today go on.", "Take it back",
        lambda: settle(catalog.withdraw_plan, plan_id=plan_id, version=version, done="Taken back."),
    )  # fmt: skip


def draw_limits(offer: PricedOffer) -> None:
    if actor.may(Permission.SET_PRICE_FLOORS):
        with st.form(once(f"floor-{offer.offer_id}"), border=False):
            typed = st.text_input(
                f"Floor in {offer.currency}, empty for none", f"{offer.floor.normalize():f}" if offer.floor else "",
                help="Discounts stop here. Only you give lower prices; managers go down to 5 % below.",
            )  # fmt: skip
            if st.form_submit_button("Save the floor"):
                floor = amount_of(typed, "The floor") if (typed or "").strip() else None
                if (floor is not None or not (typed or "").strip()) and settle(
                    catalog.set_price_floor, offer_id=offer.offer_id, minimum_price=floor, done="Saved."
                ):
                    st.rerun()
    elif offer.floor is not None:
        st.caption(f"Floor: {words.unit_price(offer.floor, offer.currency)}")
    minimums = {row.product_id: row.minimum_quantity for row in ask(pricing.my_product_minimums)}
    known = minimums.get(offer.product_id)
    if may_change:
        with st.form(once(f"minimum-{offer.offer_id}"), border=False):
            least = st.number_input(
                "Smallest order of all variants together, empty for none", 1, value=known, step=1,
                help=f"Beside the smallest order of this variant, which is {words.number(offer.minimum_quantity)}.",
            )  # fmt: skip
            if st.form_submit_button("Save the minimum") and settle(
                pricing.set_product_minimum, product_id=offer.product_id, done="Saved. It holds for new orders.",
                minimum_quantity=int(least) if least else None,
            ):  # fmt: skip
                st.rerun()
    elif known:
        st.caption(f"Smallest order, all variants together: {words.number(known)}")


def at_quantity(rows: list[PastPrice], quantity: int) -> list[tuple[PastPrice, Decimal]]:
    """What a quantity cost at each change of the list, the oldest first: of each list the tier that it reaches."""
    by_start: dict[object, PastPrice] = {}
    for row in rows:
        known = by_start.get(row.valid_from)
        if known is None or known.minimum_quantity < row.minimum_quantity <= quantity:
            by_start[row.valid_from] = row
    return [(row, row.unit_price) for row in by_start.values()]


def draw_history(offer: PricedOffer) -> None:
    rows = ask(pricing.price_history, offer_id=offer.offer_id)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        section("How the list price went")
        quantity = int(st.number_input("For a quantity of", 1, value=1, step=1, key="history-quantity", width=170))
    points = at_quantity(rows, quantity)
    if len(points) > 1:
        trend(
            [words.day(row.valid_from) for row, _ in points], [price for _, price in points], name="List price",
            alt=f"List price of {offer.name} for a quantity of {quantity}, at each change",
        )  # fmt: skip
    table(
        "past-prices", rows[::-1],
        [
            Column("From day", lambda row: words.day(row.valid_from)),
            Column("Until", lambda row: words.day(row.valid_to) if row.valid_to else "now"),
            Column("From units", lambda row: words.number(row.minimum_quantity), "right"),
            Column("Each", lambda row: words.unit_price(row.unit_price, row.currency), "right"),
        ],
        alt="List prices",
    )  # fmt: skip


def draw_paid(offer: PricedOffer) -> None:
    paid = ask(orders.paid_prices, offer_id=offer.offer_id) if actor.may(Permission.SEE_SALES) else []
    section("What was paid", help="Each order line with the price that its rules and promotions made.")
    if not paid:
        st.caption("Nothing of it was ordered yet.")
        return
    table(
        "paid", paid[::-1][:100],
        [
            Column("Customer", lambda row: row.partner, width="medium"),
            Column("Ordered", lambda row: words.day(row.ordered_at)),
            Column("Order", lambda row: row.number),
            Column("Quantity", lambda row: words.number(row.quantity), "right"),
            Column("List price", lambda row: words.unit_price(row.list_price, row.currency), "right"),
            Column("Paid each", lambda row: words.unit_price(row.unit_price, row.currency), "right", first=True),
        ],
        alt="Prices paid",
    )  # fmt: skip


offer_id = asked_for("offer")
found = ask(pricing.my_price_lists, offer_id=offer_id)[0] if offer_id else []
if not found:
    page_header("Prices of a product", back=BACK)
    empty_state("sell", "No product chosen", "Open one from the list of your prices.", BACK)
    st.stop()
page_header(found[0].name, f"SKU {found[0].sku}", state=found[0].state, back=BACK)
left, right = st.columns([1.4, 1], gap="medium")
with left, st.container(border=True):
    section("Price list")
    draw_list(found[0])
with right:
    with st.container(border=True):
        section("Planned")
        draw_plans(found[0])
    with st.container(border=True):
        section("Limits")
        draw_limits(found[0])
with st.container(border=True):
    draw_history(found[0])
with st.container(border=True):
    draw_paid(found[0])
