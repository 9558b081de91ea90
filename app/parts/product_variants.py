"""The variants of a product as one table to write in: SKU, number of the trade, order rules, price and state."""

from __future__ import annotations

import itertools
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.navigation import go
from app.parts.forms import guarded_dialog, once, settle
from app.parts.prices import checked_ladder, ladder_editor
from app.parts.tables import Column, table
from app.parts.text import plain
from domain import catalog
from domain.catalog import ProductSheet, VariantRow

_STATES = {
    "draft": "Draft",
    "in_review": "In review",
    "published": "Published",
    "paused": "Paused",
    "discontinued": "Discontinued",
}
_WORDS = {word: state for state, word in _STATES.items()}


def values_of(text: str | None) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))


@guarded_dialog("Add variants", width="large")
def add(sheet: ProductSheet, rows: list[VariantRow], currency: str) -> None:
    names: list[str | None] = [*sheet.option_names] or [None, None, None]
    st.caption("Every combination becomes a variant with an SKU of its own. What exists already stays as it is.")
    options: dict[str, list[str]] = {}
    for number, name in enumerate(names):
        one, two = st.columns([1, 2])
        label = one.text_input(
            f"Option {number + 1}",
            name or "",
            key=f"option-{number}",
            disabled=name is not None,
            placeholder=("Size", "Colour", "Material")[number],
        )
        known = ", ".join(dict.fromkeys(str(row.options[name]) for row in rows if name and name in row.options))
        values = two.text_input(
            "Values, separated by commas",
            known,
            key=f"values-{number}",
            placeholder=("S, M, L", "Red, Blue", "Cotton")[number],
        )
        if label and values_of(values):
            options[label] = values_of(values)
    there = {tuple(sorted((k, str(v)) for k, v in row.options.items())) for row in rows if row.offer_id}
    wanted = [dict(zip(options, one, strict=True)) for one in itertools.product(*options.values())] if options else []
    new = [one for one in wanted if tuple(sorted(one.items())) not in there]
    st.markdown(
        f":material/grid_on: {words.count(len(new), 'new variant')} of {words.number(len(wanted))} combinations"
    )
    one, two, three, four = st.columns(4)
    sku = one.text_input("SKU before the values", _stem(rows), max_chars=60, key="variants-sku")
    least = two.number_input("Minimum quantity", 1, step=1, key="variants-minimum")
    lead = three.number_input("Lead time in days", 0, 730, 3, key="variants-lead")
    tax = four.text_input("Tax rate in %", "19", key="variants-tax")
    ladder = ladder_editor("variants-tiers", [(1, Decimal("10"))], currency, alt="Price list")
    if not st.button("Make them", type="primary", key=once("variants-make"), disabled=not new):
        return
    tiers, rate = checked_ladder(ladder), decimal_of(tax)
    if rate is None:
        st.error("The tax rate is a number such as 19.", icon=":material/error:")
    elif tiers is not None and settle(
        catalog.create_variants,
        request="variants-make",
        product_id=sheet.product_id,
        options=options,
        sku=sku or "",
        tiers=tiers,
        currency=currency,
        minimum_quantity=int(least),
        lead_time_days=int(lead),
        tax_rate=rate / 100,
        done=f"{words.count(len(new), 'variant')} made as drafts.",
    ):
        st.rerun()


def _stem(rows: list[VariantRow]) -> str:
    skus = [row.sku for row in rows if row.sku]
    return skus[0].split("-")[0] if skus else ""


def decimal_of(text: str | None) -> Decimal | None:
    try:
        return Decimal((text or "").strip().replace(",", ".") or "0")
    except InvalidOperation:
        return None


