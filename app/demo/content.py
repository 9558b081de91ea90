"""A hash over what the demo made: two markets with one hash are the same, row for row."""

import hashlib

from sqlalchemy import text

from domain.kernel.actor import Actor
from domain.kernel.work import begin

# What is drawn anew in every making is left out: ids that the database makes, references, hashes of passwords.
_TABLES = (
    "select kind, name, country_code, about, registered_at from organizations order by registered_at, name",
    "select p.email, p.name, m.variant from people p join memberships m on m.person_id = p.id order by p.email",
    "select g.name as owner, s.name, street, postal_code, city from sites s join organizations g on g.id = s.org_id"
    " order by g.name, s.name",
    "select p.name, p.brand, p.base_unit, p.description, p.specifications, f.sha256 from products p"
    " left join files f on f.id = p.picture_file_id order by p.name, p.brand",
    "select g.name, o.sku, o.state, o.minimum_quantity, o.lead_time_days, o.tax_rate, t.minimum_quantity as least,"
    " t.unit_price, t.valid_from, t.valid_to from offers o join organizations g on g.id = o.seller_id"
    " left join price_tiers t on t.offer_id = o.id order by g.name, o.sku, t.valid_from, t.minimum_quantity,"
    " t.unit_price, t.valid_to",
    "select g.name, v.name as variant, p.name as product, sum(b.on_hand) as on_hand, sum(b.reserved) as reserved"
    " from stock_balances b join organizations g on g.id = b.org_id join product_variants v on v.id = b.variant_id"
    " join products p on p.id = v.product_id group by 1, 2, 3 order by 1, 3, 2",
    "select number, origin, buyer_name, seller_name, state, payment_method, goods, tax, shipping, total, created_at,"
    " secured_at, confirmed_at, promised_at, first_shipped_at, delivered_at, completed_at, ended_at"
    " from supplier_orders order by number",
    "select o.number, l.line_no, l.sku, l.ordered, l.confirmed, l.shipped, l.delivered, l.accepted, l.lost,"
    " l.unit_price from order_lines l join supplier_orders o on o.id = l.order_id order by o.number, l.line_no",
    "select o.number, r.stars, r.comment, r.written_at, r.published_at from reviews r"
    " join supplier_orders o on o.id = r.order_id order by o.number, r.written_at, r.stars",
    "select state, amount, created_at from payments order by created_at, amount",
    "select o.number, r.cause, r.amount, r.state from refunds r join supplier_orders o on o.id = r.order_id"
    " order by o.number, r.cause",
    "select b.number, b.state, p.amount, p.holder, p.kind from payout_batches b"
    " left join payouts p on p.batch_id = b.id order by b.number, p.holder, p.kind, p.amount",
    "select a.family, p.currency, count(*) as postings, sum(p.amount) as amount from ledger_postings p"
    " join ledger_accounts a on a.id = p.account_id group by 1, 2 order by 1, 2",
    "select name, count(*) as events from events group by 1 order by 1",
    "select g.name, s.requirement, s.state, s.source, s.number, s.verified_at, s.expires_at"
    " from verification_submissions s join organizations g on g.id = s.org_id"
    " order by g.name, s.requirement, s.submitted_at, s.state",
    "select g.name, c.kind, c.state, c.reasons, c.due_at from verification_cases c"
    " join organizations g on g.id = c.org_id order by g.name, c.opened_at, c.kind",
    "select n.kind, n.created_at, count(r.person_id) as readers from notices n left join notice_reads r"
    " on r.notice_id = n.id group by n.id, n.kind, n.created_at order by n.created_at, n.kind, count(r.person_id)",
    "select r.name, a.country_code, a.first, a.last, a.valid_from, g.name as served_by, t.mode, t.valid_from as since,"
    " t.valid_to from regions r left join region_areas a on a.region_id = r.id"
    " left join territory_assignments t on t.region_id = r.id left join organizations g on g.id = t.distributor_id"
    " order by r.name, a.country_code, a.first, g.name, t.valid_from",
    "select g.name, r.step, r.kind, r.title, r.scope, r.percent, r.amount, r.starts_at, r.ends_at, b.units_spent,"
    " b.amount_spent from price_rules r join organizations g on g.id = r.seller_id"
    " left join promotion_budgets b on b.rule_id = r.id order by g.name, r.created_at, r.title, r.id",
    "select o.sku, p.starts_at, t.minimum_quantity, t.unit_price from price_plans p join offers o on o.id = p.offer_id"
    " join planned_tiers t on t.plan_id = p.id order by o.sku, p.starts_at, t.minimum_quantity",
    "select g.name, c.name as counted, c.state, c.ended_at, l.counted, l.expected from stock_counts c"
    " join organizations g on g.id = c.org_id join stock_count_lines l on l.count_id = c.id"
    " order by g.name, c.made_at, c.name, l.counted, l.expected, l.state",
    "select g.name, t.note, t.state, t.sent_at, l.quantity, l.received, l.rejected from stock_transfers t"
    " join organizations g on g.id = t.org_id join stock_transfer_lines l on l.transfer_id = t.id"
    " order by g.name, t.made_at, t.note, l.quantity, l.received, l.rejected",
    "select g.name, h.quantity, h.note, h.state, h.expires_at from stock_holds h"
    " join organizations g on g.id = h.org_id order by g.name, h.made_at, h.note",
    "select g.name, l.name as list, o.sku, n.quantity from saved_lists l join organizations g on g.id = l.org_id"
    " join saved_list_lines n on n.list_id = l.id join offers o on o.id = n.offer_id order by g.name, l.name, o.sku",
    "select g.name, u.file_name, u.state, u.rows_new, u.rows_changed, u.rows_bad from catalog_uploads u"
    " join organizations g on g.id = u.org_id order by g.name, u.checked_at",
    "select email, kind, step, started_at, email_confirmed_at, finished_at from registrations"
    " order by started_at, email",
    "select name, value, effective_from from platform_settings order by name, effective_from",
    "select occurred_at, kind, screen, facts - 'product' as facts from activity"
    " order by occurred_at, kind, screen, (facts - 'product')::text",
)


def content_hash() -> str:
    """SHA-256 over all that a person could see of the market, as hexadecimal digits."""
    digest = hashlib.sha256()
    with begin(Actor.system()) as work:
        for statement in _TABLES:
            for row in work.session.execute(text(statement)):
                digest.update(repr(tuple(row)).encode())
            digest.update(b"\0")
    return digest.hexdigest()
