"""What waits before it goes on sale, with what was and what would be; and what became of it before."""

from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import questions
from app.navigation import guard, page_of
from app.parts import PAGE_SIZE, empty_state, page_header, page_in_address, pager, plain, status
from app.parts.differences import draw_difference
from app.parts.filters import tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.pictures import previews, show
from app.parts.product_about import FIELDS, said
from domain import catalog
from domain.catalog import ChangeRow, ChangeState
from domain.identity import Permission
from domain.kernel import files

_, actor = guard()
MAY = actor.may(Permission.MODERATE_CATALOG)
VIEWS = {"pending": "Waiting", "approved": "Approved", "rejected": "Rejected", "withdrawn": "Withdrawn"}


def in_words(field: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if field == "category_id":
        return NAMES.get(str(value), "A category that is gone")
    if field == "specifications":
        return "\n".join(f"{name}: {said(one)}" for name, one in value.items())
    return str(value)


@guarded_dialog("Reject")
def reject(row: ChangeRow) -> None:
    st.markdown(f"**{plain(row.product_name)}** · {plain(row.seller_name)}")
    reason = st.text_area("Why not", max_chars=500, key="reject-why", help="The seller reads it.")
    if st.button("Reject", type="primary", key=once("reject")) and settle(
        catalog.decide_change, change_id=row.change_id, is_approved=False, reason=reason or "", done="Rejected."
    ):
        st.rerun()


def pictures_of(row: ChangeRow) -> list[tuple[UUID, str]]:
    """The first three pictures of what would be on sale, with the words for those who cannot see them."""
    known = SHOWN.get(row.product_id, [])
    if not known and row.picture_file_id:
        return [(row.picture_file_id, f"Picture of {row.product_name}")]
    return [(one.thumb_file_id or one.file_id, one.alt) for one in known if one.kind == "picture"][:3]


def draw_product(row: ChangeRow) -> None:
    """What would be on sale: its pictures, its words and what it claims."""
    with st.container(horizontal=True, gap="medium"):
        for file_id, alt in pictures_of(row):
            if file_id in WHOLE:
                show(WHOLE[file_id], alt=alt, width=96)
        with st.container(width="stretch", gap="xsmall"):
            st.text(row.description or "No description.")
            said_of = " · ".join(f"{name}: {said(value)}" for name, value in row.specifications.items())
            if said_of:
                st.caption(plain(said_of))
            claims = ", ".join(
                f"{words.requirement(one.requirement)} {one.number}" for one in CLAIMS.get(row.product_id, [])
            )
            pictured = "" if pictures_of(row) else " · no picture"
            claimed = f" · certificates: {claims}" if claims else ""
            st.caption(plain(f"{words.count(len(row.after.get('offers', [])), 'offer')} of it{pictured}{claimed}"))


def draw_change(row: ChangeRow) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            what = "Wants to go on sale" if row.kind == "publication" else "Change of what is on sale"
            st.markdown(
                f"**{plain(row.product_name)}** :gray[· {plain(row.seller_name)}"
                f"{' · ' + plain(row.category) if row.category else ''}]  \n"
                f":gray[:small[{what} · asked {plain(words.ago(row.asked_at))}"
                f"{' by ' + plain(row.asked_by) if row.asked_by else ''}]]"
            )
            if row.state != ChangeState.PENDING:
                status(row.state)
            elif MAY:
                with st.container(horizontal=True, width="content"):
                    if st.button("Reject", key=f"reject-{row.change_id}"):
                        reject(row)
                    if st.button("Approve", type="primary", key=f"approve-{row.change_id}") and settle(
                        catalog.decide_change,
                        change_id=row.change_id,
                        is_approved=True,
                        done="Approved; it is in force.",
                    ):
                        st.rerun()
        if row.kind == "publication":
            draw_product(row)
        for field in sorted(row.after, key=list(FIELDS).index):
            if field != "offers":
                draw_difference(
                    FIELDS[field], in_words(field, row.before.get(field)), in_words(field, row.after[field])
                )
        if row.reason:
            st.caption(plain(f"{row.reason}"))


page_header(
    "Catalogue",
    "What waits before it goes on sale in categories that the platform looks at",
    lambda: st.page_link(page_of("admin-categories"), label="Categories", icon=":material/account_tree:"),
)
shown = tabs_of("changes", VIEWS)
page = page_in_address("changes")
with questions() as put:
    NAMES = {str(row.category_id): row.name for row in put(catalog.categories)}
    rows, total = put(catalog.changes, state=ChangeState(shown), page=page, size=PAGE_SIZE)
    up = [row for row in rows if row.kind == "publication"]
    PRODUCTS = [row.product_id for row in up]
    SHOWN = put(catalog.media_of, product_ids=PRODUCTS) if PRODUCTS else {}
    CLAIMS = put(catalog.product_claims, product_ids=PRODUCTS) if PRODUCTS else {}
    FOUND = put(files.pictures, file_ids=[file_id for row in up for file_id, _ in pictures_of(row)])
WHOLE = previews(FOUND)  # not cut to a square: what is not allowed may stand at an edge
if not rows:
    if shown == "pending":
        empty_state(
            "task_alt",
            "Nothing waits",
            "What sellers put up or change in a category that is looked at comes here.",
            ("Categories", "admin-categories"),
        )
    else:
        empty_state("history", "Nothing here yet", "What was decided stands here with its reason.")
for row in rows:
    draw_change(row)
if rows:
    pager("changes", page, len(rows), total, PAGE_SIZE)
