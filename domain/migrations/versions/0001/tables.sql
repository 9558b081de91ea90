-- The tables, as the models declare them. An empty comparison with the models is a test.
CREATE TABLE audit_seals (
    batch BIGINT NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    events BIGINT NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT audit_seals_pkey PRIMARY KEY (batch)
);

CREATE TABLE commission_rules (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    rate NUMERIC(7, 6) NOT NULL,
    vat_rate NUMERIC(7, 6) NOT NULL,
    effective_from TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID,
    CONSTRAINT commission_rules_pkey PRIMARY KEY (id),
    CONSTRAINT commission_rules_rate_check CHECK (rate >= 0 and rate < 1),
    CONSTRAINT commission_rules_vat_rate_check CHECK (vat_rate >= 0 and vat_rate < 1)
);

CREATE TABLE document_series (
    org_id UUID NOT NULL,
    series TEXT NOT NULL,
    next_number BIGINT NOT NULL,
    CONSTRAINT document_series_pkey PRIMARY KEY (org_id, series)
);

CREATE TABLE events (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id UUID NOT NULL,
    from_state TEXT,
    to_state TEXT,
    facts JSONB NOT NULL,
    buyer_id UUID,
    seller_id UUID,
    org_id UUID,
    actor_user_id UUID,
    scope TEXT NOT NULL,
    command TEXT NOT NULL,
    request_id UUID,
    effective_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (id)
);
CREATE INDEX events_org_id_idx ON events (org_id, id);
CREATE INDEX events_recorded_at_brin ON events USING brin (recorded_at);
CREATE INDEX events_subject_subject_id_id_idx ON events (subject, subject_id, id);

CREATE TABLE histories (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    currency TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    orders BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT histories_pkey PRIMARY KEY (id),
    CONSTRAINT histories_name_key UNIQUE (name)
);

CREATE TABLE ledger_accounts (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    family TEXT NOT NULL,
    kind TEXT NOT NULL,
    holder_id UUID,
    org_id UUID,
    buyer_id UUID,
    seller_id UUID,
    currency TEXT NOT NULL,
    is_locked BOOLEAN NOT NULL,
    balance NUMERIC(19, 4) DEFAULT 0 NOT NULL,
    version BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT ledger_accounts_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_accounts_kind_check CHECK (kind in ('asset', 'liability', 'income', 'expense', 'memo')),
    CONSTRAINT ledger_accounts_family_holder_id_currency_key UNIQUE NULLS NOT DISTINCT (family, holder_id, currency),
    CONSTRAINT ledger_accounts_id_currency_key UNIQUE (id, currency),
    CONSTRAINT ledger_accounts_never_overspent_check CHECK (not is_locked or balance <= 0)
);

CREATE TABLE ledger_entries (
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    order_id UUID,
    org_id UUID,
    effective_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reverses_id UUID,
    CONSTRAINT ledger_entries_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_entries_kind_reference_key UNIQUE (kind, reference),
    CONSTRAINT ledger_entries_reverses_id_fkey FOREIGN KEY(reverses_id) REFERENCES ledger_entries (id)
);
CREATE INDEX ledger_entries_order_id_idx ON ledger_entries (order_id);

CREATE TABLE payout_batches (
    id UUID NOT NULL,
    number BIGINT NOT NULL,
    state TEXT NOT NULL,
    currency TEXT NOT NULL,
    prepared_by UUID NOT NULL,
    prepared_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_by UUID,
    sent_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT payout_batches_pkey PRIMARY KEY (id),
    CONSTRAINT payout_batches_state_check CHECK (state in ('prepared', 'sent', 'cancelled')),
    CONSTRAINT payout_batches_maker_is_not_checker_check CHECK (sent_by is null or sent_by <> prepared_by),
    CONSTRAINT payout_batches_number_key UNIQUE (number)
);

CREATE TABLE people (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT,
    state TEXT DEFAULT 'active' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT people_pkey PRIMARY KEY (id),
    CONSTRAINT people_email_lower_check CHECK (email = lower(email)),
    CONSTRAINT people_state_check CHECK (state in ('active', 'disabled')),
    CONSTRAINT people_email_key UNIQUE (email)
);

CREATE TABLE platform_settings (
    name TEXT NOT NULL,
    effective_from TIMESTAMP WITH TIME ZONE NOT NULL,
    value JSONB NOT NULL,
    set_by UUID,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT platform_settings_pkey PRIMARY KEY (name, effective_from)
);

CREATE TABLE requests (
    org_id UUID NOT NULL,
    request_id UUID NOT NULL,
    command TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    answer JSONB NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT requests_pkey PRIMARY KEY (org_id, request_id)
);

CREATE TABLE sign_in_attempts (
    id UUID NOT NULL,
    bucket TEXT NOT NULL,
    attempted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (id)
);
CREATE INDEX sign_in_attempts_bucket_attempted_at_idx ON sign_in_attempts (bucket, attempted_at);

CREATE TABLE state_moves (
    machine TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    CONSTRAINT state_moves_pkey PRIMARY KEY (machine, from_state, to_state)
);

CREATE TABLE timers (
    id UUID NOT NULL,
    key TEXT NOT NULL,
    command TEXT NOT NULL,
    facts JSONB NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts BIGINT DEFAULT 0 NOT NULL,
    last_error TEXT,
    fired_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT timers_pkey PRIMARY KEY (id),
    CONSTRAINT timers_key_key UNIQUE (key)
);
CREATE INDEX timers_due_idx ON timers (due_at) WHERE fired_at is null;

CREATE TABLE audit_sealed_events (
    event_id BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT audit_sealed_events_pkey PRIMARY KEY (event_id),
    CONSTRAINT audit_sealed_events_batch_position_key UNIQUE (batch, position),
    CONSTRAINT audit_sealed_events_event_id_fkey FOREIGN KEY(event_id) REFERENCES events (id),
    CONSTRAINT audit_sealed_events_batch_fkey FOREIGN KEY(batch) REFERENCES audit_seals (batch)
);

