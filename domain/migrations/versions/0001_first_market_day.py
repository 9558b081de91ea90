"""First market day: the tables of one whole trade, their fences and the owner-owned functions."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0001")


def script(name: str) -> None:
    op.get_bind().connection.driver_connection.execute((HERE / f"{name}.sql").read_text())


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    for extension in ("pg_trgm", "btree_gist", "unaccent"):
        op.execute(f"create extension if not exists {extension} with schema public")
    script("before")
    script("tables")
    script("kernel")
    script("ledger")
    script("stock")
    script("seed")
    fence()
    script("invariants")


def fence() -> None:
    read, append, keep = "select", "select, insert", "select, insert, update"

    # Organisations and people. A seller's card is public to those signed in; a retailer's is not.
    fences.published("organizations", when="kind in ('manufacturer', 'distributor') and origin = 'live'", owner="id")
    fences.private("sites")
    fences.own(
        "people",
        reads=f"{fences.STAFF} or id = (select app_user()) or exists (select 1 from memberships m"
        f" where m.person_id = people.id and m.org_id = {fences.ME})",
        writes=f"{fences.STAFF} or id = (select app_user())",
        may=keep,
    )
    fences.private("memberships")
    fences.platform("sign_in_sessions")
    fences.platform("sign_in_attempts", may="select, insert, update, delete")
    fences.platform("histories")

    # What is for sale.
    for table in ("categories", "products", "product_variants"):
        owner = "created_by_org_id" if table == "products" else None
        fences.published(
            table, when="history_id is null" if table != "product_variants" else "true", owner=owner, may=keep
        )
    op.execute("drop policy app_insert on product_variants")
    op.execute("drop policy app_update on product_variants")
    mine = "exists (select 1 from products p where p.id = product_id and p.created_by_org_id = (select app_org()))"
    for verb, clause in (("insert", "with check"), ("update", "using")):
        op.execute(
            f'create policy app_{verb} on product_variants for {verb} to "{fences.role_name(fences.Role.APP)}"'
            f" {clause} ({mine} or {fences.STAFF})"
        )
    fences.published("offers", when="state = 'published'", owner="seller_id")
    fences.published("price_tiers", when="valid_to is null", owner="seller_id")
    fences.published("offer_packs", owner="seller_id", may="select, insert, update, delete")
    fences.published("seller_terms", owner="seller_id")
    fences.published("files", when="is_public", owner="org_id", may=append)

    # Stock: only the stock functions write balances, movements and reservations.
    fences.private("locations")
    fences.private("lots")
    fences.private("stock_balances", may=read)
    fences.private("stock_movements", may=read)
    fences.party("stock_reservations", parties=("org_id", "buyer_id"), may=read)

    # Trade.
    fences.private("baskets", owner="buyer_id")
    fences.private("basket_lines", owner="buyer_id", may="select, insert, update, delete")
    fences.private("purchases", owner="buyer_id")
    # The buyer writes an order; afterwards both sides move it on, but its parties, prices and sums stand.
    buyer, seller, nobody = ("buyer_id",), ("seller_id",), ()
    fences.party(
        "supplier_orders", parties=("buyer_id", "seller_id", "distributor_id"), adds=buyer,
        changes=("buyer_id", "seller_id"),
        columns=("state", "version", "payment_method", "produced_percent", "secured_at", "confirmed_at", "promised_at",
                 "first_shipped_at", "delivered_at", "completed_at", "ended_at"),
    )  # fmt: skip
    fences.party(
        "order_lines", adds=buyer, columns=("confirmed", "cancelled", "shipped", "delivered", "accepted", "lost")
    )
    fences.party("production_reports", adds=seller, may=append)
    fences.party("acceptances", adds=buyer, may=append)
    fences.party("acceptance_lines", adds=buyer, may=append)
    # The seller ships, the buyer counts what arrives.
    fences.party("shipments", adds=seller, changes=buyer, columns=("delivered_at", "received_by"))
    fences.party("shipment_lines", adds=seller, changes=buyer, columns=("delivered",))
    fences.party("return_documents", adds=nobody, changes=nobody)
    fences.party("return_lines", adds=nobody, changes=nobody)
    fences.own(
        "reviews",
        reads=f"{fences.STAFF} or author_id = {fences.ME} or published_at is not null",
        writes=f"{fences.STAFF} or author_id = {fences.ME}",
        may=append,
    )

    # Money: only ledger_post writes the ledger.
    fences.party("payment_dues", adds=buyer, changes=buyer, columns=("settled_at",))
    fences.party("payments", parties=buyer, columns=("method", "state", "captured_at"))
    fences.private("wallet_references", may=append)
    fences.platform("bank_lines")
    fences.published("commission_rules", may=append)
    fences.party("commission_lines", adds=seller, may=append)
    # An acceptance releases, either side refunds; only finance says that it was paid out.
    fences.party("releases", adds=buyer, changes=nobody, columns=("payout_id",))
    fences.party("refunds", changes=nobody, columns=("payout_id", "state", "sent_at"))
    fences.private("bank_accounts")
    # An organisation sees the batches that one of its payouts is in.
    paid = "exists (select 1 from payouts p where p.batch_id = payout_batches.id)"
    fences.own("payout_batches", reads=f"{fences.STAFF} or {paid}", writes=fences.STAFF, may=keep)
    fences.own("payouts", reads=f"org_id = {fences.ME} or {fences.STAFF}", writes=fences.STAFF, may="select, insert")
    fences.published("ledger_families", may=read)
    fences.published("ledger_kinds", may=read)
    fences.party("ledger_accounts", parties=("org_id", "buyer_id", "seller_id"), may=read)
    seen = "exists (select 1 from ledger_accounts a where a.id = account_id)"
    fences.own("ledger_postings", reads=f"{fences.STAFF} or {seen}", writes="false", may=read)
    seen = "exists (select 1 from ledger_postings p where p.entry_id = ledger_entries.id)"
    fences.own("ledger_entries", reads=f"{fences.STAFF} or {seen}", writes="false", may=read)

    # The kernel. Everybody may write an event of his own; timers are set through a function.
    fences.own(
        "events",
        reads=f"{fences.STAFF} or org_id = {fences.ME} or buyer_id = {fences.ME} or seller_id = {fences.ME}",
        writes=f"org_id is not distinct from {fences.ME} and scope = (select app_scope())",
        may=append,
    )
    fences.own(
        "requests",
        reads=f"org_id = {fences.ME} or {fences.STAFF}",
        writes=f"org_id = {fences.ME} or {fences.STAFF}",
        may=append,
    )
    fences.platform("timers", may="select, update")
    fences.platform("deliveries")
    fences.platform("audit_seals", may=append)
    fences.platform("audit_sealed_events", may=append)
    fences.published("state_moves", may=read)
    fences.published("platform_settings", may=append)
    fences.private("document_series")
    fences.private("notices")

    for function in (
        "begin_work(uuid, uuid, text, uuid, text)",
        "finish_work(jsonb, jsonb, text, uuid, bytea, jsonb, timestamptz)",
        "seal_audit(integer, timestamptz)",
        "set_timers(text, jsonb, timestamptz)",
        "publish_reviews(uuid, boolean, timestamptz)",
        "event_digest(events)",
        "ledger_post(jsonb, timestamptz, timestamptz)",
        "stock_take(uuid[], timestamptz, timestamptz)",
        "stock_release(uuid, jsonb)",
        "stock_firm(uuid[])",
        "stock_ship(uuid, uuid, jsonb, timestamptz)",
        "stock_record(jsonb, text, text, uuid, timestamptz)",
        "stock_available(uuid[], timestamptz)",
    ):
        fences.allow(function)
    op.execute("create sequence purchase_numbers start 100001")
    app = fences.role_name(fences.Role.APP)
    op.execute(f'grant usage on sequence purchase_numbers to "{app}"')
