"""Questions about money owed, held, earned and paid."""

import csv
import io
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from domain import ledger
from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.exports import as_cell
from domain.kernel.money import rounded
from domain.kernel.settings import settings
from domain.kernel.work import Work
from domain.ledger import Family
from domain.payments.views import (
    AwaitedRow,
    BankAccountSheet,
    BankLineRow,
    BatchRow,
    DueRow,
    EarningRow,
    EscrowAccountSheet,
    OrderMoney,
    PaymentSheet,
    PayoutRow,
    WalletSheet,
)


def my_wallet(work: Work, *, currency: str) -> WalletSheet:
    """One's own prepaid account. The reference is empty until `wallet_reference` made one."""
    work.actor.require(Permission.PAY)
    org_id = work.actor.require_org()
    reference = work.session.execute(
        text("select reference from wallet_references where org_id = :org_id"), {"org_id": org_id}
    ).scalar()
    balance = ledger.held_for(work, family=Family.WALLET, holder_id=org_id, currency=currency)
    return WalletSheet(currency=currency, balance=balance, reference=reference or "")


def money_of_order(work: Work, *, order_id: UUID, currency: str) -> OrderMoney:
    """Where the money of an order is, from the postings of its escrow account; nowhere for who sees no prices."""
    row = work.session.execute(
        text(
            "select coalesce(-sum(p.amount) filter (where e.kind like 'order_funded%'), 0) as funded,"
            " coalesce(-sum(p.amount), 0) as held,"
            " coalesce(sum(p.amount) filter (where e.kind = 'goods_accepted'), 0) as released,"
            " coalesce(sum(p.amount) filter (where e.kind = 'order_refunded'), 0) as refunded"
            " from ledger_accounts a join ledger_postings p on p.account_id = a.id"
            " join ledger_entries e on e.id = p.entry_id where a.family = 'escrow' and a.holder_id = :order_id"
            " and (:me = a.buyer_id and :costs or :me = a.seller_id and :prices or :staff)"
        ),
        {
            "order_id": order_id,
            "me": work.actor.org_id,
            "costs": work.actor.may(Permission.SEE_COSTS),
            "prices": work.actor.may(Permission.SEE_PRICES),
            "staff": work.actor.may(Permission.SEE_ALL_ORDERS),
        },
    ).one()
    return OrderMoney(currency=currency, **row._asdict())


def payment_of_purchase(work: Work, *, purchase_id: UUID) -> PaymentSheet | None:
    """The payment of one's own purchase, for those who see what goods cost."""
    row = work.session.execute(
        text(
            "select p.id as payment_id, p.purchase_id, p.method, p.state, p.amount, p.currency, p.reference,"
            " p.captured_at, (select min(d.due_at) from payment_dues d join supplier_orders o on o.id = d.order_id"
            "   where o.purchase_id = p.purchase_id) as due_at"
            " from payments p where p.purchase_id = :id and (p.buyer_id = :me and :costs or :staff)"
        ),
        {
            "id": purchase_id,
            "me": work.actor.org_id,
            "costs": work.actor.may(Permission.SEE_COSTS),
            "staff": work.actor.may(Permission.SEE_ALL_ORDERS),
        },
    ).one_or_none()
    return PaymentSheet.model_validate(row._asdict()) if row else None


def my_bank_account(work: Work) -> BankAccountSheet | None:
    """Where one's own organisation is paid, or None. Who looks through somebody's eyes sees the number in part."""
    work.actor.require(Permission.SEE_PAYOUTS)
    row = work.session.execute(
        text("select holder, iban, changed_at from bank_accounts where org_id = :org_id"),
        {"org_id": work.actor.require_org()},
    ).one_or_none()
    if row is None:
        return None
    sheet = BankAccountSheet.model_validate(row._asdict())
    return sheet.model_copy(update={"iban": _masked(sheet.iban)}) if work.actor.is_looking else sheet


def stated_iban(work: Work, *, org_id: UUID) -> str | None:
    """The whole number of the account that an organisation stated, to compare a paper with (jobs only)."""
    if not work.actor.is_system:
        raise NotFound
    return work.session.scalar(text("select iban from bank_accounts where org_id = :org_id"), {"org_id": org_id})