CREATE TABLE categories (
    id UUID NOT NULL,
    parent_id UUID,
    history_id UUID,
    name TEXT NOT NULL,
    CONSTRAINT categories_pkey PRIMARY KEY (id),
    CONSTRAINT categories_history_id_name_key UNIQUE NULLS NOT DISTINCT (history_id, name),
    CONSTRAINT categories_parent_id_fkey FOREIGN KEY(parent_id) REFERENCES categories (id),
    CONSTRAINT categories_history_id_fkey FOREIGN KEY(history_id) REFERENCES histories (id)
);

CREATE TABLE deliveries (
    event_id BIGINT NOT NULL,
    reaction TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    last_error TEXT,
    next_try_at TIMESTAMP WITH TIME ZONE NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT deliveries_pkey PRIMARY KEY (event_id, reaction),
    CONSTRAINT deliveries_state_check CHECK (state in ('waiting', 'done', 'failed')),
    CONSTRAINT deliveries_event_id_fkey FOREIGN KEY(event_id) REFERENCES events (id)
);
CREATE INDEX deliveries_waiting_idx ON deliveries (next_try_at) WHERE state = 'waiting';

CREATE TABLE ledger_postings (
    entry_id UUID NOT NULL,
    position BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    amount NUMERIC(19, 4) NOT NULL,
    currency TEXT NOT NULL,
    account_version BIGINT,
    balance_after NUMERIC(19, 4),
    CONSTRAINT ledger_postings_pkey PRIMARY KEY (entry_id, position),
    CONSTRAINT ledger_postings_amount_some_check CHECK (amount <> 0),
    CONSTRAINT ledger_postings_amount_settled_check CHECK (is_settled(amount, currency)),
    CONSTRAINT ledger_postings_account_id_account_version_key UNIQUE (account_id, account_version),
    CONSTRAINT ledger_postings_entry_id_fkey FOREIGN KEY(entry_id) REFERENCES ledger_entries (id),
    CONSTRAINT ledger_postings_account_id_fkey FOREIGN KEY(account_id) REFERENCES ledger_accounts (id)
);
CREATE INDEX ledger_postings_account_amount_idx ON ledger_postings (account_id) INCLUDE (amount);

CREATE TABLE organizations (
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    origin TEXT DEFAULT 'live' NOT NULL,
    history_id UUID,
    external_id TEXT,
    country TEXT,
    country_code TEXT,
    region TEXT,
    time_zone TEXT NOT NULL,
    locale TEXT NOT NULL,
    currency TEXT NOT NULL,
    about TEXT,
    state TEXT DEFAULT 'active' NOT NULL,
    registered_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_kind_check CHECK (kind in ('manufacturer', 'retailer', 'distributor', 'platform')),
    CONSTRAINT organizations_origin_check CHECK (origin in ('live', 'imported')),
    CONSTRAINT organizations_state_check CHECK (state in ('active', 'suspended')),
    CONSTRAINT organizations_history_id_kind_external_id_key UNIQUE (history_id, kind, external_id),
    CONSTRAINT organizations_origin_history_check CHECK ((origin = 'imported') = (history_id is not null)),
    CONSTRAINT organizations_history_id_fkey FOREIGN KEY(history_id) REFERENCES histories (id)
);
CREATE INDEX organizations_kind_idx ON organizations (kind, origin);

CREATE TABLE bank_accounts (
    org_id UUID NOT NULL,
    holder TEXT NOT NULL,
    iban TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT bank_accounts_pkey PRIMARY KEY (org_id),
    CONSTRAINT bank_accounts_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);

CREATE TABLE baskets (
    id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    person_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT baskets_pkey PRIMARY KEY (id),
    CONSTRAINT baskets_id_buyer_id_key UNIQUE (id, buyer_id),
    CONSTRAINT baskets_buyer_id_fkey FOREIGN KEY(buyer_id) REFERENCES organizations (id),
    CONSTRAINT baskets_person_id_fkey FOREIGN KEY(person_id) REFERENCES people (id)
);
CREATE UNIQUE INDEX baskets_open_key ON baskets (buyer_id, person_id) WHERE placed_at is null;

CREATE TABLE files (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    is_public BOOLEAN NOT NULL,
    stored_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT files_pkey PRIMARY KEY (id),
    CONSTRAINT files_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);

