"""The books: what every account holds, and every line, with money and sales figures apart."""

from decimal import Decimal

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, paged_table, plain, table
from app.parts.filters import choice, tabs_of
from app.parts.postings import ACCOUNTS, REASONS, account_word, posting_columns, two_sides
from domain import ledger

guard()
page_header("Ledger", "Every cent that moves, moves here; each entry adds up to nothing")
balance = ask(ledger.trial_balance)
currencies = sorted({row.currency for row in balance})
show = tabs_of("postings", {"balance": "Balances", "lines": "Lines"})


def draw_balance() -> None:
    if not balance:
        empty_state("menu_book", "Nothing has been booked yet", "The first payment or order makes the first entries.")
    for currency in currencies:
        rows = [row for row in balance if row.currency == currency]
        money = [row for row in rows if row.kind != "memo"]
        memo = [row for row in rows if row.kind == "memo"]
        with st.container(border=True):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.subheader(currency, anchor=False, width="content")
                total = sum((row.balance for row in rows), Decimal(0))
                if total == 0:
                    st.badge("In balance", icon=":material/check:", color="green")
                else:
                    st.badge(plain(f"Off by {words.money(total, currency)}"), icon=":material/error:", color="red")
            draw_accounts(f"money-{currency}", money)
            if memo:
                st.caption("Sales figures, kept apart: no money")
                draw_accounts(f"memo-{currency}", memo)


def draw_accounts(name: str, rows: list[ledger.AccountBalance]) -> None:
    table(
        name,
        rows,
        [
            Column("Account", lambda row: account_word(row.family)),
            *two_sides("Debit", "Credit", lambda row: row.balance),
            Column("Kind", lambda row: words.sentence_case(row.kind)),
            Column("Lines", lambda row: words.number(row.postings), "right"),
        ],
        alt="Balances of the accounts",
    )


def draw_lines() -> None:
    with st.container(horizontal=True):
        family = choice("postings", "All accounts", ACCOUNTS, key="account", width=260)
        kind = choice("postings", "All reasons", REASONS, key="reason", width=260)
        currency = choice("postings", "All currencies", currencies, key="currency")
    paged_table(
        "postings",
        lambda page, size: ask(ledger.postings, family=family, kind=kind, currency=currency, page=page, size=size),
        [*posting_columns(with_balance=True), Column("Order", lambda row: row.order_number or "–", "open")],
        on_open=lambda row: go("admin-order", order=row.order_id) if row.order_id else None,
        empty=lambda: empty_state("filter_alt_off", "No line fits", "Choose other filters."),
        alt="Ledger lines",
    )


draw_balance() if show == "balance" else draw_lines()
