"""The chart of accounts (state-machines D0): families, their nature, and which keep a locked balance."""

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """Account families. A family with a holder has one account per organisation or order."""

    BANK_ESCROW = "bank.escrow"
    BANK_OPERATING = "bank.operating"
    ESCROW = "escrow"
    PAYABLE_SELLER = "pay.seller"
    PAYABLE_DISTRIBUTOR = "pay.distributor"
    WALLET = "wallet.buyer"
    REFUND_PAYABLE = "refund.payable"
    COMMISSION_VAT = "vat.commission"
    COMMISSION_REVENUE = "rev.commission"
    PAYMENT_COST = "exp.psp"
    MEMO_PLACED = "memo.gmv.placed"
    MEMO_CONFIRMED = "memo.gmv.confirmed"
    MEMO_COMPLETED = "memo.gmv.completed"
    MEMO_CONTRA = "memo.contra"


@dataclass(frozen=True, slots=True)
class Nature:
    kind: str  # asset, liability, income, expense, memo
    holder: str | None  # what the sub-ledger is kept by: org, order, or nothing
    locked: bool  # keeps a balance under a row lock, because it authorises spending


CHART: dict[Family, Nature] = {
    Family.BANK_ESCROW: Nature("asset", None, False),
    Family.BANK_OPERATING: Nature("asset", None, False),
    Family.ESCROW: Nature("liability", "order", True),
    Family.PAYABLE_SELLER: Nature("liability", "org", True),
    Family.PAYABLE_DISTRIBUTOR: Nature("liability", "org", True),
    Family.WALLET: Nature("liability", "org", True),
    Family.REFUND_PAYABLE: Nature("liability", "org", True),
    Family.COMMISSION_VAT: Nature("liability", None, False),
    Family.COMMISSION_REVENUE: Nature("income", None, False),
    Family.PAYMENT_COST: Nature("expense", None, False),
    Family.MEMO_PLACED: Nature("memo", None, False),
    Family.MEMO_CONFIRMED: Nature("memo", None, False),
    Family.MEMO_COMPLETED: Nature("memo", None, False),
    Family.MEMO_CONTRA: Nature("memo", None, False),
}