def escrow_account(work: Work) -> EscrowAccountSheet | None:
    """Where buyers send money; None until the platform's settings name an account."""
    work.actor.require(Permission.PAY)
    known = settings()
    return EscrowAccountSheet(holder=known.escrow_holder, iban=known.escrow_iban) if known.escrow_iban else None


def my_earnings(work: Work, *, page: int = 1, size: int = 50) -> tuple[list[EarningRow], int]:
    """What one's own orders have set free, newest first, and how many releases there are in all."""
    work.actor.require(Permission.SEE_PAYOUTS)
    rows = work.session.execute(
        text(
            "select r.id as release_id, r.order_id, o.number as order_number, r.released_at, r.currency, r.gross,"
            " r.goods, r.commission, r.commission_vat, r.distributor, r.net, b.number as payout_number,"
            " b.sent_at as paid_at, count(*) over () as total"
            " from releases r join supplier_orders o on o.id = r.order_id"
            " left join payouts p on p.id = r.payout_id left join payout_batches b on b.id = p.batch_id"
            " where r.seller_id = :org_id order by r.released_at desc, r.id limit :size offset :skip"
        ),
        {"org_id": work.actor.require_org(), "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    return [EarningRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def my_balance(work: Work, *, currency: str) -> Decimal:
    """What the platform owes one's own organisation for accepted goods."""
    work.actor.require(Permission.SEE_PAYOUTS)
    return ledger.held_for(work, family=Family.PAYABLE_SELLER, holder_id=work.actor.require_org(), currency=currency)


def bank_lines(work: Work, *, only_open: bool = True, page: int = 1, size: int = 50) -> tuple[list[BankLineRow], int]:
    """Incoming transfers, newest first, each with what its text names; and how many in all."""
    work.actor.require(Permission.MATCH_PAYMENTS)
    rows = work.session.execute(
        text(
            "select l.id as bank_line_id, l.bank_reference, l.booked_on, l.payer, l.remittance, l.amount, l.currency,"
            " l.matched_at, m.name as matched_org, y.id as suggested_payment_id,"
            " coalesce(y.buyer_id, w.org_id) as suggested_org_id, g.name as suggested_org, y.amount as"
            " suggested_amount,"
            " u.number as suggested_purchase, u.id as suggested_purchase_id, count(*) over () as total"
            " from bank_lines l left join organizations m on m.id = l.matched_org_id"
            " left join lateral (select substring(upper(l.remittance) from '[PW]-[A-Z2-9]{8}') as reference) f on true"
            " left join payments y on y.reference = f.reference and l.matched_at is null"
            " left join wallet_references w on w.reference = f.reference and l.matched_at is null"
            " left join purchases u on u.id = y.purchase_id"
            " left join organizations g on g.id = coalesce(y.buyer_id, w.org_id)"
            " where (not :only_open or l.matched_at is null)"
            " order by l.booked_on desc, l.recorded_at desc, l.id limit :size offset :skip"
        ),
        {"only_open": only_open, "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    return [BankLineRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def awaited_transfers(work: Work, *, find: str = "", page: int = 1, size: int = 50) -> tuple[list[AwaitedRow], int]:
    """Purchases that wait for a bank transfer, newest first, by number, buyer or reference; and how many in all."""
    work.actor.require(Permission.MATCH_PAYMENTS)
    rows = work.session.execute(
        text(
            "select p.purchase_id, u.number, p.buyer_id as org_id, g.name as org_name, p.amount, p.currency,"
            " p.reference,"
            " u.created_at, count(*) over () as total from payments p join purchases u on u.id = p.purchase_id"
            " join organizations g on g.id = p.buyer_id where p.state = 'awaiting_transfer'"
            " and strpos(lower(u.number || ' ' || g.name || ' ' || p.reference), lower(:find)) > 0"
            " order by u.created_at desc, u.id limit :size offset :skip"
        ),
        {"find": find, "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    return [AwaitedRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def wallet_owners(work: Work, *, find: str = "", size: int = 50) -> list[tuple[UUID, str]]:
    """Organisations that may have a wallet, by name: (id, name)."""
    work.actor.require(Permission.MATCH_PAYMENTS)
    rows = work.session.execute(
        text(
            "select id, name from organizations where origin = 'live' and kind in ('retailer', 'distributor')"
            " and strpos(lower(name), lower(:find)) > 0 order by name, id limit :size"
        ),
        {"find": find, "size": size},
    )
    return [(row.id, row.name) for row in rows]


def payouts_due(work: Work) -> list[DueRow]:
    """What waits to be paid out, per organisation, kind and currency."""
    work.actor.require(Permission.SEE_PAYOUT_RUNS)
    rows = work.session.execute(
        text(
            "select d.*, g.name as org_name, b.org_id is not null as has_bank_account,"
            " b.org_id is not null and may_be_paid(d.org_id, :now) as may_be_paid from ("
            " select seller_id as org_id, 'earnings' as kind, currency, sum(net) as amount, count(*) as items"
            " from releases where payout_id is null group by 1, 3"
            " union all select buyer_id, 'refund', currency, sum(amount), count(*) from refunds"
            " where state = 'owed' and route = 'bank_transfer' group by 1, 3) d"
            " join organizations g on g.id = d.org_id left join bank_accounts b on b.org_id = d.org_id"
            " order by d.amount desc, d.org_id"
        ),
        {"now": work.now},
    )
    return [DueRow.model_validate(row._asdict()) for row in rows]


def payout_batches(work: Work, *, page: int = 1, size: int = 20) -> tuple[list[BatchRow], int]:
    """Payout batches, newest first, and how many there are in all."""
    work.actor.require(Permission.SEE_PAYOUT_RUNS)
    rows = work.session.execute(
        text(
            "select b.id as batch_id, b.number, b.state, b.currency, b.prepared_by, m.name as prepared_by_name,"
            " b.prepared_at, s.name as sent_by_name, b.sent_at, coalesce(p.payouts, 0) as payouts,"
            " coalesce(p.amount, 0) as amount, count(*) over () as total from payout_batches b"
            " join people m on m.id = b.prepared_by left join people s on s.id = b.sent_by"
            " left join lateral (select count(*) as payouts, sum(amount) as amount from payouts p"
            "   where p.batch_id = b.id) p on true"
            " order by b.number desc limit :size offset :skip"
        ),
        {"size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    return [BatchRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


_PAYOUTS = (
    "select p.id as payout_id, p.batch_id, b.number as batch_number, p.org_id, g.name as org_name, p.kind, p.amount,"
    " p.currency, p.holder, p.iban, b.state, b.prepared_at, b.sent_at"
    " from payouts p join payout_batches b on b.id = p.batch_id join organizations g on g.id = p.org_id"
)


def payouts_of_batch(work: Work, *, batch_id: UUID) -> list[PayoutRow]:
    """The transfers of a batch, by name. Bank accounts are whole for those who pay them only."""
    work.actor.require(Permission.SEE_PAYOUT_RUNS)
    rows = work.session.execute(
        text(_PAYOUTS + " where p.batch_id = :batch order by g.name, p.kind"), {"batch": batch_id}
    )
    found = [PayoutRow.model_validate(row._asdict()) for row in rows]
    if work.actor.may(Permission.PREPARE_PAYOUTS):
        return found
    return [row.model_copy(update={"holder": "", "iban": _masked(row.iban)}) for row in found]


def bank_file(work: Work, *, batch_id: UUID) -> str:
    """The batch as a CSV that the bank takes in: one line a transfer, and the sum in the last line."""
    work.actor.require(Permission.PREPARE_PAYOUTS)
    payouts = payouts_of_batch(work, batch_id=batch_id)
    if not payouts:
        raise NotFound
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["holder", "iban", "amount", "currency", "remittance"])
    for payout in payouts:
        text_on_transfer = f"Wholesale OS payout {payout.batch_number} {payout.kind}"
        writer.writerow([as_cell(payout.holder), payout.iban, _exact(payout), payout.currency, text_on_transfer])
    writer.writerow(["SUM", len(payouts), sum(_exact(p) for p in payouts), payouts[0].currency, ""])
    return out.getvalue()


def _exact(payout: PayoutRow) -> Decimal:
    return rounded(payout.amount, payout.currency)


def _masked(iban: str) -> str:
    return f"{iban[:4]}****{iban[-4:]}"
