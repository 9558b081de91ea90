"""What my organisation was told, and which e-mails I want about it."""

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import guard, notice_link
from app.parts import empty_state, page_header, page_in_address, pager, plain
from app.parts.bell import count_again
from app.parts.filters import tabs_of
from domain import notifications
from domain.notifications import EmailWish

SIZE = 20

here = guard()


def read(*notice_ids: object, done: str | None = None) -> None:
    facts = {"notice_ids": list(notice_ids)} if notice_ids else {}
    perform(notifications.mark_read, done=done, then=lambda _: count_again(here), **facts)


def mark_all() -> None:
    if tab == "notices" and any(notice.read_at is None for notice in notices):
        st.button(
            "Mark all as read", icon=":material/done_all:", on_click=read,
            kwargs={"done": "All notices are marked as read."},
        )  # fmt: skip


only_unread = st.session_state.get("notices-unread", st.query_params.get("notices-unread") == "true")
page = page_in_address("notices")
notices, total = ask(notifications.my_notices, only_unread=bool(only_unread), page=page, size=SIZE)
slot = st.container()
tab = tabs_of("notices", {"notices": "Notices", "letters": "E-mails"})
with slot:
    page_header("Notices", "What happened to your orders, your money and your account", mark_all)


def draw_notices() -> None:
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
                        "Mark as read", key=f"read-{notice.notice_id}", type="tertiary", on_click=read,
                        args=(notice.notice_id,),
                    )  # fmt: skip
    if notices:
        pager("notices", page, len(notices), total, SIZE)


def choose(topic: notifications.Topic) -> None:
    chosen = st.session_state[f"letters-{topic}"]
    if chosen is not None:
        perform(notifications.choose_emails, topic=topic, email=chosen, done="Your choice is kept.")


def draw_letters() -> None:
    st.caption(
        f"Everything stands on this screen. Here you choose what we also send to {plain(here[0].email)}."
        " A summary comes once a day, in the morning of your organisation's time zone."
    )
    for row in ask(notifications.my_preferences):
        with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            name, meaning = words.topic(row.topic)
            st.markdown(f"**{name}**  \n:gray[:small[{meaning}]]", width="content")
            if row.is_fixed:
                st.badge("Always at once", icon=":material/lock:", color="gray")
            else:
                st.segmented_control(
                    name, list(EmailWish), format_func=words.email_wish, default=row.email, key=f"letters-{row.topic}",
                    label_visibility="collapsed", on_change=choose, args=(row.topic,), required=True,
                )  # fmt: skip


if tab == "letters":
    draw_letters()
else:
    draw_notices()
