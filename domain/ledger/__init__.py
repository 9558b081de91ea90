"""The ledger: a chart of accounts, entries, postings. Every cent that moves, moves here.

An entry has two or more postings that sum to zero per currency (debit positive). Entries are
append-only and idempotent per kind and reference; a mistake is corrected by a reversing entry.
Accounts that authorise spending (escrow of an order, wallet, payables) keep a locked balance that can
never be overspent; the others are append-only. Memo entries (GMV placed, confirmed, completed) stand
in accounts of their own that are never summed with money. Who may post what is data (`kinds`), checked
inside the owner-owned SQL function `ledger_post`, the only writer of these tables. Announces nothing:
the commands that cause an entry do.
"""

from domain.ledger.accounts import CHART, Family
from domain.ledger.commands import Draft, Leg, Overspent, post
from domain.ledger.history import post_memo
from domain.ledger.kinds import KINDS, Kind
from domain.ledger.queries import held_for, postings, postings_of_order, statement, trial_balance
from domain.ledger.views import AccountBalance, PostingRow, StatementRow

__all__ = [
    "AccountBalance",
    "CHART",
    "Draft",
    "Family",
    "KINDS",
    "Kind",
    "Leg",
    "Overspent",
    "PostingRow",
    "StatementRow",
    "held_for",
    "post",
    "post_memo",
    "postings",
    "postings_of_order",
    "statement",
    "trial_balance",
]