@guarded_dialog("Sell another grade")
def grade(row: VariantRow) -> None:
    st.markdown(f"**{plain(row.name)}** · {plain(row.sku or '')}")
    st.caption("The same goods in another quality get a price and a stock of their own.")
    wanted = st.segmented_control("Grade", list(catalog.GRADES), default="B", required=True, key="grade-which")
    sku = st.text_input("SKU", f"{row.sku}-{wanted}", max_chars=80, key="grade-sku")
    ladder = ladder_editor("grade-tiers", [(1, row.from_price or Decimal(1))], row.currency or "EUR", alt="Price list")
    if st.button("Make a draft", type="primary", key=once("grade-make")):
        tiers = checked_ladder(ladder)
        if tiers is not None and settle(
            catalog.create_grade,
            request="grade-make",
            offer_id=row.offer_id,
            grade=wanted,
            sku=sku or "",
            tiers=tiers,
            done="Made as a draft.",
        ):
            st.rerun()


@guarded_dialog("Take variants off the list")
def remove(sheet: ProductSheet, rows: list[VariantRow]) -> None:
    names = {row.variant_id: row.name for row in rows}
    gone = st.multiselect("Which", list(names), format_func=lambda key: names[key], key="variants-gone")
    st.caption("They are discontinued for good; orders that are open go on.")
    if st.button("Take them off", type="primary", key=once("variants-remove"), disabled=not gone) and settle(
        catalog.remove_variants, product_id=sheet.product_id, variant_ids=gone, done="Taken off the list."
    ):
        st.rerun()


def draw_variants(
    sheet: ProductSheet, rows: list[VariantRow], currency: str, *, may_change: bool, sees_prices: bool, may_price: bool
) -> None:
    """The table; who may not change anything reads it."""
    offered = [row for row in rows if row.offer_id is not None]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        differ = f" by {', '.join(sheet.option_names).lower()}" if sheet.option_names else ""
        st.caption(f"{words.count(len(rows), 'variant')}{differ}")
        if may_change:
            with st.container(horizontal=True, width="content"):
                if (
                    sheet.is_mine
                    and may_price
                    and st.button("Add variants", icon=":material/grid_on:", key="add-variants")
                ):
                    add(sheet, rows, currency)
                if (
                    sheet.is_mine
                    and may_price
                    and offered
                    and st.button("Another grade", key="add-grade", icon=":material/workspace_premium:")
                ):
                    grade(offered[0])
                if (
                    sheet.is_mine
                    and len(rows) > 1
                    and st.button("Take off", key="remove-variants", icon=":material/delete_sweep:")
                ):
                    remove(sheet, rows)
    if not rows:
        st.info(
            "No variant yet. Add sizes or colours, and every combination becomes an SKU.", icon=":material/grid_on:"
        )
        return
    if not may_change:
        _read(offered, sees_prices)
        return
    _edit(sheet, offered, sees_prices=sees_prices, may_price=may_price)


def _read(rows: list[VariantRow], sees_prices: bool) -> None:
    columns = [
        Column("Variant", lambda row: row.name),
        Column("SKU", lambda row: row.sku),
        Column("State", lambda row: row.state, "state"),
        Column("GTIN", lambda row: row.gtin or "–"),
        Column("Minimum", lambda row: words.number(row.minimum_quantity), "right"),
        Column("Lead time", lambda row: words.days(row.lead_time_days), "right"),
    ]
    if sees_prices:
        columns.append(Column("Price", lambda row: words.unit_price(row.from_price, row.currency), "right"))
    table("variants", rows, columns, alt="Variants")


