"""One transfer: sending it, and taking in what arrived, well or not."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, Step, confirm, facts_list, id_of, page_header, paged_table, section, timeline
from app.parts.forms import guarded_dialog, once, settle
from app.parts.stocked import lot_name, named, serials_of
from domain import stock
from domain.identity import Permission
from domain.stock import Arrived, TransferLineRow

_, actor = guard()
transfer_id = id_of("transfer")
sheet = ask(stock.transfer_sheet, transfer_id=transfer_id)
may_manage = actor.may(Permission.MANAGE_STOCK)


@guarded_dialog("Send it")
def send() -> None:
    numbered = [line for line in sheet.lines if line.has_serials]
    with st.form(once("send"), border=False):
        st.markdown(f"{words.number(sheet.units)} units leave and lie in transit until they arrive.")
        serials = {
            line.line_id: st.text_area(f"Serial numbers of {named(line)}", height=68, key=f"send-{line.line_id}")
            for line in numbered
        }
        if st.form_submit_button("The goods have left", type="primary") and settle(
            stock.send_transfer, request="send", transfer_id=transfer_id,
            serials={key: numbers for key, text in serials.items() if (numbers := serials_of(text))}, done="Sent.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("What arrived?")
def arrive(line: TransferLineRow) -> None:
    left = line.quantity - line.received - line.rejected
    st.markdown(f"**{named(line)}** · {words.number(left)} on the way".replace("$", r"\$"))
    with st.form(once(f"arrive-{line.line_id}"), border=False):
        one, two = st.columns(2)
        well = one.number_input("Arrived well", 0, left, value=left, step=1)
        badly = two.number_input("Broken or missing", 0, left, value=0, step=1)
        what = st.text_input("What is wrong (if anything)", max_chars=500)
        serials = st.text_area("Serial numbers that arrived", height=68) if line.has_serials else ""
        if st.form_submit_button("Take in", type="primary") and settle(
            stock.receive_transfer, request=f"arrive-{line.line_id}", transfer_id=transfer_id,
            arrived={line.line_id: Arrived(int(well), int(badly), tuple(serials_of(serials)), what or "")},
            done="Taken in.",
        ):  # fmt: skip
            st.rerun()


def cancel() -> None:
    settle(stock.cancel_transfer, transfer_id=transfer_id, done="The transfer is cancelled.")


def actions() -> None:
    if not may_manage:
        return
    if sheet.may_send and st.button("Cancel"):
        confirm("Cancel the transfer", "Nothing has moved yet, and nothing will.", "Cancel the transfer", cancel)
    if sheet.may_send and st.button("Send", type="primary", icon=":material/local_shipping:"):
        send()


page_header(f"{sheet.from_name} → {sheet.to_name}", f"{words.number(sheet.units)} units", actions, state=sheet.state,
            back=("Transfers", "manufacturer-transfers"))  # fmt: skip
paged_table(
    "lines", lambda page, size: (sheet.lines[(page - 1) * size : page * size], len(sheet.lines)),
    [
        Column("Product", named, "open" if sheet.may_receive and may_manage else "text", width="medium"),
        Column("Lot", lambda row: lot_name(row.lot)),
        Column("Sent" if sheet.sent_at else "To send", lambda row: words.number(row.quantity), "right", first=True),
        Column("Arrived", lambda row: words.number(row.received), "right", first=True),
        Column("Not well", lambda row: words.number(row.rejected), "right"),
        Column("From", lambda row: row.from_name),
        Column("SKU", lambda row: row.sku or "–"),
    ],
    on_open=arrive, alt="Lines of the transfer",
    hint="Open a line to take in what arrived of it." if sheet.may_receive and may_manage else None,
)  # fmt: skip
section("What happened")
timeline(
    [
        Step("Planned", sheet.made_at),
        Step("Sent", sheet.sent_at, is_done=sheet.sent_at is not None),
        Step("Cancelled" if sheet.state == "cancelled" else "Arrived", sheet.ended_at,
             is_done=sheet.ended_at is not None),
    ]
)
if sheet.note:
    facts_list({"Note": sheet.note})
