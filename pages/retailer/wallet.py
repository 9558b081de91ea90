"""My wallet: what it holds, what moved, how to top it up."""

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import go, guard
from app.parts import Column, Tile, empty_state, metric_tiles, page_header, paged_table, section
from app.parts.transfer import draw_reference
from domain import ledger, payments
from domain.ledger import Family

who, _ = guard()
wallet = ask(payments.my_wallet, currency=who.currency)
page_header("Wallet", "Pay suppliers at once from money that you have sent ahead")
main, side = st.columns([2, 1], gap="medium")
with main:
    metric_tiles(
        [
            Tile(
                "Balance", words.money(wallet.balance, wallet.currency),
                definition="What you can pay orders with right now.",
                formula="Top-ups and refunds minus what you paid from the wallet.", fresh="now",
            )
        ],
        columns=2,
    )  # fmt: skip
    section("Statement")
    paged_table(
        "statement",
        lambda page, size: ask(ledger.statement, family=Family.WALLET, currency=who.currency, page=page, size=size),
        [
            Column("When", lambda row: words.instant(row.effective_at)),
            Column("Amount", lambda row: words.money(row.amount, row.currency), "right"),
            Column("What", lambda row: words.movement(row.kind)),
            Column("Order", lambda row: row.order_number or "", "open"),
            Column("Balance", lambda row: words.money(row.balance, row.currency), "right"),
        ],
        on_open=lambda row: go("retailer-order", order=row.order_id) if row.order_id else None,
        empty=lambda: empty_state(
            "account_balance_wallet", "Nothing has moved yet", "Top up your wallet by bank transfer."
        ),
        alt="Movements of my wallet",
    )
with side, st.container(border=True):
    section("Top up")
    if wallet.reference:
        st.caption("Send any amount by bank transfer with this reference. It is in your wallet as soon as it arrives.")
        draw_reference(wallet.reference)
    else:
        st.caption("You get a reference of your own. Whatever you send with it lands in your wallet.")
        st.button(
            "Show my reference", type="primary", on_click=perform, args=(payments.wallet_reference,),
        )  # fmt: skip
