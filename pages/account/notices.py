"""What my organisation was told."""

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import guard, notice_link
from app.parts import empty_state, page_header, page_in_address, pager, plain
from domain import notifications

SIZE = 20

here = guard()
only_unread = st.session_state.get("notices-unread", st.query_params.get("notices-unread") == "true")
page = page_in_address("notices")
notices, total = ask(notifications.my_notices, only_unread=bool(only_unread), page=page, size=SIZE)


def mark_all() -> None:
    if any(notice.read_at is None for notice in notices):
        st.button(
            "Mark all as read", icon=":material/done_all:", on_click=perform, args=(notifications.mark_read,),
            kwargs={"done": "All notices are marked as read."},
        )  # fmt: skip


page_header("Notices", "What happened to your orders and your money", mark_all)
st.toggle("Only unread", key="notices-unread", bind="query-params")
if not notices:
    empty_state("notifications_none", "Nothing new", "You will be told here when an order or a payment moves.")
for notice in notices:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        mark = ":primary[:material/circle:] " if notice.read_at is None else ""
        line = plain(words.notice_line(notice.kind, notice.facts))
        st.markdown(f"{mark}{line}  \n:gray[:small[{plain(words.ago(notice.created_at))}]]", width="content")
        with st.container(horizontal=True, width="content"):
            notice_link(here, notice.subject, notice.subject_id)
            if notice.read_at is None:
                st.button(
                    "Mark as read", key=f"read-{notice.notice_id}", type="tertiary", on_click=perform,
                    args=(notifications.mark_read,), kwargs={"notice_ids": [notice.notice_id]},
                )  # fmt: skip
if notices:
    pager("notices", page, len(notices), total, SIZE)
