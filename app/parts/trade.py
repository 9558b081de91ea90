"""One order as its seller and the platform see it: what happened, where the money is, what was shipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.parts.header import section, status
from app.parts.lists import Step, Sum, money_table, timeline
from app.parts.tables import Column, table
from app.parts.text import plain
from domain.orders import BasketSheet, OrderSheet
from domain.payments import divide, part

PREFERENCES = {"dock_hours": "Dock open", "preferred_carrier": "Preferred carrier", "delivery_notes": "For the driver"}
CARRIERS = {"dhl": "DHL", "fedex": "FedEx", "ups": "UPS", "dpd": "DPD", "own_fleet": "Own fleet", "other": "Other"}

_ICONS = {
    "OrderDeclined": "block", "OrderCancelled": "cancel", "OrderExpired": "timer_off", "GoodsShipped": "local_shipping",
    "GoodsReceived": "inventory", "GoodsAccepted": "verified", "OrderSecured": "lock", "ProductionStarted": "factory",
    "OrderClosedShort": "remove_shopping_cart", "ShortageRefunded": "undo",
}  # fmt: skip


def what_stops(basket: BasketSheet) -> list[str]:
    """What stands between a basket and checkout, one sentence each; nothing when it is ready."""
    found = []
    if basket.currency is None and basket.groups:
        found.append("It holds several currencies; check out one currency at a time.")
    for group in basket.groups:
        found += [f"{line.name}: {line.problem}" for line in group.lines if line.problem]
        if group.missing_to_minimum:
            missing = words.money(group.missing_to_minimum, group.currency)
            found.append(f"{group.seller_name}: {missing} more is needed to reach the smallest order.")
        found += [
            f"{mix.product_name}: {words.number(mix.missing)} more are needed to reach the smallest order of"
            f" {words.number(mix.minimum_quantity)}."
            for mix in group.mixes
            if mix.missing
        ]
    if basket.prices_changed:
        changed = words.count(basket.prices_changed, "price")
        found.append(f"{changed} changed since you filled it; confirm the new prices.")
    if not found and not basket.ready:
        found.append("Something in it is no longer for sale.")
    return found


def story(sheet: OrderSheet) -> None:
    """What happened to the order, and what comes next, in grey."""
    steps = [
        Step(_title(step.name, step.facts, sheet), step.at, step.by_person or "", _ICONS.get(step.name, "check_circle"))
        for step in sheet.steps
    ]
    timeline([*steps, *(Step(title, None, note, is_done=False) for title, note in _to_come(sheet))])


def _title(name: str, facts: Mapping[str, Any], sheet: OrderSheet) -> str:
    units = words.number(int(facts.get("units") or 0))
    cut = int(facts.get("cut") or 0)
    missing = int(facts.get("missing") or 0)
    titles = {
        "OrderPlaced": "Order placed",
        "OrderSecured": "Paid; the money is held",
        "OrderConfirmed": f"Confirmed, {words.number(cut)} units cut and refunded" if cut else "Confirmed in full",
        "OrderDeclined": f"Declined: {facts.get('reason', '')}",
        "OrderExpired": "Not paid in time",
        "OrderCancelled": f"Cancelled: {facts['reason']}" if facts.get("reason") else "Cancelled by the buyer",
        "ProductionStarted": "Production started",
        "ProductionReported": f"Production at {facts.get('percent', 0)} %",
        "OrderReady": "Ready to ship",
        "GoodsShipped": f"{units} units shipped" + (", the last ones" if facts.get("is_last") else ""),
        "GoodsReceived": f"{units} units arrived" + (f", {words.number(missing)} missing" if missing else ""),
        "GoodsAccepted": f"{units} units accepted"
        + (" (inspection period over)" if facts.get("how") == "timer" else ""),
        "OrderClosedShort": f"Closed short: {units} units refunded",
        "ShortageRefunded": f"{units} missing units refunded",
        "OrderCompleted": "Completed",
    }
    return titles.get(name) or words.sentence_case("".join(f" {c.lower()}" if c.isupper() else c for c in name))


def _to_come(sheet: OrderSheet) -> list[tuple[str, str]]:
    promised = f"Promised for {words.day(sheet.promised_at)}" if sheet.promised_at else ""
    ways = {
        "awaiting_payment": [("Payment", ""), ("Confirmation by the supplier", "")],
        "awaiting_seller": [("Confirmation by the supplier", ""), ("Shipping", "")],
        "confirmed": [("Shipping", promised), ("Acceptance by the buyer", "")],
        "in_production": [("Shipping", promised), ("Acceptance by the buyer", "")],
        "closed_short": [("Acceptance of what is on its way", "")],
    }
    if sheet.state == "ready":
        left = any(line.shipped < line.confirmed for line in sheet.lines)
        return [("Shipping of the rest", promised)] * left + [("Acceptance by the buyer", "The money is released then")]
    return ways.get(sheet.state, [])


def money_card(sheet: OrderSheet) -> None:
    """What the order is worth, where its money is now, and what is left after commission."""
    if sheet.total is None:
        section("Money")
        st.caption("Amounts are not shown to your role.")
        return
    section("Money")
    money_table(
        [
            Sum("Goods", sheet.goods),
            Sum("Tax", sheet.tax),
            Sum("Shipping", sheet.shipping),
            Sum("Order total", sheet.total, is_total=True),
        ],
        sheet.currency,
    )
    if sheet.money and sheet.money.funded:
        st.caption("Where the money is")
        money_table(
            [
                Sum("Paid in by the buyer", sheet.money.funded),
                Sum("Held now", sheet.money.held, help="Nobody can use this money until the goods are accepted."),
                Sum("Released", sheet.money.released),
                Sum("Refunded", sheet.money.refunded),
            ],
            sheet.currency,
        )
        _bar(sheet)
    if sheet.commissions:
        st.caption("What is left after commission")
        _net(sheet)


def _bar(sheet: OrderSheet) -> None:
    money = sheet.money
    if money is None or not money.funded:
        return
    parts = [
        ("green", "released", money.released), ("violet", "held", money.held), ("gray", "refunded", money.refunded)
    ]  # fmt: skip
    with st.container(horizontal=True, gap="xsmall"):
        for colour, word, amount in parts:
            if amount:
                share = words.percent(amount / money.funded, 0)
                st.badge(f"{plain(share)} {word}", color=colour)  # type: ignore[arg-type]


def _net(sheet: OrderSheet) -> None:
    """The commission on what was confirmed, and what is left of it for the seller."""

    def worth(amount: Decimal, line: Any) -> Decimal:
        return part(amount, line.confirmed - line.lost, line.ordered, sheet.currency)

    goods = sum((worth(line.goods, line) for line in sheet.lines), Decimal(0))
    rest = sum((worth(line.tax, line) + worth(line.shipping, line) for line in sheet.lines), Decimal(0))
    gross = goods + rest
    shares = divide(
        gross=gross, goods=goods, goods_before=Decimal(0), commissions=sheet.commissions, currency=sheet.currency
    )
    rates = {c.beneficiary: c for c in sheet.commissions}
    lines = [Sum("Confirmed, in all", gross, help="Goods with tax and shipping, without what was cut or lost.")]
    if "platform" in rates:
        rate = rates["platform"]
        lines.append(Sum(f"Commission, {words.percent(rate.rate, 2)} of goods", -shares.commission))
        if shares.commission_vat:
            lines.append(Sum(f"VAT on commission, {words.percent(rate.vat_rate, 2)}", -shares.commission_vat))
    if shares.distributor:
        lines.append(Sum("Share of the distributor", -shares.distributor))
    whose = "For you" if sheet.side == "seller" else "For the seller"
    money_table([*lines, Sum(whose, shares.net, is_total=True)], sheet.currency)


def shipments(sheet: OrderSheet, name: str = "shipment") -> None:
    """One card per shipment, with what was sent and what arrived."""
    for shipment in sheet.shipments:
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                carrier = CARRIERS.get(shipment.carrier, words.sentence_case(shipment.carrier))
                st.markdown(f"**Shipment {shipment.position}** · {plain(carrier)}", width="content")
                status("delivered" if shipment.delivered_at else "in_transit")
            facts = [f"Sent {words.instant(shipment.shipped_at)}"]
            if shipment.tracking:
                facts.insert(0, f"Tracking {shipment.tracking}")
            if shipment.delivered_at:
                by = f", received by {shipment.received_by}" if shipment.received_by else ""
                facts.append(f"arrived {words.instant(shipment.delivered_at)}{by}")
            st.caption(plain(" · ".join(facts)))
            table(
                f"{name}-{shipment.position}",
                shipment.lines,
                [
                    Column("Product", lambda line: line.name, width="medium"),
                    Column("Article", lambda line: line.sku),
                    Column("Sent", lambda line: words.number(line.shipped), "right"),
                    Column(
                        "Arrived", lambda line: "–" if line.delivered is None else words.number(line.delivered), "right"
                    ),
                ],
                alt=f"Lines of shipment {shipment.position}",
            )


def quantities(
    lines: Sequence[Any], limits: Mapping[UUID, int], *, key: str, word: str, label: str = ""
) -> dict[UUID, int]:
    """A number per line between 0 and its limit; lines without anything left are not shown."""
    wanted: dict[UUID, int] = {}
    for line in lines:
        limit = limits[line.line_id]
        if limit <= 0:
            continue
        name = plain(f"{line.name} · {line.sku} (up to {words.number(limit)})")
        value = st.number_input(
            name, min_value=0, max_value=limit, value=limit, step=1,
            key=f"{key}-{line.line_id}", help=f"{label or 'At most'} {words.number(limit)} {word}",
        )  # fmt: skip
        wanted[line.line_id] = int(value or 0)
    return wanted


def address(sheet: OrderSheet) -> str:
    """The delivery address on one line."""
    place = sheet.delivery_address
    town = " ".join(str(place[part]) for part in ("postal_code", "city") if place.get(part))
    parts = [place.get("name"), place.get("street"), town, words.country(place.get("country_code"))]
    return ", ".join(str(part) for part in parts if part and part != "–") or "–"


def delivery_preferences(place: Mapping[str, Any]) -> dict[str, str]:
    """How the receiver of goods wants them delivered, as names and values; what was not said is left out."""
    found = {}
    for name, label in PREFERENCES.items():
        value = place.get(name)
        if value:
            found[label] = CARRIERS.get(str(value), str(value)) if name == "preferred_carrier" else str(value)
    return found
