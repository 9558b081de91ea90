"""Ledger lines as people read them: which account, why, and how much in which direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from app import words
from app.parts.tables import Column, table

ACCOUNTS: dict[str, str] = {
    "bank.escrow": "Bank account for buyers' money",
    "bank.operating": "Bank account of the platform",
    "escrow": "Held for orders",
    "pay.seller": "Owed to sellers",
    "pay.distributor": "Owed to distributors",
    "wallet.buyer": "Buyers' wallets",
    "refund.payable": "To be paid back to buyers",
    "vat.commission": "VAT on commission",
    "rev.commission": "Commission earned",
    "exp.psp": "Cost of payments",
    "memo.gmv.placed": "GMV placed",
    "memo.gmv.confirmed": "GMV confirmed",
    "memo.gmv.completed": "GMV completed",
    "memo.contra": "Counter account of sales figures",
}
REASONS: dict[str, str] = {
    "wallet_topped_up": "Money came into a wallet",
    "order_funded_by_wallet": "Order paid from the wallet",
    "order_funded_by_transfer": "Order paid by bank transfer",
    "goods_accepted": "Goods accepted",
    "order_refunded": "Refund decided",
    "refund_to_wallet": "Refund to the wallet",
    "refund_sent": "Refund paid out",
    "earnings_sent": "Earnings paid out",
    "commission_swept": "Commission moved to the platform's account",
    "account_tested": "Test deposits to a bank account",
    "gmv_placed": "Order placed",
    "gmv_confirmed": "Order confirmed",
    "gmv_completed": "Order completed",
}


def account_word(family: str) -> str:
    return ACCOUNTS.get(family, words.sentence_case(family.replace(".", " ")))


def reason_word(kind: str) -> str:
    return REASONS.get(kind, words.sentence_case(kind))


def two_sides(debit: str, credit: str, amount: Callable[[Any], Decimal]) -> tuple[Column, Column]:
    """A signed amount of a row in two columns, positive as debit, negative as credit."""

    def side(title: str, sign: int) -> Column:
        # A width of its own: where many cells are empty, the measured one is too narrow and cuts amounts.
        shown = lambda row: words.money(sign * amount(row), row.currency) if sign * amount(row) > 0 else ""  # noqa: E731
        return Column(title, shown, "right", 105)

    return side(debit, 1), side(credit, -1)


def posting_columns(*, with_balance: bool = False, on_open: bool = False) -> list[Column]:
    """Columns for rows of `ledger.PostingRow`."""
    columns = [
        Column("When", lambda row: words.instant(row.effective_at)),
        *two_sides("In (debit)", "Out (credit)", lambda row: row.amount),
        Column("Why", lambda row: reason_word(row.kind)),
        Column("Account", lambda row: account_word(row.family)),
        Column("Of", lambda row: row.holder_name or "–", "open" if on_open else "text"),
    ]
    if with_balance:
        balance = lambda row: "" if row.balance_after is None else words.money(-row.balance_after, row.currency)  # noqa: E731
        columns.append(Column("Account holds then", balance, "right", help="Of accounts that keep a balance"))
    return columns


def postings_table(name: str, rows: Sequence[Any], *, on_open: Callable[[Any], None] | None = None) -> None:
    """Ledger lines that are already here."""
    table(name, rows, posting_columns(), on_open=on_open, alt="Ledger lines")