CREATE TABLE memberships (
    person_id UUID NOT NULL,
    org_id UUID NOT NULL,
    variant TEXT NOT NULL,
    state TEXT DEFAULT 'active' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (person_id, org_id),
    CONSTRAINT memberships_variant_check CHECK (variant in ('factory_owner', 'factory_manager', 'sales_representative', 'production_manager', 'business_owner', 'store_manager', 'purchasing_agent', 'distributor_owner', 'regional_manager', 'warehouse_manager', 'sales_manager', 'super_admin', 'operations', 'compliance', 'support', 'finance', 'analytics')),
    CONSTRAINT memberships_state_check CHECK (state in ('active', 'removed')),
    CONSTRAINT memberships_person_id_fkey FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT memberships_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX memberships_org_id_idx ON memberships (org_id);

CREATE TABLE notices (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id UUID NOT NULL,
    facts JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    read_by UUID,
    CONSTRAINT notices_pkey PRIMARY KEY (id),
    CONSTRAINT notices_org_id_cause_key UNIQUE (org_id, cause),
    CONSTRAINT notices_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX notices_org_id_created_at_idx ON notices (org_id, created_at);

CREATE TABLE payouts (
    id UUID NOT NULL,
    batch_id UUID NOT NULL,
    org_id UUID NOT NULL,
    kind TEXT NOT NULL,
    amount NUMERIC(19, 4) NOT NULL,
    currency TEXT NOT NULL,
    holder TEXT NOT NULL,
    iban TEXT NOT NULL,
    CONSTRAINT payouts_pkey PRIMARY KEY (id),
    CONSTRAINT payouts_kind_check CHECK (kind in ('earnings', 'refund')),
    CONSTRAINT payouts_amount_settled_check CHECK (is_settled(amount, currency)),
    CONSTRAINT payouts_amount_check CHECK (amount > 0),
    CONSTRAINT payouts_batch_id_org_id_kind_key UNIQUE (batch_id, org_id, kind),
    CONSTRAINT payouts_batch_id_fkey FOREIGN KEY(batch_id) REFERENCES payout_batches (id),
    CONSTRAINT payouts_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX payouts_org_id_idx ON payouts (org_id);

CREATE TABLE purchases (
    id UUID NOT NULL,
    number TEXT NOT NULL,
    origin TEXT DEFAULT 'live' NOT NULL,
    history_id UUID,
    external_id TEXT,
    buyer_id UUID NOT NULL,
    placed_by UUID,
    payment_method TEXT NOT NULL,
    currency TEXT NOT NULL,
    goods NUMERIC(19, 4) NOT NULL,
    tax NUMERIC(19, 4) NOT NULL,
    shipping NUMERIC(19, 4) NOT NULL,
    total NUMERIC(19, 4) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT purchases_pkey PRIMARY KEY (id),
    CONSTRAINT purchases_origin_check CHECK (origin in ('live', 'imported')),
    CONSTRAINT purchases_payment_method_check CHECK (payment_method in ('wallet', 'bank_transfer', 'unknown')),
    CONSTRAINT purchases_history_id_external_id_key UNIQUE (history_id, external_id),
    CONSTRAINT purchases_id_buyer_id_key UNIQUE (id, buyer_id),
    CONSTRAINT purchases_goods_settled_check CHECK (is_settled(goods, currency)),
    CONSTRAINT purchases_tax_settled_check CHECK (is_settled(tax, currency)),
    CONSTRAINT purchases_shipping_settled_check CHECK (is_settled(shipping, currency)),
    CONSTRAINT purchases_total_settled_check CHECK (is_settled(total, currency)),
    CONSTRAINT purchases_total_check CHECK (total = goods + tax + shipping),
    CONSTRAINT purchases_number_key UNIQUE (number),
    CONSTRAINT purchases_history_id_fkey FOREIGN KEY(history_id) REFERENCES histories (id),
    CONSTRAINT purchases_buyer_id_fkey FOREIGN KEY(buyer_id) REFERENCES organizations (id),
    CONSTRAINT purchases_placed_by_fkey FOREIGN KEY(placed_by) REFERENCES people (id)
);
CREATE INDEX purchases_buyer_id_created_at_idx ON purchases (buyer_id, created_at);

CREATE TABLE seller_terms (
    seller_id UUID NOT NULL,
    currency TEXT NOT NULL,
    order_minimum NUMERIC(19, 6) NOT NULL,
    shipping_fee NUMERIC(19, 6) NOT NULL,
    free_shipping_from NUMERIC(19, 6),
    CONSTRAINT seller_terms_pkey PRIMARY KEY (seller_id),
    CONSTRAINT seller_terms_not_negative_check CHECK (order_minimum >= 0 and shipping_fee >= 0),
    CONSTRAINT seller_terms_seller_id_fkey FOREIGN KEY(seller_id) REFERENCES organizations (id)
);

CREATE TABLE sign_in_sessions (
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    org_id UUID NOT NULL,
    ticket_hash BYTEA,
    nonce_hash BYTEA,
    ticket_expires_at TIMESTAMP WITH TIME ZONE,
    user_agent TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT sign_in_sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sign_in_sessions_person_id_fkey FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT sign_in_sessions_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id),
    CONSTRAINT sign_in_sessions_ticket_hash_key UNIQUE (ticket_hash)
);
CREATE INDEX sign_in_sessions_person_id_idx ON sign_in_sessions (person_id);

CREATE TABLE sites (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    street TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    city TEXT NOT NULL,
    region TEXT,
    country_code TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT sites_pkey PRIMARY KEY (id),
    CONSTRAINT sites_kind_check CHECK (kind in ('store', 'warehouse', 'factory', 'office')),
    CONSTRAINT sites_org_id_name_key UNIQUE (org_id, name),
    CONSTRAINT sites_id_org_id_key UNIQUE (id, org_id),
    CONSTRAINT sites_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);

CREATE TABLE stock_movements (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    org_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    location_id UUID NOT NULL,
    lot_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    cause_id UUID NOT NULL,
    actor_user_id UUID,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT stock_movements_pkey PRIMARY KEY (id),
    CONSTRAINT stock_movements_kind_check CHECK (kind in ('received', 'counted', 'shipped')),
    CONSTRAINT stock_movements_quantity_check CHECK (quantity <> 0),
    CONSTRAINT stock_movements_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX stock_movements_org_id_variant_id_id_idx ON stock_movements (org_id, variant_id, id);

CREATE TABLE stock_reservations (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    order_id UUID NOT NULL,
    line_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    location_id UUID NOT NULL,
    lot_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    state TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT stock_reservations_pkey PRIMARY KEY (id),
    CONSTRAINT stock_reservations_state_check CHECK (state in ('held', 'shipped', 'released')),
    CONSTRAINT stock_reservations_quantity_check CHECK (quantity >= 0),
    CONSTRAINT stock_reservations_held_check CHECK ((state = 'held') = (quantity > 0)),
    CONSTRAINT stock_reservations_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX stock_reservations_held_idx ON stock_reservations (variant_id, location_id, lot_id) WHERE state = 'held';
CREATE INDEX stock_reservations_order_id_idx ON stock_reservations (order_id);

CREATE TABLE wallet_references (
    org_id UUID NOT NULL,
    reference TEXT NOT NULL,
    CONSTRAINT wallet_references_pkey PRIMARY KEY (org_id),
    CONSTRAINT wallet_references_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id),
    CONSTRAINT wallet_references_reference_key UNIQUE (reference)
);

CREATE TABLE locations (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    site_id UUID,
    name TEXT NOT NULL,
    CONSTRAINT locations_pkey PRIMARY KEY (id),
    CONSTRAINT locations_org_id_name_key UNIQUE (org_id, name),
    CONSTRAINT locations_id_org_id_key UNIQUE (id, org_id),
    CONSTRAINT locations_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id),
    CONSTRAINT locations_site_id_fkey FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE TABLE payments (
    id UUID NOT NULL,
    purchase_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    method TEXT NOT NULL,
    state TEXT NOT NULL,
    amount NUMERIC(19, 4) NOT NULL,
    currency TEXT NOT NULL,
    reference TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    captured_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT payments_pkey PRIMARY KEY (id),
    CONSTRAINT payments_method_check CHECK (method in ('wallet', 'bank_transfer')),
    CONSTRAINT payments_state_check CHECK (state in ('awaiting_transfer', 'captured', 'expired')),
    CONSTRAINT payments_amount_settled_check CHECK (is_settled(amount, currency)),
    CONSTRAINT payments_amount_check CHECK (amount > 0),
    CONSTRAINT payments_purchase_id_fkey FOREIGN KEY(purchase_id) REFERENCES purchases (id),
    CONSTRAINT payments_buyer_id_fkey FOREIGN KEY(buyer_id) REFERENCES organizations (id),
    CONSTRAINT payments_reference_key UNIQUE (reference)
);
CREATE INDEX payments_buyer_id_idx ON payments (buyer_id);
CREATE INDEX payments_purchase_id_idx ON payments (purchase_id);

CREATE TABLE products (
    id UUID NOT NULL,
    created_by_org_id UUID NOT NULL,
    category_id UUID,
    name TEXT NOT NULL,
    brand TEXT,
    description TEXT NOT NULL,
    base_unit TEXT NOT NULL,
    specifications JSONB DEFAULT '{}'::jsonb NOT NULL,
    picture_file_id UUID,
    history_id UUID,
    external_id TEXT,
    search TSVECTOR GENERATED ALWAYS AS (setweight(to_tsvector('simple', name), 'A') || setweight(to_tsvector('simple', coalesce(brand, '')), 'B') || setweight(to_tsvector('english', name || ' ' || description), 'C')) STORED NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT products_pkey PRIMARY KEY (id),
    CONSTRAINT products_history_id_external_id_key UNIQUE (history_id, external_id),
    CONSTRAINT products_created_by_org_id_fkey FOREIGN KEY(created_by_org_id) REFERENCES organizations (id),
    CONSTRAINT products_category_id_fkey FOREIGN KEY(category_id) REFERENCES categories (id),
    CONSTRAINT products_picture_file_id_fkey FOREIGN KEY(picture_file_id) REFERENCES files (id),
    CONSTRAINT products_history_id_fkey FOREIGN KEY(history_id) REFERENCES histories (id)
);
CREATE INDEX products_name_trgm_idx ON products USING gin (name gin_trgm_ops);
CREATE INDEX products_search_idx ON products USING gin (search);

CREATE TABLE supplier_orders (
    id UUID NOT NULL,
    number TEXT NOT NULL,
    origin TEXT DEFAULT 'live' NOT NULL,
    history_id UUID,
    purchase_id UUID NOT NULL,
    parent_order_id UUID,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    distributor_id UUID,
    buyer_name TEXT NOT NULL,
    seller_name TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT DEFAULT 1 NOT NULL,
    payment_method TEXT DEFAULT 'unknown' NOT NULL,
    currency TEXT NOT NULL,
    goods NUMERIC(19, 4) NOT NULL,
    tax NUMERIC(19, 4) NOT NULL,
    shipping NUMERIC(19, 4) NOT NULL,
    total NUMERIC(19, 4) NOT NULL,
    produced_percent BIGINT DEFAULT 0 NOT NULL,
    lead_time_days BIGINT DEFAULT 0 NOT NULL,
    delivery_address JSONB NOT NULL,
    buyer_note TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    secured_at TIMESTAMP WITH TIME ZONE,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    promised_at TIMESTAMP WITH TIME ZONE,
    first_shipped_at TIMESTAMP WITH TIME ZONE,
    delivered_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT supplier_orders_pkey PRIMARY KEY (id),
    CONSTRAINT supplier_orders_origin_check CHECK (origin in ('live', 'imported')),
    CONSTRAINT supplier_orders_state_check CHECK (state in ('awaiting_payment', 'awaiting_seller', 'confirmed', 'in_production', 'ready', 'completed', 'closed_short', 'cancelled', 'declined', 'expired')),
    CONSTRAINT supplier_orders_payment_method_check CHECK (payment_method in ('wallet', 'bank_transfer', 'unknown')),
    CONSTRAINT supplier_orders_goods_settled_check CHECK (is_settled(goods, currency)),
    CONSTRAINT supplier_orders_tax_settled_check CHECK (is_settled(tax, currency)),
    CONSTRAINT supplier_orders_shipping_settled_check CHECK (is_settled(shipping, currency)),
    CONSTRAINT supplier_orders_total_settled_check CHECK (is_settled(total, currency)),
    CONSTRAINT supplier_orders_total_check CHECK (total = goods + tax + shipping),
    CONSTRAINT supplier_orders_not_negative_check CHECK (goods >= 0 and tax >= 0 and shipping >= 0),
    CONSTRAINT supplier_orders_produced_percent_check CHECK (produced_percent between 0 and 100),
    CONSTRAINT supplier_orders_purchase_id_buyer_id_fkey FOREIGN KEY(purchase_id, buyer_id) REFERENCES purchases (id, buyer_id),
    CONSTRAINT supplier_orders_id_buyer_id_seller_id_key UNIQUE (id, buyer_id, seller_id),
    CONSTRAINT supplier_orders_number_key UNIQUE (number),
    CONSTRAINT supplier_orders_history_id_fkey FOREIGN KEY(history_id) REFERENCES histories (id),
    CONSTRAINT supplier_orders_parent_order_id_fkey FOREIGN KEY(parent_order_id) REFERENCES supplier_orders (id),
    CONSTRAINT supplier_orders_buyer_id_fkey FOREIGN KEY(buyer_id) REFERENCES organizations (id),
    CONSTRAINT supplier_orders_seller_id_fkey FOREIGN KEY(seller_id) REFERENCES organizations (id),
    CONSTRAINT supplier_orders_distributor_id_fkey FOREIGN KEY(distributor_id) REFERENCES organizations (id)
);
CREATE INDEX supplier_orders_buyer_id_created_at_idx ON supplier_orders (buyer_id, created_at);
CREATE INDEX supplier_orders_completed_at_idx ON supplier_orders (completed_at);
CREATE INDEX supplier_orders_purchase_id_idx ON supplier_orders (purchase_id);
CREATE INDEX supplier_orders_secured_at_idx ON supplier_orders (secured_at);
CREATE INDEX supplier_orders_seller_id_created_at_idx ON supplier_orders (seller_id, created_at);

CREATE TABLE acceptances (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    how TEXT NOT NULL,
    accepted_by UUID,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT acceptances_pkey PRIMARY KEY (id),
    CONSTRAINT acceptances_how_check CHECK (how in ('buyer', 'timer')),
    CONSTRAINT acceptances_order_id_fkey FOREIGN KEY(order_id) REFERENCES supplier_orders (id)
);
CREATE INDEX acceptances_order_id_idx ON acceptances (order_id);

CREATE TABLE bank_lines (
    id UUID NOT NULL,
    bank_reference TEXT NOT NULL,
    booked_on DATE NOT NULL,
    payer TEXT NOT NULL,
    remittance TEXT NOT NULL,
    amount NUMERIC(19, 4) NOT NULL,
    currency TEXT NOT NULL,
    matched_org_id UUID,
    matched_payment_id UUID,
    matched_by UUID,
    matched_at TIMESTAMP WITH TIME ZONE,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT bank_lines_pkey PRIMARY KEY (id),
    CONSTRAINT bank_lines_amount_settled_check CHECK (is_settled(amount, currency)),
    CONSTRAINT bank_lines_amount_check CHECK (amount > 0),
    CONSTRAINT bank_lines_matched_check CHECK ((matched_at is null) = (matched_org_id is null)),
    CONSTRAINT bank_lines_bank_reference_key UNIQUE (bank_reference),
    CONSTRAINT bank_lines_matched_org_id_fkey FOREIGN KEY(matched_org_id) REFERENCES organizations (id),
    CONSTRAINT bank_lines_matched_payment_id_fkey FOREIGN KEY(matched_payment_id) REFERENCES payments (id)
);
CREATE INDEX bank_lines_open_idx ON bank_lines (booked_on) WHERE matched_at is null;

CREATE TABLE commission_lines (
    order_id UUID NOT NULL,
    position BIGINT NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    beneficiary TEXT NOT NULL,
    beneficiary_org_id UUID,
    rate NUMERIC(7, 6) NOT NULL,
    vat_rate NUMERIC(7, 6) NOT NULL,
    rule_id UUID,
    frozen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT commission_lines_pkey PRIMARY KEY (order_id, position),
    CONSTRAINT commission_lines_beneficiary_check CHECK (beneficiary in ('platform', 'distributor')),
    CONSTRAINT commission_lines_beneficiary_org_check CHECK ((beneficiary = 'platform') = (beneficiary_org_id is null)),
    CONSTRAINT commission_lines_order_id_fkey FOREIGN KEY(order_id) REFERENCES supplier_orders (id),
    CONSTRAINT commission_lines_beneficiary_org_id_fkey FOREIGN KEY(beneficiary_org_id) REFERENCES organizations (id),
    CONSTRAINT commission_lines_rule_id_fkey FOREIGN KEY(rule_id) REFERENCES commission_rules (id)
);

CREATE TABLE payment_dues (
    order_id UUID NOT NULL,
    position BIGINT NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    kind TEXT NOT NULL,
    amount NUMERIC(19, 4) NOT NULL,
    currency TEXT NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT payment_dues_pkey PRIMARY KEY (order_id, position),
    CONSTRAINT payment_dues_kind_check CHECK (kind in ('full', 'deposit', 'balance')),
    CONSTRAINT payment_dues_amount_settled_check CHECK (is_settled(amount, currency)),
    CONSTRAINT payment_dues_amount_check CHECK (amount > 0),
    CONSTRAINT payment_dues_order_id_fkey FOREIGN KEY(order_id) REFERENCES supplier_orders (id)
);

CREATE TABLE product_variants (
    id UUID NOT NULL,
    product_id UUID NOT NULL,
    options JSONB DEFAULT '{}'::jsonb NOT NULL,
    name TEXT NOT NULL,
    gtin TEXT,
    CONSTRAINT product_variants_pkey PRIMARY KEY (id),
    CONSTRAINT product_variants_id_product_id_key UNIQUE (id, product_id),
    CONSTRAINT product_variants_product_id_fkey FOREIGN KEY(product_id) REFERENCES products (id)
);
CREATE INDEX product_variants_product_id_idx ON product_variants (product_id);

CREATE TABLE production_reports (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    percent BIGINT NOT NULL,
    note TEXT NOT NULL,
    reported_by UUID NOT NULL,
    reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT production_reports_pkey PRIMARY KEY (id),
    CONSTRAINT production_reports_percent_check CHECK (percent between 0 and 100),
    CONSTRAINT production_reports_order_id_fkey FOREIGN KEY(order_id) REFERENCES supplier_orders (id)
);
CREATE INDEX production_reports_order_id_idx ON production_reports (order_id);

CREATE TABLE refunds (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    cause TEXT NOT NULL,
    amount NUMERIC(19, 4) NOT NULL,
    currency TEXT NOT NULL,
    route TEXT NOT NULL,
    state TEXT NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    payout_id UUID,
    CONSTRAINT refunds_pkey PRIMARY KEY (id),
    CONSTRAINT refunds_route_check CHECK (route in ('wallet', 'bank_transfer')),
    CONSTRAINT refunds_state_check CHECK (state in ('owed', 'batched', 'sent')),
    CONSTRAINT refunds_amount_settled_check CHECK (is_settled(amount, currency)),
    CONSTRAINT refunds_amount_check CHECK (amount > 0),
    CONSTRAINT refunds_order_id_cause_key UNIQUE (order_id, cause),
    CONSTRAINT refunds_order_id_fkey FOREIGN KEY(order_id) REFERENCES supplier_orders (id),
    CONSTRAINT refunds_payout_id_fkey FOREIGN KEY(payout_id) REFERENCES payouts (id)
);
CREATE INDEX refunds_owed_idx ON refunds (buyer_id) WHERE state = 'owed';

CREATE TABLE return_documents (
    id UUID NOT NULL,
    origin TEXT NOT NULL,
    history_id UUID,
    external_id TEXT,
    order_id UUID,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    currency TEXT NOT NULL,
    goods NUMERIC(19, 4) NOT NULL,
    returned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    promised_at TIMESTAMP WITH TIME ZONE,
    first_shipped_at TIMESTAMP WITH TIME ZONE,
    delivered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT return_documents_pkey PRIMARY KEY (id),
    CONSTRAINT return_documents_origin_check CHECK (origin in ('live', 'imported')),
    CONSTRAINT return_documents_history_id_external_id_seller_id_key UNIQUE (history_id, external_id, seller_id),
    CONSTRAINT return_documents_goods_settled_check CHECK (is_settled(goods, currency)),
    CONSTRAINT return_documents_goods_check CHECK (goods >= 0),
    CONSTRAINT return_documents_history_id_fkey FOREIGN KEY(history_id) REFERENCES histories (id),
    CONSTRAINT return_documents_order_id_fkey FOREIGN KEY(order_id) REFERENCES supplier_orders (id),
    CONSTRAINT return_documents_buyer_id_fkey FOREIGN KEY(buyer_id) REFERENCES organizations (id),
    CONSTRAINT return_documents_seller_id_fkey FOREIGN KEY(seller_id) REFERENCES organizations (id)
);
CREATE INDEX return_documents_buyer_id_idx ON return_documents (buyer_id);

CREATE TABLE reviews (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    author_id UUID NOT NULL,
    subject_id UUID NOT NULL,
    person_id UUID NOT NULL,
    stars BIGINT NOT NULL,
    comment TEXT NOT NULL,
    written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT reviews_pkey PRIMARY KEY (id),
    CONSTRAINT reviews_order_id_author_id_key UNIQUE (order_id, author_id),
    CONSTRAINT reviews_stars_check CHECK (stars between 1 and 5),
    CONSTRAINT reviews_author_is_party_check CHECK (author_id in (buyer_id, seller_id)),
    CONSTRAINT reviews_comment_length_check CHECK (length(comment) <= 2000),
    CONSTRAINT reviews_order_id_fkey FOREIGN KEY(order_id) REFERENCES supplier_orders (id),
    CONSTRAINT reviews_author_id_fkey FOREIGN KEY(author_id) REFERENCES organizations (id),
    CONSTRAINT reviews_subject_id_fkey FOREIGN KEY(subject_id) REFERENCES organizations (id),
    CONSTRAINT reviews_person_id_fkey FOREIGN KEY(person_id) REFERENCES people (id)
);
CREATE INDEX reviews_subject_id_idx ON reviews (subject_id);

CREATE TABLE shipments (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    position BIGINT NOT NULL,
    carrier TEXT NOT NULL,
    tracking TEXT NOT NULL,
    shipped_at TIMESTAMP WITH TIME ZONE NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    received_by TEXT,
    CONSTRAINT shipments_pkey PRIMARY KEY (id),
    CONSTRAINT shipments_carrier_check CHECK (carrier in ('dhl', 'fedex', 'ups', 'dpd', 'own_fleet', 'other')),
    CONSTRAINT shipments_delivered_after_shipped_check CHECK (delivered_at is null or delivered_at >= shipped_at),
    CONSTRAINT shipments_order_id_position_key UNIQUE (order_id, position),
    CONSTRAINT shipments_order_id_fkey FOREIGN KEY(order_id) REFERENCES supplier_orders (id)
);
CREATE INDEX shipments_buyer_id_idx ON shipments (buyer_id);
CREATE INDEX shipments_seller_id_idx ON shipments (seller_id);

CREATE TABLE lots (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    code TEXT NOT NULL,
    expires_on DATE,
    CONSTRAINT lots_pkey PRIMARY KEY (id),
    CONSTRAINT lots_org_id_variant_id_code_key UNIQUE (org_id, variant_id, code),
    CONSTRAINT lots_id_org_id_variant_id_key UNIQUE (id, org_id, variant_id),
    CONSTRAINT lots_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id),
    CONSTRAINT lots_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES product_variants (id)
);

CREATE TABLE offers (
    id UUID NOT NULL,
    seller_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    sku TEXT NOT NULL,
    state TEXT NOT NULL,
    currency TEXT NOT NULL,
    minimum_quantity BIGINT NOT NULL,
    order_increment BIGINT NOT NULL,
    lead_time_days BIGINT NOT NULL,
    tax_rate NUMERIC(7, 6) NOT NULL,
    version BIGINT DEFAULT 1 NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT offers_pkey PRIMARY KEY (id),
    CONSTRAINT offers_state_check CHECK (state in ('draft', 'published', 'paused', 'discontinued')),
    CONSTRAINT offers_seller_id_sku_key UNIQUE (seller_id, sku),
    CONSTRAINT offers_id_seller_id_key UNIQUE (id, seller_id),
    CONSTRAINT offers_minimum_quantity_check CHECK (minimum_quantity > 0),
    CONSTRAINT offers_order_increment_check CHECK (order_increment > 0),
    CONSTRAINT offers_tax_rate_check CHECK (tax_rate >= 0 and tax_rate < 1),
    CONSTRAINT offers_lead_time_days_check CHECK (lead_time_days >= 0),
    CONSTRAINT offers_seller_id_fkey FOREIGN KEY(seller_id) REFERENCES organizations (id),
    CONSTRAINT offers_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES product_variants (id)
);
CREATE INDEX offers_seller_id_state_idx ON offers (seller_id, state);
CREATE INDEX offers_variant_id_idx ON offers (variant_id);

CREATE TABLE releases (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    acceptance_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    currency TEXT NOT NULL,
    gross NUMERIC(19, 4) NOT NULL,
    goods NUMERIC(19, 4) NOT NULL,
    commission NUMERIC(19, 4) NOT NULL,
    commission_vat NUMERIC(19, 4) NOT NULL,
    distributor NUMERIC(19, 4) NOT NULL,
    net NUMERIC(19, 4) NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE NOT NULL,
    payout_id UUID,
    CONSTRAINT releases_pkey PRIMARY KEY (id),
    CONSTRAINT releases_gross_settled_check CHECK (is_settled(gross, currency)),
    CONSTRAINT releases_goods_settled_check CHECK (is_settled(goods, currency)),
    CONSTRAINT releases_commission_settled_check CHECK (is_settled(commission, currency)),
    CONSTRAINT releases_commission_vat_settled_check CHECK (is_settled(commission_vat, currency)),
    CONSTRAINT releases_distributor_settled_check CHECK (is_settled(distributor, currency)),
    CONSTRAINT releases_net_settled_check CHECK (is_settled(net, currency)),
    CONSTRAINT releases_whole_check CHECK (gross = net + commission + commission_vat + distributor),
    CONSTRAINT releases_not_negative_check CHECK (least(gross, goods, commission, commission_vat, distributor, net) >= 0),
    CONSTRAINT releases_order_id_fkey FOREIGN KEY(order_id) REFERENCES supplier_orders (id),
    CONSTRAINT releases_acceptance_id_key UNIQUE (acceptance_id),
    CONSTRAINT releases_acceptance_id_fkey FOREIGN KEY(acceptance_id) REFERENCES acceptances (id),
    CONSTRAINT releases_payout_id_fkey FOREIGN KEY(payout_id) REFERENCES payouts (id)
);
CREATE INDEX releases_order_id_idx ON releases (order_id);
CREATE INDEX releases_unpaid_idx ON releases (seller_id) WHERE payout_id is null;

CREATE TABLE basket_lines (
    basket_id UUID NOT NULL,
    offer_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    seen_unit_price NUMERIC(19, 6) NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT basket_lines_pkey PRIMARY KEY (basket_id, offer_id),
    CONSTRAINT basket_lines_quantity_check CHECK (quantity > 0),
    CONSTRAINT basket_lines_basket_id_buyer_id_fkey FOREIGN KEY(basket_id, buyer_id) REFERENCES baskets (id, buyer_id) ON DELETE CASCADE,
    CONSTRAINT basket_lines_offer_id_fkey FOREIGN KEY(offer_id) REFERENCES offers (id)
);

CREATE TABLE offer_packs (
    offer_id UUID NOT NULL,
    name TEXT NOT NULL,
    seller_id UUID NOT NULL,
    base_units BIGINT NOT NULL,
    CONSTRAINT offer_packs_pkey PRIMARY KEY (offer_id, name),
    CONSTRAINT offer_packs_base_units_check CHECK (base_units > 0),
    CONSTRAINT offer_packs_offer_id_fkey FOREIGN KEY(offer_id) REFERENCES offers (id)
);

CREATE TABLE order_lines (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    line_no BIGINT NOT NULL,
    offer_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    ordered BIGINT NOT NULL,
    confirmed BIGINT DEFAULT 0 NOT NULL,
    cancelled BIGINT DEFAULT 0 NOT NULL,
    shipped BIGINT DEFAULT 0 NOT NULL,
    delivered BIGINT DEFAULT 0 NOT NULL,
    accepted BIGINT DEFAULT 0 NOT NULL,
    lost BIGINT DEFAULT 0 NOT NULL,
    unit_price NUMERIC(19, 6) NOT NULL,
    discount NUMERIC(19, 6) DEFAULT 0 NOT NULL,
    exact_value NUMERIC(22, 6) NOT NULL,
    goods NUMERIC(19, 4) NOT NULL,
    tax_rate NUMERIC(7, 6) NOT NULL,
    tax NUMERIC(19, 4) NOT NULL,
    shipping NUMERIC(19, 4) NOT NULL,
    price_trace JSONB NOT NULL,
    CONSTRAINT order_lines_pkey PRIMARY KEY (id),
    CONSTRAINT order_lines_order_id_buyer_id_seller_id_fkey FOREIGN KEY(order_id, buyer_id, seller_id) REFERENCES supplier_orders (id, buyer_id, seller_id),
    CONSTRAINT order_lines_offer_id_seller_id_fkey FOREIGN KEY(offer_id, seller_id) REFERENCES offers (id, seller_id),
    CONSTRAINT order_lines_order_id_line_no_key UNIQUE (order_id, line_no),
    CONSTRAINT order_lines_goods_settled_check CHECK (is_settled(goods, currency)),
    CONSTRAINT order_lines_tax_settled_check CHECK (is_settled(tax, currency)),
    CONSTRAINT order_lines_shipping_settled_check CHECK (is_settled(shipping, currency)),
    CONSTRAINT order_lines_ordered_check CHECK (ordered > 0),
    CONSTRAINT order_lines_not_negative_check CHECK (least(confirmed, cancelled, shipped, delivered, accepted, lost) >= 0),
    CONSTRAINT order_lines_confirmed_check CHECK (confirmed + cancelled <= ordered),
    CONSTRAINT order_lines_shipped_check CHECK (shipped <= confirmed),
    CONSTRAINT order_lines_delivered_check CHECK (delivered + lost <= shipped),
    CONSTRAINT order_lines_accepted_check CHECK (accepted <= delivered),
    CONSTRAINT order_lines_exact_value_check CHECK (exact_value = ordered * unit_price - discount),
    CONSTRAINT order_lines_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES product_variants (id)
);
CREATE INDEX order_lines_offer_id_idx ON order_lines (offer_id);

CREATE TABLE price_tiers (
    id UUID NOT NULL,
    offer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    minimum_quantity BIGINT NOT NULL,
    unit_price NUMERIC(19, 6) NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE,
    CONSTRAINT price_tiers_pkey PRIMARY KEY (id),
    CONSTRAINT price_tiers_minimum_quantity_check CHECK (minimum_quantity > 0),
    CONSTRAINT price_tiers_unit_price_check CHECK (unit_price > 0 and unit_price < 1000000000),
    CONSTRAINT price_tiers_valid_check CHECK (valid_to is null or valid_to >= valid_from),
    CONSTRAINT price_tiers_offer_id_fkey FOREIGN KEY(offer_id) REFERENCES offers (id)
);
CREATE UNIQUE INDEX price_tiers_current_key ON price_tiers (offer_id, minimum_quantity) WHERE valid_to is null;
CREATE INDEX price_tiers_offer_id_idx ON price_tiers (offer_id, minimum_quantity);

CREATE TABLE return_lines (
    return_id UUID NOT NULL,
    line_no BIGINT NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    offer_id UUID NOT NULL,
    currency TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    unit_price NUMERIC(19, 6) NOT NULL,
    discount NUMERIC(19, 6) NOT NULL,
    exact_value NUMERIC(22, 6) NOT NULL,
    goods NUMERIC(19, 4) NOT NULL,
    CONSTRAINT return_lines_pkey PRIMARY KEY (return_id, line_no),
    CONSTRAINT return_lines_quantity_check CHECK (quantity > 0),
    CONSTRAINT return_lines_exact_value_check CHECK (exact_value = quantity * unit_price - discount),
    CONSTRAINT return_lines_goods_settled_check CHECK (is_settled(goods, currency)),
    CONSTRAINT return_lines_return_id_fkey FOREIGN KEY(return_id) REFERENCES return_documents (id),
    CONSTRAINT return_lines_offer_id_fkey FOREIGN KEY(offer_id) REFERENCES offers (id)
);

CREATE TABLE stock_balances (
    variant_id UUID NOT NULL,
    location_id UUID NOT NULL,
    lot_id UUID NOT NULL,
    org_id UUID NOT NULL,
    on_hand BIGINT DEFAULT 0 NOT NULL,
    reserved BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT stock_balances_pkey PRIMARY KEY (variant_id, location_id, lot_id),
    CONSTRAINT stock_balances_on_hand_check CHECK (on_hand >= 0),
    CONSTRAINT stock_balances_reserved_check CHECK (reserved >= 0 and reserved <= on_hand),
    CONSTRAINT stock_balances_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES product_variants (id),
    CONSTRAINT stock_balances_location_id_fkey FOREIGN KEY(location_id) REFERENCES locations (id),
    CONSTRAINT stock_balances_lot_id_fkey FOREIGN KEY(lot_id) REFERENCES lots (id),
    CONSTRAINT stock_balances_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
)
 WITH (fillfactor = 70);
CREATE INDEX stock_balances_org_id_variant_id_idx ON stock_balances (org_id, variant_id);

CREATE TABLE acceptance_lines (
    acceptance_id UUID NOT NULL,
    line_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    CONSTRAINT acceptance_lines_pkey PRIMARY KEY (acceptance_id, line_id),
    CONSTRAINT acceptance_lines_quantity_check CHECK (quantity > 0),
    CONSTRAINT acceptance_lines_acceptance_id_fkey FOREIGN KEY(acceptance_id) REFERENCES acceptances (id),
    CONSTRAINT acceptance_lines_line_id_fkey FOREIGN KEY(line_id) REFERENCES order_lines (id)
);

CREATE TABLE shipment_lines (
    shipment_id UUID NOT NULL,
    line_id UUID NOT NULL,
    buyer_id UUID NOT NULL,
    seller_id UUID NOT NULL,
    shipped BIGINT NOT NULL,
    delivered BIGINT,
    CONSTRAINT shipment_lines_pkey PRIMARY KEY (shipment_id, line_id),
    CONSTRAINT shipment_lines_shipped_check CHECK (shipped > 0),
    CONSTRAINT shipment_lines_delivered_check CHECK (delivered is null or delivered between 0 and shipped),
    CONSTRAINT shipment_lines_shipment_id_fkey FOREIGN KEY(shipment_id) REFERENCES shipments (id),
    CONSTRAINT shipment_lines_line_id_fkey FOREIGN KEY(line_id) REFERENCES order_lines (id)
);
