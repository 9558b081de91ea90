"""The kinds of entries: which families each may debit and credit, and who may post it.

The numbers are the posting templates of state-machines D0. The same table stands in the database
(`ledger_kinds`), where `ledger_post` reads it; a test compares the two.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.ledger.accounts import Family


class Kind(StrEnum):
    WALLET_TOPPED_UP = "wallet_topped_up"  # P10
    ORDER_FUNDED_BY_WALLET = "order_funded_by_wallet"  # P10
    ORDER_FUNDED_BY_TRANSFER = "order_funded_by_transfer"  # P2
    GOODS_ACCEPTED = "goods_accepted"  # P3
    ORDER_REFUNDED = "order_refunded"  # P5, P18
    REFUND_TO_WALLET = "refund_to_wallet"
    REFUND_SENT = "refund_sent"  # P5
    EARNINGS_SENT = "earnings_sent"  # P4
    COMMISSION_SWEPT = "commission_swept"  # P4b
    ACCOUNT_TESTED = "account_tested"  # as the shortfall of P1b: what moving money costs, from own cash
    GMV_PLACED = "gmv_placed"  # P0
    GMV_CONFIRMED = "gmv_confirmed"  # P0
    GMV_COMPLETED = "gmv_completed"  # P0


@dataclass(frozen=True, slots=True)
class Template:
    debits: tuple[Family, ...]
    credits: tuple[Family, ...]
    actors: tuple[str, ...]
    needs: str | None = None


F = Family
KINDS: dict[Kind, Template] = {
    Kind.WALLET_TOPPED_UP: Template((F.BANK_ESCROW,), (F.WALLET,), ("staff",)),
    Kind.ORDER_FUNDED_BY_WALLET: Template((F.WALLET,), (F.ESCROW,), ("buyer",)),
    Kind.ORDER_FUNDED_BY_TRANSFER: Template((F.BANK_ESCROW,), (F.ESCROW,), ("staff",)),
    Kind.GOODS_ACCEPTED: Template(
        (F.ESCROW,),
        (F.PAYABLE_SELLER, F.PAYABLE_DISTRIBUTOR, F.COMMISSION_REVENUE, F.COMMISSION_VAT),
        ("buyer",),
        needs="acceptances",
    ),
    Kind.ORDER_REFUNDED: Template((F.ESCROW,), (F.REFUND_PAYABLE,), ("seller", "buyer", "staff")),
    Kind.REFUND_TO_WALLET: Template((F.REFUND_PAYABLE,), (F.WALLET,), ("seller", "buyer", "staff")),
    Kind.REFUND_SENT: Template((F.REFUND_PAYABLE,), (F.BANK_ESCROW,), ("staff",)),
    Kind.EARNINGS_SENT: Template((F.PAYABLE_SELLER, F.PAYABLE_DISTRIBUTOR), (F.BANK_ESCROW,), ("staff",)),
    Kind.COMMISSION_SWEPT: Template((F.BANK_OPERATING,), (F.BANK_ESCROW,), ("staff",)),
    Kind.ACCOUNT_TESTED: Template((F.PAYMENT_COST,), (F.BANK_OPERATING,), ("staff",)),
    Kind.GMV_PLACED: Template((F.MEMO_PLACED,), (F.MEMO_CONTRA,), ("buyer", "staff")),
    Kind.GMV_CONFIRMED: Template((F.MEMO_CONFIRMED,), (F.MEMO_CONTRA,), ("seller",)),
    Kind.GMV_COMPLETED: Template((F.MEMO_COMPLETED,), (F.MEMO_CONTRA,), ("buyer", "seller")),
}
