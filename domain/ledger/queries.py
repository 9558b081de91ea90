"""Questions about money: balances, statements, the postings behind an order, the trial balance."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work
from domain.ledger.accounts import Family
from domain.ledger.views import AccountBalance, PostingRow, StatementRow


def held_for(work: Work, *, family: Family, holder_id: UUID, currency: str) -> Decimal:
    """What an account of this holder holds (a liability of the platform is positive here)."""
    _own_or_staff(work, family, holder_id)
    balance = work.session.execute(
        text(
            "select -balance from ledger_accounts"
            " where family = :family and holder_id = :holder_id and currency = :currency"
            " and (:books and :me in (org_id, buyer_id, seller_id) or :staff)"
        ),
        {
            "family": family.value,
            "holder_id": holder_id,
            "currency": currency,
            "me": work.actor.org_id,
            "books": _sees_books(work, family),
            "staff": work.actor.may(Permission.SEE_LEDGER),
        },
    ).scalar()
    return balance if balance is not None else Decimal(0)


def _sees_books(work: Work, family: Family) -> bool:
    """Whether the actor's role has to do with accounts of this family of the own organisation."""
    of_an_order = (Permission.SEE_PRICES, Permission.SEE_COSTS)
    rights = {Family.WALLET: (Permission.PAY,), Family.ESCROW: of_an_order}.get(family, (Permission.SEE_PAYOUTS,))
    return any(work.actor.may(right) for right in rights)


def statement(
    work: Work, *, family: Family, currency: str, page: int = 1, size: int = 50
) -> tuple[list[StatementRow], int]:
    """The movements on one of the actor's own accounts, newest first, and how many there are."""
    if not _sees_books(work, family):
        raise NotFound
    rows = work.session.execute(
        text(
            "select e.id as entry_id, e.kind, e.order_id, o.number as order_number, -p.amount as amount,"
            " -p.balance_after as balance, p.currency, e.effective_at, count(*) over () as total"
            " from ledger_accounts a join ledger_postings p on p.account_id = a.id"
            " join ledger_entries e on e.id = p.entry_id left join supplier_orders o on o.id = e.order_id"
            " where a.family = :family and a.holder_id = :org_id and a.currency = :currency"
            " order by p.account_version desc limit :size offset :skip"
        ),
        {
            "family": family.value,
            "org_id": work.actor.require_org(),
            "currency": currency,
            "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()
    return [StatementRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


_POSTINGS = (
    "select p.entry_id, e.kind, e.reference, e.order_id, a.family, a.holder_id,"
    " coalesce(g.name, o.number) as holder_name, x.number as order_number, p.amount, p.currency,"
    " p.balance_after, e.effective_at,"
    " count(*) over () as total"
    " from ledger_postings p join ledger_entries e on e.id = p.entry_id join ledger_accounts a on a.id = p.account_id"
    " left join organizations g on g.id = a.org_id left join supplier_orders o on o.id = a.holder_id"
    " left join supplier_orders x on x.id = e.order_id"
)


def postings_of_order(work: Work, *, order_id: UUID, with_memo: bool = False) -> list[PostingRow]:
    """The postings behind an order that the actor may see, oldest first; none for a role without its prices."""
    rows = work.session.execute(
        text(
            _POSTINGS + " where e.order_id = :order_id and (:with_memo or a.kind <> 'memo')"
            " and (:staff or :me in (a.org_id, a.buyer_id, a.seller_id)"
            "  and case when :me = (select buyer_id from supplier_orders where id = :order_id) then :costs else :prices"
            "  end) order by e.effective_at, e.id, p.position"
        ),
        {
            "order_id": order_id,
            "with_memo": with_memo,
            "me": work.actor.org_id,
            "costs": work.actor.may(Permission.SEE_COSTS),
            "prices": work.actor.may(Permission.SEE_PRICES),
            "staff": work.actor.may(Permission.SEE_ORDER_POSTINGS),
        },
    )
    return [PostingRow.model_validate(row._asdict()) for row in rows]


def postings(
    work: Work,
    *,
    family: str | None = None,
    kind: str | None = None,
    currency: str | None = None,
    page: int = 1,
    size: int = 50,
) -> tuple[list[PostingRow], int]:
    """All postings, newest first, for those who may see the ledger: one page, and how many in all."""
    work.actor.require(Permission.SEE_LEDGER)
    rows = work.session.execute(
        text(
            _POSTINGS + " where (cast(:family as text) is null or a.family = :family)"
            " and (cast(:kind as text) is null or e.kind = :kind)"
            " and (cast(:currency as text) is null or p.currency = :currency)"
            " order by e.effective_at desc, e.id desc, p.position limit :size offset :skip"
        ),
        {"family": family, "kind": kind, "currency": currency, "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    return [PostingRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def trial_balance(work: Work) -> list[AccountBalance]:
    """What every account family holds, per currency; money and memo accounts apart by `kind`."""
    work.actor.require(Permission.SEE_LEDGER)
    rows = work.session.execute(
        text(
            "select a.family, a.kind, a.currency, sum(p.amount) as balance, count(*) as postings"
            " from ledger_postings p join ledger_accounts a on a.id = p.account_id"
            " group by a.family, a.kind, a.currency order by a.currency, a.kind, a.family"
        )
    )
    return [AccountBalance.model_validate(row._asdict()) for row in rows]


def _own_or_staff(work: Work, family: Family, holder_id: UUID) -> None:
    if family is Family.ESCROW:
        return  # the order's parties see it; for strangers it holds nothing
    if holder_id != work.actor.org_id and not work.actor.may(Permission.SEE_LEDGER):
        raise NotFound
