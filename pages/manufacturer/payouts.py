"""What I earned, what of it was paid out, and to which bank account."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, Tile, empty_state, facts_list, metric_tiles, page_header, paged_table, section
from app.parts.filters import tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.postings import reason_word
from domain import ledger, payments
from domain.identity import Permission
from domain.ledger import Family

who, actor = guard()
account = ask(payments.my_bank_account)
owed = ask(payments.my_balance, currency=who.currency)


@guarded_dialog("Bank account")
def change_account() -> None:
    st.caption(
        "Everything you earn from now on is paid to this account, once it is proved to be yours: by two small deposits"
        " or by a statement, on Verification. Another account is paid to after 24 hours at the earliest."
    )
    with st.form(once("bank-account"), border=False):
        holder = st.text_input("Account holder", account.holder if account else who.org_name, max_chars=120)
        iban = st.text_input("IBAN", placeholder="DE89 3704 0044 0532 0130 00", max_chars=42)
        if st.form_submit_button("Save", type="primary") and settle(
            payments.change_bank_account, holder=holder or "", iban=iban or "", done="Your bank account is saved."
        ):
            st.rerun()


def actions() -> None:
    label = "Change bank account" if account else "Add bank account"
    if actor.may(Permission.CHANGE_BANK_ACCOUNT) and st.button(
        label, icon=":material/account_balance:", type="secondary" if account else "primary"
    ):
        change_account()


page_header("Payouts", "When a buyer accepts goods, your share is released and paid out to your bank account", actions)
if account is None:
    st.warning("Add your bank account: without it nothing can be paid out to you.", icon=":material/account_balance:")
last, total = ask(payments.my_earnings, size=1)
metric_tiles(
    [
        Tile(
            "Owed to you", words.money(owed, who.currency), "Your net earnings from accepted goods, not paid out yet.",
            "credit balance of your account with us",
        ),
        Tile("Releases", words.number(total), "Each acceptance by a buyer releases your share of what it covers."),
        Tile("Last release", words.day(last[0].released_at) if last else "–", "When a buyer last accepted goods."),
    ],
    columns=3,
)  # fmt: skip

left, right = st.columns([2.6, 1], gap="medium")
with right, st.container(border=True):
    section("Bank account")
    if account:
        masked = f"{account.iban[:2]}·· ···· ···· {account.iban[-4:]}"
        facts_list({"Holder": account.holder, "IBAN": masked, "Changed": words.instant(account.changed_at)})
    else:
        st.caption("None yet.")
with left:
    show = tabs_of("payouts", {"earnings": "Earnings by release", "statement": "Account statement"})

    def draw_earnings() -> None:
        columns = [
            Column("Order", lambda row: row.order_number, "open"),
            Column("Net", lambda row: words.money(row.net, row.currency), "right"),
            Column("Released", lambda row: words.day(row.released_at)),
            Column("Gross", lambda row: words.money(row.gross, row.currency), "right"),
            Column("Commission", lambda row: words.money(-row.commission, row.currency), "right"),
            Column("VAT on it", lambda row: words.money(-row.commission_vat, row.currency), "right"),
            Column("Payout", lambda row: f"No. {row.payout_number}" if row.payout_number else "Waiting"),
            Column("Paid out", lambda row: words.day(row.paid_at)),
        ]
        paged_table(
            "payouts", lambda page, size: ask(payments.my_earnings, page=page, size=size), columns,
            on_open=lambda row: go("manufacturer-order", order=row.order_id),
            empty=lambda: empty_state(
                "payments", "No earnings yet", "Your share of an order is released when its buyer accepts the goods.",
                ("Sales orders", "manufacturer-orders"),
            ),
            alt="Earnings by release",
        )  # fmt: skip

    def draw_statement() -> None:
        columns = [
            Column("When", lambda row: words.instant(row.effective_at)),
            Column("Amount", lambda row: words.money(row.amount, row.currency), "right"),
            Column("What", lambda row: reason_word(row.kind), width="medium"),
            Column("Order", lambda row: row.order_number or "–", "open"),
            Column("Owed then", lambda row: words.money(row.balance, row.currency), "right"),
        ]
        paged_table(
            "payouts",
            lambda page, size: ask(
                ledger.statement, family=Family.PAYABLE_SELLER, currency=who.currency, page=page, size=size
            ),
            columns,
            on_open=lambda row: go("manufacturer-order", order=row.order_id) if row.order_id else None,
            empty=lambda: empty_state("menu_book", "Nothing yet", "Each release and each payout stands here."),
            alt="Account statement",
        )

    draw_earnings() if show == "earnings" else draw_statement()
