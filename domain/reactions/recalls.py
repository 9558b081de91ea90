"""Who hears of a lot that is called back: everybody who got any of it, or whose order holds some."""

from typing import Any

from sqlalchemy import text

from domain import notifications
from domain.kernel.work import Work

TOLD = frozenset({"LotRecalled"})


def tell_of_recall(work: Work, event: Any) -> None:
    """A notice to each buyer with the numbers of its orders, all in two statements; nobody can mute it."""
    rows = work.session.execute(
        text(
            "with went as (select s.order_id, -sum(m.quantity)::bigint as units from stock_movements m"
            "   join shipments s on s.id = m.cause_id where m.lot_id = :lot_id and m.kind = 'shipped' group by 1"
            "   union all select r.order_id, sum(r.quantity)::bigint from stock_reservations r"
            "   where r.lot_id = :lot_id and r.state = 'held' and r.order_id is not null group by 1)"
            " select o.buyer_id, min(o.seller_name) as seller, min(p.name) as product, min(t.code) as lot,"
            " sum(w.units)::bigint as units, count(distinct o.id) as orders,"
            " (array_agg(distinct o.number order by o.number))[1:5] as numbers"
            " from went w join supplier_orders o on o.id = w.order_id join lots t on t.id = :lot_id"
            " join product_variants v on v.id = t.variant_id join products p on p.id = v.product_id group by o.buyer_id"
        ),
        {"lot_id": event.subject_id},
    ).all()
    kind = "system_lot_recalled"
    notifications.tell_all(
        work,
        news=[
            notifications.News(
                org_id=row.buyer_id, kind=kind, cause=f"{event.id}:{kind}", subject="lot", subject_id=event.subject_id,
                facts={
                    "seller": row.seller, "product": row.product, "lot": "" if row.lot == "-" else f" (lot {row.lot})",
                    "units": row.units, "reason": event.facts["reason"],
                    "number": ", ".join(row.numbers) + (" and others" if row.orders > len(row.numbers) else ""),
                },
            )
            for row in rows
        ],
    )  # fmt: skip
