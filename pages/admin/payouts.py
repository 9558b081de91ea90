"""Money that goes out: what is due, batches that one prepares and another sends, and the bank's file."""

from decimal import Decimal

import streamlit as st

from app import words
from app.bridge import ask, fresh_request
from app.navigation import guard
from app.parts import Column, confirm, empty_state, page_header, paged_table, plain, section, table
from app.parts.addresses import asked_for
from app.parts.filters import tabs_of
from app.parts.forms import settle
from domain import payments, verification
from domain.identity import Permission
from domain.payments import BatchRow, DueRow

who, actor = guard()
KINDS = {"earnings": "Earnings", "refund": "Refund"}
page_header("Outgoing payments", "One person prepares a batch, another one sends it")
shown = {"due": "Due now", "batches": "Batches"}
if actor.may(Permission.PREPARE_PAYOUTS):
    shown |= {"deposits": "Test deposits"}
show = tabs_of("batches", shown)


def why_not(row: DueRow) -> str:
    if not row.has_bank_account:
        return "No bank account yet"
    if not row.may_be_paid:
        return "Waits for verification"
    return "In the next batch" if row.amount > 0 else "Nothing to pay"


def draw_due() -> None:
    due = ask(payments.payouts_due)
    if not due:
        empty_state(
            "done_all",
            "Nothing is due",
            "Sellers are paid when buyers accept goods; refunds by bank are paid from here too.",
        )
        return
    for currency in sorted({row.currency for row in due}):
        rows = [row for row in due if row.currency == currency]
        ready = sum((row.amount for row in rows if row.may_be_paid and row.amount > 0), Decimal(0))
        waits = sum((row.amount for row in rows if not row.may_be_paid), Decimal(0))
        with st.container(border=True):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                with st.container(gap=None, width="content"):
                    st.markdown(f"### {plain(words.money(ready, currency))}")
                    waiting = ""
                    if waits:
                        waiting = f"; {words.money(waits, currency)} waits for a bank account or its verification"
                    st.caption(plain(f"can be paid out in {currency}{waiting}"))
                if actor.may(Permission.PREPARE_PAYOUTS) and st.button(
                    f"Prepare batch in {currency}", type="primary", key=f"prepare-{currency}",
                    icon=":material/playlist_add:", disabled=ready <= 0,
                ):  # fmt: skip
                    ask_to_prepare(currency, ready)
            table(
                f"due-{currency}",
                rows,
                [
                    Column("Organisation", lambda row: row.org_name, width="medium"),
                    Column("Amount", lambda row: words.money(row.amount, row.currency), "right"),
                    Column("What", lambda row: KINDS.get(row.kind, row.kind)),
                    Column("Items", lambda row: words.number(row.items), "right"),
                    Column("Next", why_not),
                ],
                alt=f"What is due in {currency}",
            )


def draw_deposits() -> None:
    """Two small amounts show whose an account is; nobody else sees how much they are."""
    rows = ask(verification.deposits_to_send)
    if not rows:
        empty_state("savings", "No test deposits", "They are asked for when an organisation enters a bank account.")
        return
    table(
        "deposits",
        rows,
        [
            Column("Organisation", lambda row: row.organization, width="medium"),
            Column("Account holder", lambda row: row.holder),
            Column("IBAN", lambda row: row.iban_tail),
            Column("First", lambda row: words.money(row.amounts[0], verification.DEPOSIT_CURRENCY), "right"),
            Column("Second", lambda row: words.money(row.amounts[1], verification.DEPOSIT_CURRENCY), "right"),
            Column("Asked for", lambda row: words.instant(row.created_at)),
        ],
        alt="Test deposits to send",
    )
    if st.button("Mark as sent", type="primary", key="deposits-sent") and settle(
        verification.record_deposits_sent, submission_ids=[row.submission_id for row in rows], done="Marked as sent.",
    ):  # fmt: skip
        st.rerun()


