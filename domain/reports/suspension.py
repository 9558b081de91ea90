"""What suspending an organisation would touch: read before it is done, so that nobody decides blindly."""

from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work
from domain.ledger import Family
from domain.orders import ENDED

_SHOWN = 20


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class MoneyAtStake(_View):
    """Money of one currency: held in escrow of open orders on either side, owed to it as a seller, in its wallet."""

    currency: str
    held: Decimal
    owed: Decimal
    wallet: Decimal


class AffectedParty(_View):
    """Who trades with the organisation right now, with the number of their open orders."""

    org_id: UUID
    name: str
    orders: int


class SuspensionPreview(_View):
    """What goes on (open orders and their money), and what stops (offers, baskets of others that hold them)."""

    org_id: UUID
    open_sales: int
    open_purchases: int
    unanswered: int
    active_offers: int
    units_reserved: int
    baskets: int
    people: int
    money: list[MoneyAtStake]
    parties: int
    largest_parties: list[AffectedParty]


def suspension_preview(work: Work, *, org_id: UUID) -> SuspensionPreview:
    """What a suspension of this organisation would touch, for those who suspend, propose or approve."""
    may = (Permission.SUSPEND_MEMBERS, Permission.PROPOSE_SUSPENSION, Permission.APPROVE_SUSPENSION)
    if not any(work.actor.may(permission) for permission in may):
        work.actor.require(may[0])
    facts = {"org": org_id, "ended": [state.value for state in ENDED], "shown": _SHOWN}
    counts = work.session.execute(
        text(
            "select (select count(*) from supplier_orders o where o.seller_id = g.id and o.origin = 'live'"
            "   and o.state <> all(:ended)) as open_sales,"
            " (select count(*) from supplier_orders o where o.buyer_id = g.id and o.origin = 'live'"
            "   and o.state <> all(:ended)) as open_purchases,"
            " (select count(*) from supplier_orders o where o.seller_id = g.id and o.state = 'awaiting_seller')"
            "   as unanswered,"
            " (select count(*) from offers f where f.seller_id = g.id and f.state = 'published') as active_offers,"
            " (select coalesce(sum(b.reserved), 0) from stock_balances b where b.org_id = g.id) as units_reserved,"
            " (select count(distinct l.basket_id) from basket_lines l join offers f on f.id = l.offer_id"
            "   join baskets b on b.id = l.basket_id and b.placed_at is null where f.seller_id = g.id) as baskets,"
            " (select count(*) from memberships m where m.org_id = g.id and m.state = 'active') as people"
            " from organizations g where g.id = :org and g.origin = 'live'"
        ),
        facts,
    ).one_or_none()
    if counts is None:
        raise NotFound
    money = work.session.execute(
        text(
            "select currency, coalesce(sum(-balance) filter (where family = :escrow), 0) as held,"
            " coalesce(sum(-balance) filter (where family = :earned), 0) as owed,"
            " coalesce(sum(-balance) filter (where family = :wallet), 0) as wallet from ledger_accounts"
            " where (family = :escrow and :org in (buyer_id, seller_id)) or (family in (:earned, :wallet)"
            " and holder_id = :org) group by currency having sum(-balance) <> 0 order by currency"
        ),
        {"org": org_id, "escrow": Family.ESCROW, "earned": Family.PAYABLE_SELLER, "wallet": Family.WALLET},
    )
    parties = work.session.execute(
        text(
            "select p.id as org_id, p.name, count(*) as orders, count(*) over () as parties from supplier_orders o"
            " join organizations p on p.id = case when o.seller_id = :org then o.buyer_id else o.seller_id end"
            " where :org in (o.buyer_id, o.seller_id) and o.origin = 'live' and o.state <> all(:ended)"
            " group by p.id, p.name order by count(*) desc, p.name limit :shown"
        ),
        facts,
    ).all()
    return SuspensionPreview(
        org_id=org_id, **counts._asdict(), money=[MoneyAtStake.model_validate(row._asdict()) for row in money],
        parties=parties[0].parties if parties else 0,
        largest_parties=[AffectedParty.model_validate(row._asdict()) for row in parties],
    )  # fmt: skip
