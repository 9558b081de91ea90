"""The states of payments, refunds and payout batches."""

from enum import StrEnum


class Method(StrEnum):
    WALLET = "wallet"
    BANK_TRANSFER = "bank_transfer"


class PaymentState(StrEnum):
    AWAITING_TRANSFER = "awaiting_transfer"
    CAPTURED = "captured"
    EXPIRED = "expired"


PAYMENT_MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.AWAITING_TRANSFER: frozenset({PaymentState.CAPTURED, PaymentState.EXPIRED}),
    PaymentState.CAPTURED: frozenset(),
    PaymentState.EXPIRED: frozenset(),
}


class RefundState(StrEnum):
    OWED = "owed"
    BATCHED = "batched"
    SENT = "sent"


class BatchState(StrEnum):
    PREPARED = "prepared"
    SENT = "sent"
    CANCELLED = "cancelled"


BATCH_MOVES: dict[BatchState, frozenset[BatchState]] = {
    BatchState.PREPARED: frozenset({BatchState.SENT, BatchState.CANCELLED}),
    BatchState.SENT: frozenset(),
    BatchState.CANCELLED: frozenset(),
}