def ask_to_prepare(currency: str, ready: Decimal) -> None:
    name = f"prepare-{currency}"
    fresh_request(name)
    confirm(
        "Prepare a batch?",
        f"About {words.money(ready, currency)} goes into a batch. No money moves until a colleague sends it.",
        "Prepare batch",
        lambda: settle(payments.prepare_payouts, request=name, currency=currency, done="The batch is prepared."),
    )


def draw_batches() -> None:
    paged_table(
        "batches",
        lambda page, size: ask(payments.payout_batches, page=page, size=size),
        [
            Column("Batch", lambda row: f"No. {row.number}", "open"),
            Column("Amount", lambda row: words.money(row.amount, row.currency), "right"),
            Column("State", lambda row: row.state, "state"),
            Column("Transfers", lambda row: words.number(row.payouts), "right"),
            Column("Prepared by", lambda row: row.prepared_by_name),
            Column("Prepared", lambda row: words.instant(row.prepared_at)),
            Column("Sent by", lambda row: row.sent_by_name or "–"),
            Column("Sent", lambda row: words.instant(row.sent_at)),
        ],
        on_open=open_batch,
        size=20,
        empty=lambda: empty_state("send_money", "No batch yet", "Prepare one from what is due now."),
        alt="Payout batches",
    )
    chosen = asked_for("batch")
    if chosen:
        rows, _ = ask(payments.payout_batches, size=500)
        found = [row for row in rows if row.batch_id == chosen]
        if found:
            draw_batch(found[0])
        else:
            empty_state("search_off", "This batch is not here", "Choose one from the list above.")


def open_batch(row: BatchRow) -> None:
    st.query_params["batch"] = str(row.batch_id)


def draw_batch(batch: BatchRow) -> None:
    payouts = ask(payments.payouts_of_batch, batch_id=batch.batch_id)
    with st.container(border=True, key="batch"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            section(f"Batch No. {batch.number}")
            with st.container(horizontal=True, width="content"):
                draw_batch_actions(batch, len(payouts))
        if batch.state == "prepared" and batch.prepared_by == who.person_id:
            st.info("You prepared this batch, so a colleague has to send it.", icon=":material/group:")
        table(
            "payouts",
            payouts,
            [
                Column("Organisation", lambda row: row.org_name, width="medium"),
                Column("Amount", lambda row: words.money(row.amount, row.currency), "right"),
                Column("What", lambda row: KINDS.get(row.kind, row.kind)),
                Column("Account holder", lambda row: row.holder or "–"),
                Column("IBAN", lambda row: f"{row.iban[:2]}·· ···· {row.iban[-4:]}"),
            ],
            alt="Transfers of the batch",
        )


def draw_batch_actions(batch: BatchRow, count: int) -> None:
    if not actor.may(Permission.PREPARE_PAYOUTS):
        return
    if count:
        content = ask(payments.bank_file, batch_id=batch.batch_id)
        st.download_button(
            "Bank file",
            content,
            f"payouts-{batch.number}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    if batch.state != "prepared":
        return
    amount = words.money(batch.amount, batch.currency)
    if st.button("Cancel batch", key="cancel-batch"):
        confirm(
            "Cancel this batch?", "Its sums wait for the next batch.", "Cancel batch",
            lambda: settle(payments.cancel_payouts, batch_id=batch.batch_id, done="The batch is cancelled."),
        )  # fmt: skip
    if st.button("Send batch", type="primary", icon=":material/send:", key="send-batch",
                 disabled=batch.prepared_by == who.person_id):  # fmt: skip
        confirm(
            "Send this batch?",
            f"{words.count(batch.payouts, 'transfer')} over {amount} are booked as paid. Hand the bank file in.",
            "Send batch", lambda: settle(payments.send_payouts, batch_id=batch.batch_id, done="The batch is sent."),
            is_grave=True,
        )  # fmt: skip


{"due": draw_due, "batches": draw_batches, "deposits": draw_deposits}[show]()
