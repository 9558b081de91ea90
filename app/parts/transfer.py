"""How to pay by bank transfer: amount, account, and the reference that lets us find it."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from app import words
from app.bridge import ask
from app.parts.text import plain
from domain import payments
from domain.payments import PaymentSheet


def draw_transfer(payment: PaymentSheet) -> None:
    """What to write on the transfer for a purchase that waits for one."""
    draw_reference(payment.reference, amount=payment.amount, currency=payment.currency)
    if payment.due_at is not None:
        st.caption(f"Your goods are reserved until {plain(words.instant(payment.due_at))}.")


def draw_reference(reference: str, *, amount: Decimal | None = None, currency: str = "") -> None:
    if amount is not None:
        st.markdown(f":gray[:small[Amount]]  \n**{plain(words.money(amount, currency))}**")
    account = ask(payments.escrow_account)
    if account is not None:
        st.markdown(f":gray[:small[To]]  \n{plain(account.holder)}  \n{plain(account.iban)}")
    st.markdown(":gray[:small[Reference, exactly as it stands here]]")
    st.code(reference, language=None)