def _edit(sheet: ProductSheet, rows: list[VariantRow], *, sees_prices: bool, may_price: bool) -> None:
    names = list(sheet.option_names) or ["Variant"]
    shown: dict[str, list[Any]] = {
        name: [str(row.options.get(name, "")) if sheet.option_names else row.name for row in rows] for name in names
    }
    if any(row.grade for row in rows):
        shown["Grade"] = [row.grade or "" for row in rows]
    numbers = {f"{row.minimum_quantity}" for row in rows}
    shown |= {
        "SKU": [row.sku for row in rows],
        "GTIN": [row.gtin or "" for row in rows],
        "State": [_STATES[str(row.state)] for row in rows],
    }
    if sees_prices:
        shown["Price"] = [float(row.from_price) if row.from_price is not None else None for row in rows]
    shown |= {
        "Minimum": [row.minimum_quantity for row in rows],
        "Steps": [row.order_increment for row in rows],
        "Making": [row.production_days for row in rows],
        "Lead time": [row.lead_time_days for row in rows],
        "On hand": [row.on_hand for row in rows],
    }
    fixed = {*(name for name in shown if name in names), "Grade", "On hand"} | (set() if may_price else {"Price"})
    fixed |= set() if sheet.is_mine else {"GTIN"}
    number = st.column_config.NumberColumn
    edited: Any = st.data_editor(
        shown,
        hide_index=True,
        height="auto" if len(rows) < 16 else 560,
        alt="Variants",
        disabled=list(fixed & shown.keys()),
        key=f"variants-{sheet.product_id}-{sum(row.version or 0 for row in rows)}-{len(rows)}-{len(numbers)}",
        column_config={
            "SKU": st.column_config.TextColumn("SKU", max_chars=80, required=True),
            "GTIN": st.column_config.TextColumn(
                "GTIN", max_chars=20, help="The number under the barcode, by its check digit"
            ),
            "State": st.column_config.SelectboxColumn("State", options=list(_STATES.values()), required=True),
            "Price": number(
                f"Price ({rows[0].currency})" if rows else "Price",
                min_value=0.000001,
                step=0.000001,
                format="%.2f",
                help="Of the smallest quantity; the steps above it are under Prices",
            ),
            "Minimum": number("Minimum", min_value=1, step=1, required=True),
            "Steps": number("In steps of", min_value=1, step=1, required=True),
            "Making": number("Days to make", min_value=0, max_value=365, step=1, help="Working days of yours"),
            "Lead time": number("Days to arrive", min_value=0, max_value=730, step=1),
        },
    )
    changes = changes_of(rows, edited)
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Save {words.count(len(changes), 'variant')}" if changes else "Save"
        pressed = st.button(label, type="primary", key="save-variants", disabled=not changes)
        st.caption("All of them, or none if one cannot be.")
    if pressed and settle(catalog.change_variants, product_id=sheet.product_id, changes=changes, done="Saved."):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.selectbox(
            "Order rules, packs and prices of",
            rows,
            format_func=lambda row: f"{row.name} · {row.sku}",
            key="variant-open",
            width=360,
        )
        if chosen is not None and st.button("Open", key="open-variant", icon=":material/arrow_forward:"):
            go("manufacturer-product", offer=chosen.offer_id, tab="rules")


_COLUMNS = {
    "SKU": "sku",
    "GTIN": "gtin",
    "Minimum": "minimum_quantity",
    "Steps": "order_increment",
    "Making": "production_days",
    "Lead time": "lead_time_days",
}


def changes_of(rows: list[VariantRow], edited: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """What was written into the table, as `change_variants` takes it."""
    found = []
    for number, row in enumerate(rows):
        change: dict[str, Any] = {}
        for column, field in _COLUMNS.items():
            now, was = edited[column][number], getattr(row, field)
            now = (str(now).strip() or None) if column in ("SKU", "GTIN") and now is not None else now
            if now != was and not (now is None and column not in ("SKU", "GTIN")):
                change[field] = now if column in ("SKU", "GTIN") else int(str(now))
        state = _WORDS.get(str(edited["State"][number]))
        if state != row.state:
            change["state"] = state
        price = edited.get("Price", [None] * len(rows))[number]
        if price is not None and row.from_price is not None and price != float(row.from_price):
            change["price"] = Decimal(f"{price:.6f}").normalize()
        if change:
            found.append({"offer_id": row.offer_id, "version": row.version, **change})
    return found


def first_offer(rows: list[VariantRow], wanted: UUID | None) -> VariantRow | None:
    """The variant that the address names, or the first that is offered."""
    offered = [row for row in rows if row.offer_id is not None]
    return next((row for row in offered if row.offer_id == wanted), offered[0] if offered else None)
