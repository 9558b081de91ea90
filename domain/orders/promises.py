"""How well a seller keeps the days that it promises: measured, so that it can promise better."""

from datetime import timedelta

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work
from domain.orders.views import PromiseRecord

DAYS = 180

# An order counts once all of it has arrived, or once its promise is over and something is still missing. An order
# without a promise, or that ended before anything was due, says nothing.
_RECORD = text("""
    with due as (
        select o.id, o.promised_at,
               (select max(s.delivered_at) from shipments s where s.order_id = o.id) as arrived_at,
               (select bool_and(l.delivered + l.lost >= l.confirmed) from order_lines l where l.order_id = o.id)
                 as is_all_there
        from supplier_orders o
        where o.seller_id = :org_id and o.origin = 'live' and o.promised_at > :since
          and o.state not in ('cancelled', 'declined', 'expired')
    )
    select count(*) as due, count(*) filter (where is_all_there and arrived_at <= promised_at) as kept,
           coalesce(round(avg(extract(epoch from arrived_at - promised_at) / 86400)
             filter (where is_all_there and arrived_at > promised_at), 1), 0) as late_days
    from due where is_all_there and arrived_at is not null or promised_at <= :now
""")


def promise_record(work: Work) -> PromiseRecord:
    """Of one's own orders of the last half year that were due: how many arrived in full by the promised day, and how
    many days late the others that have arrived were on average."""
    work.actor.require(Permission.SEE_OFFERS)
    facts = {"org_id": work.actor.require_org(), "since": work.now - timedelta(days=DAYS), "now": work.now}
    row = work.session.execute(_RECORD, facts).one()
    return PromiseRecord(due=row.due, kept=row.kept, late_days=row.late_days, days=DAYS)
