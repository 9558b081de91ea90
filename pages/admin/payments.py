"""Money that came in by bank: write it down, and match it with what it pays."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, empty_state, page_header, paged_table, plain
from app.parts.bank_statement import COLUMNS, read_statement
from app.parts.filters import tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from domain import orders, payments
from domain.kernel.work import Work
from domain.payments import BankLineRow

guard()


def record_lines(work: Work, *, lines: list[dict[str, Any]]) -> int:
    """Write down a statement, all of it or nothing; lines that are known already stay as they are."""
    return len({payments.record_bank_line(work, **line) for line in lines})


@guarded_dialog("Add a line of the bank statement", width="medium")
def add_line() -> None:
    with st.form(once("bank-line"), border=False):
        one, two = st.columns(2)
        reference = one.text_input("Bank's reference", max_chars=80, help="The bank's own number; it counts once.")
        booked_on = two.date_input("Booked on", today(), format="YYYY-MM-DD")
        payer = one.text_input("Payer", max_chars=140)
        remittance = two.text_input("Remittance text", max_chars=280, placeholder="P-ABCD2345")
        amount = one.text_input("Amount", placeholder="1250.00")
        currency = two.selectbox("Currency", ["EUR", "USD", "GBP", "JPY", "CHF"], accept_new_options=True)
        if not st.form_submit_button("Add line", type="primary"):
            return
        try:
            value = Decimal((amount or "").strip().replace(",", "."))
        except InvalidOperation:
            st.error("This is not an amount. Write for example 1250.00")
            return
        if settle(
            payments.record_bank_line, bank_reference=reference or "", booked_on=booked_on, payer=payer or "",
            remittance=remittance or "", amount=value, currency=(currency or "").strip().upper(),
            done="The line is added.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Upload a bank statement", width="medium")
def upload() -> None:
    st.caption("A CSV with a heading. Lines that are known already are left alone, so a file may be uploaded twice.")
    st.code(",".join(COLUMNS) + "\nB-20260331-17,2026-03-31,Corner Shop GmbH,P-ABCD2345,1250.00,EUR", language=None)
    file = st.file_uploader("Bank statement", type=["csv"], key=once("statement"), max_upload_size=10)
    if file is None:
        return
    lines, problems = read_statement(file.getvalue())
    if problems:
        st.error("  \n".join(plain(problem) for problem in problems[:10]), icon=":material/error:")
        found = words.count(len(problems), "problem")
        st.caption(f"{found}; nothing was recorded. Mend the file and upload it again.")
        return
    st.success(f"{words.count(len(lines), 'line')} can be recorded.", icon=":material/check:")
    if st.button("Record these lines", type="primary") and settle(
        record_lines, lines=lines, done=f"{words.count(len(lines), 'line')} of the statement are recorded."
    ):
        st.rerun()


@guarded_dialog("Match this transfer", width="medium")
def match(row: BankLineRow) -> None:
    amount = words.money(row.amount, row.currency)
    st.markdown(f"**{plain(amount)}** from {plain(row.payer or 'an unknown payer')}, {plain(words.day(row.booked_on))}")
    st.caption(plain(f"Text: {row.remittance or '–'}"))
    options = {"purchase": "A purchase", "wallet": "A wallet top-up"}
    start = "wallet" if row.suggested_org_id and not row.suggested_purchase_id else "purchase"
    what = st.segmented_control("What does it pay?", list(options), format_func=lambda key: options[key], default=start,
                                required=True, key=f"what-{row.bank_line_id}")  # fmt: skip
    find = st.text_input(
        "Search", row.suggested_purchase or row.suggested_org or "", key=f"find-{row.bank_line_id}",
        icon=":material/search:", placeholder="Purchase, buyer or reference" if what == "purchase" else "Organisation",
    )  # fmt: skip
    if what == "purchase":
        match_purchase(row, find or "")
    else:
        match_wallet(row, find or "")


def match_purchase(row: BankLineRow, find: str) -> None:
    waiting, _ = ask(payments.awaited_transfers, find=find.strip(), size=20)
    if not waiting:
        st.info("No purchase that waits for a transfer fits. If the money came too late, put it into the wallet.")
        return
    names = {p.purchase_id: p for p in waiting}
    chosen = st.selectbox(
        "Purchase", list(names), key=f"purchase-{row.bank_line_id}",
        format_func=lambda key: f"{names[key].number} · {names[key].org_name} · "
        f"{words.money(names[key].amount, names[key].currency)} · {names[key].reference}",
    )  # fmt: skip
    wanted = names[chosen]
    if wanted.currency != row.currency:
        st.warning("The currencies differ: the purchase stays unpaid and the money goes into the buyer's wallet.")
    elif row.amount < wanted.amount:
        short = words.money(wanted.amount - row.amount, row.currency)
        st.warning(plain(f"{short} too little: the purchase stays unpaid and the money goes into the buyer's wallet."))
    elif row.amount > wanted.amount:
        st.info(plain(f"{words.money(row.amount - wanted.amount, row.currency)} more than asked goes into the wallet."))
    else:
        st.success("The amount fits to the cent.", icon=":material/check:")
    if st.button("Match with this purchase", type="primary", key="match-purchase") and settle(
        orders.match_transfer, bank_line_id=row.bank_line_id, purchase_id=chosen, done="Matched."
    ):
        st.rerun()


def match_wallet(row: BankLineRow, find: str) -> None:
    owners = dict(ask(payments.wallet_owners, find=find.strip(), size=50))
    if not owners:
        st.info("No buyer has this name.")
        return
    known: list[UUID] = list(owners)
    start = known.index(row.suggested_org_id) if row.suggested_org_id in owners else 0
    chosen = st.selectbox(
        "Wallet of", known, index=start, format_func=lambda key: owners[key], key=f"wallet-{row.bank_line_id}"
    )
    if st.button("Put it into this wallet", type="primary", key="match-wallet") and settle(
        payments.match_top_up, bank_line_id=row.bank_line_id, org_id=chosen, done="The wallet is topped up."
    ):
        st.rerun()


def actions() -> None:
    if st.button("Upload statement", icon=":material/upload_file:"):
        upload()
    if st.button("Add a line", type="primary", icon=":material/add:"):
        add_line()


page_header("Incoming payments", "Transfers to the account that holds buyers' money, and what they pay", actions)
VIEWS = {"open": "To match", "all": "All lines", "awaited": "Awaited"}
show = tabs_of("lines", VIEWS)


def suggestion(row: BankLineRow) -> str:
    if row.matched_at:
        return f"Matched: {row.matched_org}"
    if row.suggested_purchase:
        fits = row.suggested_amount == row.amount
        return f"{row.suggested_purchase} of {row.suggested_org}" + ("" if fits else ", another amount")
    return f"Wallet of {row.suggested_org}" if row.suggested_org else "No suggestion"


def draw_lines() -> None:
    def nothing() -> None:
        if show == "open":
            empty_state("done_all", "Nothing to match", "Add lines of the bank statement as money comes in.")
        else:
            empty_state("account_balance", "No transfer yet", "Add a line, or upload the bank's statement.")

    paged_table(
        "lines",
        lambda page, size: ask(payments.bank_lines, only_open=show == "open", page=page, size=size),
        [
            Column("Bank reference", lambda row: row.bank_reference, "open" if show == "open" else "text"),
            Column("Amount", lambda row: words.money(row.amount, row.currency), "right"),
            Column("Booked", lambda row: words.day(row.booked_on)),
            Column("Payer", lambda row: row.payer or "–", width="medium"),
            Column("Text", lambda row: row.remittance or "–", width="medium"),
            Column("Pays" if show == "open" else "State", suggestion, width="medium"),
        ],
        on_open=match,
        empty=nothing,
        alt="Lines of the bank statement",
        hint="Press a bank reference to match that transfer." if show == "open" else None,
    )


def draw_awaited() -> None:
    paged_table(
        "lines",
        lambda page, size: ask(payments.awaited_transfers, page=page, size=size),
        [
            Column("Purchase", lambda row: row.number),
            Column("Amount", lambda row: words.money(row.amount, row.currency), "right"),
            Column("Buyer", lambda row: row.org_name, width="medium"),
            Column("Reference on the transfer", lambda row: row.reference),
            Column("Placed", lambda row: words.instant(row.created_at)),
        ],
        empty=lambda: empty_state("hourglass_empty", "No transfer is awaited", "All purchases are paid or have ended."),
        alt="Purchases that wait for a transfer",
    )


draw_awaited() if show == "awaited" else draw_lines()
