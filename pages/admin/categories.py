"""The tree of categories: names, places, what each asks of its products, and where the platform looks first."""

from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, empty_state, page_header, plain, section, table
from app.parts.addresses import asked_for
from app.parts.forms import guarded_dialog, once, settle
from domain import catalog
from domain.catalog import AttributeRow, CategoryNode
from domain.identity import Permission

_, actor = guard()
MAY = actor.may(Permission.MODERATE_CATALOG)
KINDS = {"text": "Text", "whole": "Whole number", "decimal": "Number", "yes_no": "Yes or no", "choice": "Choice"}
TREE = ask(catalog.category_tree)
BY_ID = {node.category_id: node for node in TREE}


def path_of(key: UUID) -> str:
    return " › ".join(BY_ID[key].path)


def reason_field(name: str) -> str:
    return st.text_input("Why", max_chars=500, key=f"{name}-why", placeholder="What becomes easier to find") or ""


@guarded_dialog("New category")
def add() -> None:
    name = st.text_input("Name", max_chars=80, key="category-name")
    above = st.selectbox(
        "Below", list(BY_ID), index=None, format_func=path_of, key="category-above", placeholder="At the top"
    )
    if st.button("Add", type="primary", key=once("category-add")) and settle(
        catalog.create_category, name=name or "", parent_id=above, done="Added."
    ):
        st.rerun()


@guarded_dialog("Rename, move or have looked at")
def change(node: CategoryNode) -> None:
    key = f"change-{node.category_id}-{node.version}"
    name = st.text_input("Name", node.name, max_chars=80, key=f"{key}-name")
    # Not below itself: what is below it starts with its path.
    rest = [one.category_id for one in TREE if one.path[: len(node.path)] != node.path]
    place = rest.index(node.parent_id) if node.parent_id in rest else None
    above = st.selectbox("Below", rest, index=place, format_func=path_of, key=f"{key}-above", placeholder="At the top")
    looked_at = st.toggle(
        "Looked at before it goes on sale",
        node.is_reviewed,
        key=f"{key}-reviewed",
        help="With everything below. Changes of what is on sale wait too; prices do not.",
    )
    if node.is_reviewed_above and not node.is_reviewed:
        st.caption(":material/policy: Looked at already, because a category above it is.")
    st.caption("Products stay in it, links keep working, and figures of the past keep the category of their day.")
    reason = reason_field(key)
    if st.button("Save", type="primary", key=once(f"{key}-save")) and settle(
        catalog.change_category,
        category_id=node.category_id,
        version=node.version,
        name=name or "",
        parent_id=above,
        is_reviewed=looked_at,
        reason=reason,
        done="Saved.",
    ):
        st.rerun()


def draw_template(node: CategoryNode) -> None:
    attributes = ask(catalog.template_of, category_id=node.category_id)
    inherited = [row for row in attributes if row.is_inherited]
    own = [row for row in attributes if not row.is_inherited]
    if inherited:
        st.caption("From above: " + ", ".join(f"{row.name} ({_kind(row)})" for row in inherited))
    if not MAY:
        _read(own)
        return
    # An empty line to begin with: a table of no rows does not know what its columns hold.
    held = [
        (row.name, KINDS[row.kind], row.unit or "", row.is_required, ", ".join(row.choices)) for row in own
    ] or [("", "Text", "", False, "")]
    names = ("name", "kind", "unit", "required", "choices")
    edited: Any = st.data_editor(
        dict(zip(names, map(list, zip(*held, strict=True)), strict=True)),
        num_rows="dynamic",
        hide_index=True,
        alt="What the category asks for",
        key=f"template-{node.category_id}-{node.version}",
        column_config={
            "name": st.column_config.TextColumn("Name", max_chars=60, required=True),
            "kind": st.column_config.SelectboxColumn(
                "Kind of answer", options=list(KINDS.values()), required=True, default="Text"
            ),
            "unit": st.column_config.SelectboxColumn("Unit", options=["", *catalog.UNITS], default=""),
            "required": st.column_config.CheckboxColumn("Needed on sale", default=False),
            "choices": st.column_config.TextColumn("Choices, by commas"),
        },
    )
    reason = reason_field(f"template-{node.category_id}")
    st.caption(
        "Sellers write numbers in any unit of the kind; they are kept in this one, so that buyers can compare."
    )
    if st.button("Save what it asks for", type="primary", key="save-template") and settle(
        catalog.set_template,
        category_id=node.category_id,
        version=node.version,
        attributes=_wanted(edited),
        reason=reason,
        done="Saved. It holds for what is written from now on.",
    ):
        st.rerun()


def _wanted(edited: dict[str, list[Any]]) -> list[dict[str, Any]]:
    kinds = {word: kind for kind, word in KINDS.items()}
    columns = ("name", "kind", "unit", "required", "choices")
    return [
        {
            "name": name,
            "kind": kinds.get(kind, ""),
            "unit": unit or None,
            "is_required": bool(required),
            "choices": [part.strip() for part in (choices or "").split(",") if part.strip()],
        }
        for name, kind, unit, required, choices in zip(*(edited[column] for column in columns), strict=True)
        if name
    ]


def _kind(row: AttributeRow) -> str:
    return f"{KINDS[row.kind].lower()}{f' in {row.unit}' if row.unit else ''}"


def _read(rows: list[AttributeRow]) -> None:
    if not rows:
        st.caption("It asks for nothing of its own.")
        return
    table(
        "template",
        rows,
        [
            Column("Name", lambda row: row.name),
            Column("Kind of answer", _kind),
            Column("Needed on sale", lambda row: "Yes" if row.is_required else "–"),
            Column("Choices", lambda row: ", ".join(row.choices) or "–"),
        ],
        alt="What the category asks for",
    )


def actions() -> None:
    if MAY and st.button("New category", type="primary", icon=":material/add:", key="add-category"):
        add()


page_header("Categories", "Where products stand, and what is asked of them so that buyers can compare", actions)
if not TREE:
    empty_state("account_tree", "No category yet", "Add the first one; sellers choose among them.")
    st.stop()
left, right = st.columns([0.8, 1.4], gap="medium")
wanted = asked_for("category")
with left, st.container(border=True):
    section("Tree")
    chosen = st.radio(
        "Category",
        list(BY_ID),
        key="category",
        label_visibility="collapsed",
        index=list(BY_ID).index(wanted) if wanted in BY_ID else 0,
        format_func=lambda key: (
            (f":gray[{'—' * BY_ID[key].depth}] " if BY_ID[key].depth else "")
            + plain(BY_ID[key].name)
            + (" :orange-badge[looked at first]" if BY_ID[key].is_reviewed else "")
        ),
        captions=[
            words.count(node.products, "product")
            + (f" · {words.count(node.attributes, 'detail')}" if node.attributes else "")
            for node in TREE
        ],
    )
node = BY_ID[chosen]
with right, st.container(border=True):
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        section(path_of(node.category_id))
        if MAY and st.button("Change", key="change-category", icon=":material/edit:"):
            change(node)
    if node.is_reviewed or node.is_reviewed_above:
        st.markdown(":orange[:material/policy:] What goes on sale here is looked at first.")
    draw_template(node)
