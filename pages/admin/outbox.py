"""Letters and text messages that the platform sends: what became of each, and sending again."""

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import guard
from app.parts import Column, empty_state, facts_list, page_header, paged_table, plain
from app.parts.filters import choice, search_box
from app.parts.forms import guarded_dialog
from app.run import post
from domain import notifications
from domain.kernel.settings import settings
from domain.notifications import OutgoingRow, OutgoingState

guard()


@guarded_dialog("Message", width="large")
def show(row: OutgoingRow) -> None:
    facts_list(
        {
            "To": row.recipient,
            "What": words.message_kind(row.kind),
            "State": words.state_word(row.state),
            "Tries": words.number(row.tries),
            "Next try" if row.state == OutgoingState.WAITING else "Sent": words.instant(
                row.next_try_at if row.state == OutgoingState.WAITING else row.sent_at
            ),
        }
    )
    if row.problem:
        st.warning(plain(row.problem))
    made = post.readable(row.kind, row.facts, channel=row.channel)
    if made is None:
        st.info("The words hold a one-time link or code, so they are not shown here.", icon=":material/lock:")
    else:
        if made.subject:
            st.markdown(f"**{plain(made.subject)}**")
        st.code(made.text, language=None, wrap_lines=True)
    if row.state in (OutgoingState.FAILED, OutgoingState.WAITING) and st.button(
        "Send again now", icon=":material/send:", type="primary"
    ):
        perform(notifications.resend, message_id=row.message_id, done="It is sent again within seconds.")
        st.rerun()


page_header("Outgoing messages", "E-mails and text messages to people, newest first")
if settings().smtp is None:
    st.warning("No mail server is set up, so e-mails wait. Set WHOLESALE_SMTP and start again.")
elif settings().keeps_mail:
    st.caption(f"Nothing leaves this machine: e-mails are kept in {plain(settings().home / 'mail')}.")
with st.container(horizontal=True):
    find = search_box("outbox", "Address or number")
    state = choice("outbox", "All states", {s.value: words.state_word(s.value) for s in OutgoingState}, key="state")


def nothing() -> None:
    if find or state:
        empty_state("filter_alt_off", "No message fits", "Choose another state or clear the search.")
    else:
        empty_state("outbox", "Nothing was sent yet", "E-mails appear here as soon as somebody is written to.")


paged_table(
    "outbox",
    lambda page, size: ask(notifications.outgoing_messages, state=state, find=find, page=page, size=size),
    [
        Column("What", lambda row: words.message_kind(row.kind), "open"),
        Column("State", lambda row: row.state, "state"),
        Column("To", lambda row: row.recipient, width=290),
        Column("By", lambda row: "Text message" if row.channel == "text" else "E-mail"),
        Column("Tries", lambda row: words.number(row.tries), "right"),
        Column("Asked", lambda row: words.instant(row.created_at)),
        Column("Sent", lambda row: words.instant(row.sent_at)),
        Column("Problem", lambda row: row.problem or "", width="medium"),
    ],
    on_open=show,
    empty=nothing,
    alt="Outgoing messages",
)
