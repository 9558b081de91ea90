"""What a product is: its words, its category with what that asks for, and what waits for the platform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app import words
from app.bridge import questions
from app.parts.forms import once, settle
from app.parts.header import section
from app.parts.tables import Column, table
from app.parts.text import plain
from domain import catalog
from domain.catalog import AttributeRow, ChangeRow, ProductSheet

FIELDS = {
    "name": "Name",
    "brand": "Brand",
    "description": "Description",
    "category_id": "Category",
    "specifications": "Specifications",
    "offers": "Offers to go on sale",
}
_ASKED = {
    "text": "Text",
    "whole": "A whole number",
    "decimal": "A number",
    "yes_no": "Yes or no",
    "choice": "One of these",
}


def said(value: Any) -> str:
    """A specification as people read it."""
    return ("Yes" if value else "No") if isinstance(value, bool) else str(value)


def draw_waiting(changes: Sequence[ChangeRow]) -> None:
    """What of a product waits for the platform, with a way to take it back."""
    for row in changes:
        with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            what = (
                "Going on sale"
                if row.kind == "publication"
                else "A change of " + ", ".join(FIELDS[field].lower() for field in sorted(row.after))
            )
            st.markdown(
                f":orange[:material/hourglass_top:] **{plain(what)}** waits for the platform since"
                f" {plain(words.ago(row.asked_at))}. Buyers see what was there before."
            )
            if st.button("Take it back", key=f"withdraw-{row.change_id}") and settle(
                catalog.withdraw_change, change_id=row.change_id, done="Taken back."
            ):
                st.rerun()


def draw_about(sheet: ProductSheet, *, may_change: bool) -> None:
    if not (may_change and sheet.is_mine):
        _draw_read(sheet)
        return
    wanted = st.session_state.get(f"category-{sheet.product_id}", sheet.category_id)
    with questions() as put:
        tree = {category.category_id: category.name for category in put(catalog.categories)}
        template = put(catalog.template_of, category_id=wanted) if wanted in tree else []
    known = list(tree)
    place = known.index(sheet.category_id) if sheet.category_id in tree else None
    left, right = st.columns([1.15, 1], gap="medium")
    with left, st.container(border=True):
        section("What it is")
        name = st.text_input("Name", sheet.name, max_chars=200, key=f"name-{sheet.product_id}")
        one, two = st.columns(2)
        brand = one.text_input("Brand", sheet.brand or "", max_chars=80, key=f"brand-{sheet.product_id}")
        category = two.selectbox(
            "Category", known, index=place, format_func=lambda key: tree[key], key=f"category-{sheet.product_id}"
        )
        description = st.text_area("Description", sheet.description, height=200, key=f"text-{sheet.product_id}")
        if sheet.is_reviewed:
            st.caption(
                ":material/policy: The platform looks at changes of what is on sale in this category."
                " Small corrections of the description pass at once."
            )
    with right, st.container(border=True):
        section("Specifications", "Numbers can be written in any unit; they are kept in that of the category.")
        specifications = _specifications(sheet, template)
    if st.button("Save", type="primary", key=once("save-product")):
        waits: list[Any] = []
        done = settle(
            catalog.change_product,
            waits.append,
            product_id=sheet.product_id,
            name=name or "",
            brand=brand or None,
            category_id=category,
            description=description or "",
            specifications=specifications,
            done="Saved.",
        )
        if done:
            st.rerun()


def _draw_read(sheet: ProductSheet) -> None:
    with st.container(border=True):
        st.text(sheet.description or "No description.")
        rows = sorted(sheet.specifications.items())
        if rows:
            table(
                "specifications",
                rows,
                [Column("Specification", lambda row: row[0]), Column("Value", lambda row: said(row[1]))],
                alt="Specifications",
            )
        if not sheet.is_mine:
            st.caption("This product is described by its maker; you sell it.")


def _specifications(sheet: ProductSheet, template: list[AttributeRow]) -> dict[str, Any]:
    """A field for each thing that the category asks for, and a table for what else there is to say."""
    found: dict[str, Any] = {}
    key = f"{sheet.product_id}-{sheet.category_id}"
    columns = st.columns(2) if template else ()
    for number, attribute in enumerate(template):
        value = sheet.specifications.get(attribute.name)
        with columns[number % 2]:
            found[attribute.name] = _field(attribute, value, f"spec-{attribute.attribute_id}-{key}")
    if template:
        st.caption("Your own")
    asked = {attribute.name for attribute in template}
    # An empty line to begin with: a table of no rows does not know what its columns hold.
    own = [(name, said(value)) for name, value in sheet.specifications.items() if name not in asked] or [("", "")]
    edited: Any = st.data_editor(
        {"name": [name for name, _ in own], "value": [value for _, value in own]},
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "name": st.column_config.TextColumn("Name", max_chars=60, required=True),
            "value": st.column_config.TextColumn("Value", max_chars=500, required=True),
        },
        key=f"own-{key}-{len(own)}",
        alt="Own specifications",
    )
    kept = dict(sheet.specifications)
    for name, value in zip(edited["name"], edited["value"], strict=True):
        if name and value:
            # What was not touched keeps its kind: a number stays one.
            found[name] = kept[name] if name in kept and said(kept[name]) == value else value
    return {name: value for name, value in found.items() if value not in (None, "")}


def _field(attribute: AttributeRow, value: Any, key: str) -> Any:
    label = (
        attribute.name + (f" ({attribute.unit})" if attribute.unit else "") + (" *" if attribute.is_required else "")
    )
    help_ = _ASKED[attribute.kind] + (". Needed to be on sale." if attribute.is_required else ".")
    if attribute.kind in ("yes_no", "choice"):
        options = ["Yes", "No"] if attribute.kind == "yes_no" else list(attribute.choices)
        now = None if value is None else said(value)
        return st.selectbox(label, options, index=options.index(now) if now in options else None, key=key, help=help_)
    return st.text_input(label, "" if value is None else said(value), key=key, help=help_)
