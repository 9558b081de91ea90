"""Questions about prices and rules, as their seller sees them; and how list prices went, for everybody."""

from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work
from domain.pricing.views import CustomerRow, GroupRow, PastPrice, PricedOffer, ProductMinimumRow, RuleRow


def _require_seller(work: Work) -> UUID:
    work.actor.require(Permission.SEE_OFFERS)
    work.actor.require(Permission.SEE_PRICES)
    return work.actor.require_org()


def my_price_lists(
    work: Work, *, find: str = "", offer_id: UUID | None = None, page: int = 1, size: int = 50
) -> tuple[list[PricedOffer], int]:
    """One's own offers with their ladders, by name: one page (or one offer), and how many there are in all."""
    rows = work.session.execute(
        text(
            "select o.id as offer_id, p.id as product_id, o.sku, o.state, o.currency, o.version, o.minimum_quantity,"
            " o.order_increment, case v.name when 'Standard' then p.name else p.name || ', ' || v.name end as name,"
            " coalesce(t.quantities, '{}') as quantities, coalesce(t.prices, '{}') as prices, f.minimum_price as floor,"
            " (select count(*) from price_plans n where n.offer_id = o.id and n.begun_at is null"
            "   and n.withdrawn_at is null) as planned, count(*) over () as total"
            " from offers o join product_variants v on v.id = o.variant_id join products p on p.id = v.product_id"
            " left join price_floors f on f.offer_id = o.id"
            " left join lateral (select array_agg(minimum_quantity order by minimum_quantity) as quantities,"
            "   array_agg(unit_price order by minimum_quantity) as prices"
            "   from price_tiers t where t.offer_id = o.id and t.valid_to is null) t on true"
            " where o.seller_id = :me and p.history_id is null and o.state <> 'discontinued'"
            " and (cast(:offer_id as uuid) is null or o.id = :offer_id)"
            " and (strpos(lower(p.name), lower(:find)) > 0 or strpos(lower(o.sku), lower(:find)) > 0)"
            " order by p.name, v.name, o.sku limit :size offset :skip"
        ),
        {
            "me": _require_seller(work), "find": find.strip(), "offer_id": offer_id, "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()  # fmt: skip
    return [PricedOffer.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def my_customers(work: Work) -> list[CustomerRow]:
    """Who has ordered from one's own organisation, by name."""
    rows = work.session.execute(
        text(
            "select buyer_id as customer_id, max(buyer_name) as name from supplier_orders where seller_id = :me"
            " and origin = 'live' group by buyer_id order by 2 limit 1000"
        ),
        {"me": _require_seller(work)},
    )
    return [CustomerRow.model_validate(row._asdict()) for row in rows]


def my_groups(work: Work) -> list[GroupRow]:
    """One's own customer groups with who is in them today, by name."""
    rows = work.session.execute(
        text(
            "select g.id as group_id, g.name, coalesce(jsonb_agg(jsonb_build_object('customer_id', m.buyer_id, 'name',"
            " coalesce(c.name, 'A customer')) order by c.name) filter (where m.id is not null), '[]') as members"
            " from customer_groups g left join customer_group_members m on m.group_id = g.id and m.valid_to is null"
            " left join lateral (select max(s.buyer_name) as name from supplier_orders s"
            "   where s.buyer_id = m.buyer_id and s.seller_id = g.seller_id) c on true"
            " where g.seller_id = :me and g.closed_at is null group by g.id, g.name order by lower(g.name)"
        ),
        {"me": _require_seller(work)},
    )
    return [GroupRow.model_validate(row._asdict()) for row in rows]


def my_rules(work: Work, *, step: str | None = None, with_ended: bool = False) -> list[RuleRow]:
    """One's own rules and promotions, those that hold first, with what promotions have cost so far."""
    rows = work.session.execute(
        text(
            "select r.id as rule_id, r.step, r.kind, r.title, coalesce(g.name, c.name) as for_whom, r.scope,"
            " k.name as category, r.percent, r.amount, r.currency, r.minimum_quantity, r.starts_at, r.ends_at,"
            " (select count(distinct x.offer_id) from price_rule_offers x where x.rule_id = r.id) as offers,"
            " case when r.ends_at <= :now then 'ended' when r.starts_at > :now then 'planned' else 'running' end"
            "   as state,"
            " b.amount_limit, b.amount_spent, b.unit_limit, b.units_spent,"
            " coalesce(u.orders, 0) as orders, coalesce(u.units, 0) as units_sold"
            " from price_rules r left join customer_groups g on g.id = r.group_id"
            " left join lateral (select coalesce(max(s.buyer_name), 'A customer') as name from supplier_orders s"
            "   where s.buyer_id = r.buyer_id and s.seller_id = r.seller_id) c on r.buyer_id is not null"
            " left join categories k on k.id = r.category_id"
            " left join promotion_budgets b on b.rule_id = r.id"
            " left join lateral (select count(distinct order_id) filter (where kind = 'spent') as orders,"
            "   sum(units)::bigint as units from promotion_uses u where u.rule_id = r.id) u on true"
            " where r.seller_id = :me and (cast(:step as text) is null or r.step = :step)"
            " and (:with_ended or r.ends_at is null or r.ends_at > :now)"
            " order by r.ends_at <= :now nulls first, r.starts_at desc, r.id limit 500"
        ),
        {"me": _require_seller(work), "step": step, "with_ended": with_ended, "now": work.now},
    )
    return [RuleRow.model_validate(row._asdict()) for row in rows]


def my_product_minimums(work: Work) -> list[ProductMinimumRow]:
    """What an order has at least of one's own products, all variants together."""
    rows = work.session.execute(
        text(
            "select m.product_id, p.name, m.minimum_quantity from product_minimums m join products p"
            " on p.id = m.product_id where m.seller_id = :me order by p.name"
        ),
        {"me": _require_seller(work)},
    )
    return [ProductMinimumRow.model_validate(row._asdict()) for row in rows]


def price_history(work: Work, *, offer_id: UUID) -> list[PastPrice]:
    """Every list price that an offer ever had, a row each, the oldest first.

    For its seller, and for buyers of what is for sale; what single customers paid is theirs and the seller's
    (`orders.paid_prices`).
    """
    facts = {
        "offer_id": offer_id, "me": work.actor.org_id, "prices": work.actor.may(Permission.SEE_PRICES),
        "costs": work.actor.may(Permission.SEE_COSTS),
    }  # fmt: skip
    rows = work.session.execute(
        text(
            "select t.minimum_quantity, t.unit_price, o.currency, t.valid_from, t.valid_to"
            " from offers o join price_tiers t on t.offer_id = o.id"
            " where o.id = :offer_id and case when o.seller_id = :me then :prices"
            "   else o.state = 'published' and :costs end"
            " order by t.valid_from, t.minimum_quantity, t.id"
        ),
        facts,
    ).all()
    if not rows:
        raise NotFound
    return [PastPrice.model_validate(row._asdict()) for row in rows]
