-- From how much free stock on people want to hear of it. `cover_days` is null for a number that somebody set by hand;
-- else `units` is what sells in that time and in the lead time, worked out anew every day.
create table stock_thresholds (
    org_id uuid not null,
    variant_id uuid not null,
    units bigint not null,
    cover_days bigint,
    set_by uuid,
    set_at timestamptz not null,
    computed_at timestamptz not null,
    constraint stock_thresholds_pkey primary key (org_id, variant_id),
    constraint stock_thresholds_org_id_fkey foreign key (org_id) references organizations (id),
    constraint stock_thresholds_variant_id_fkey foreign key (variant_id) references product_variants (id),
    constraint stock_thresholds_units_check check (units >= 0),
    constraint stock_thresholds_cover_days_check check (cover_days between 1 and 365)
);
create index stock_thresholds_computed_at_idx on stock_thresholds (computed_at) where cover_days is not null;

-- A crossing of the threshold, downwards. At most one is open for a variant: that is what makes it one alert a crossing.
create table stock_alerts (
    id uuid not null,
    org_id uuid not null,
    variant_id uuid not null,
    available bigint not null,
    threshold bigint not null,
    opened_at timestamptz not null,
    cleared_at timestamptz,
    constraint stock_alerts_pkey primary key (id),
    constraint stock_alerts_org_id_fkey foreign key (org_id) references organizations (id),
    constraint stock_alerts_variant_id_fkey foreign key (variant_id) references product_variants (id),
    constraint stock_alerts_available_check check (available >= 0 and available < threshold),
    constraint stock_alerts_cleared_at_check check (cleared_at >= opened_at)
);
create unique index stock_alerts_open_key on stock_alerts (org_id, variant_id) where cleared_at is null;
create index stock_alerts_org_id_opened_at_idx on stock_alerts (org_id, opened_at);

-- What a maker means to make: an accepted recommendation counts as on its way until it is made or dropped.
create table production_wishes (
    id uuid not null,
    org_id uuid not null,
    variant_id uuid not null,
    quantity bigint not null,
    due_on date not null,
    wished_by uuid,
    wished_at timestamptz not null,
    outcome text,
    closed_by uuid,
    closed_at timestamptz,
    constraint production_wishes_pkey primary key (id),
    constraint production_wishes_org_id_fkey foreign key (org_id) references organizations (id),
    constraint production_wishes_variant_id_fkey foreign key (variant_id) references product_variants (id),
    constraint production_wishes_quantity_check check (quantity > 0),
    constraint production_wishes_outcome_check check (outcome in ('made', 'dropped')),
    constraint production_wishes_closed_check check ((outcome is null) = (closed_at is null))
);
create index production_wishes_open_idx on production_wishes (org_id, variant_id) where closed_at is null;

-- Goods of an order that a buyer put into a store or warehouse of their own.
create table store_receipts (
    id uuid not null,
    org_id uuid not null,
    order_id uuid not null,
    location_id uuid not null,
    put_by uuid,
    put_at timestamptz not null,
    constraint store_receipts_pkey primary key (id),
    constraint store_receipts_id_key unique (id, org_id),
    constraint store_receipts_org_id_fkey foreign key (org_id) references organizations (id),
    constraint store_receipts_order_id_fkey foreign key (order_id) references supplier_orders (id),
    constraint store_receipts_location_id_fkey foreign key (location_id, org_id) references locations (id, org_id)
);
create index store_receipts_order_id_idx on store_receipts (order_id);
create table store_receipt_lines (
    receipt_id uuid not null,
    line_id uuid not null,
    org_id uuid not null,
    variant_id uuid not null,
    quantity bigint not null,
    constraint store_receipt_lines_pkey primary key (receipt_id, line_id),
    constraint store_receipt_lines_receipt_id_fkey foreign key (receipt_id, org_id) references store_receipts (id, org_id),
    constraint store_receipt_lines_line_id_fkey foreign key (line_id) references order_lines (id),
    constraint store_receipt_lines_quantity_check check (quantity > 0)
);
create index store_receipt_lines_line_id_idx on store_receipt_lines (line_id);

-- Files of what a store sold: the same contents count once for a store.
create table store_sales_files (
    id uuid not null,
    org_id uuid not null,
    location_id uuid not null,
    content_hash text not null,
    lines bigint not null,
    units bigint not null,
    taken_by uuid,
    taken_at timestamptz not null,
    constraint store_sales_files_pkey primary key (id),
    constraint store_sales_files_org_id_location_id_content_hash_key unique (org_id, location_id, content_hash),
    constraint store_sales_files_org_id_fkey foreign key (org_id) references organizations (id),
    constraint store_sales_files_location_id_fkey foreign key (location_id, org_id) references locations (id, org_id),
    constraint store_sales_files_lines_check check (lines > 0 and units > 0)
);

-- What a store sold on which day; the movement that took it out of stock has the same cause.
create table store_sales (
    id uuid not null,
    org_id uuid not null,
    location_id uuid not null,
    variant_id uuid not null,
    sold_on date not null,
    quantity bigint not null,
    cause_id uuid not null,
    recorded_at timestamptz not null,
    constraint store_sales_pkey primary key (id),
    constraint store_sales_org_id_fkey foreign key (org_id) references organizations (id),
    constraint store_sales_location_id_fkey foreign key (location_id, org_id) references locations (id, org_id),
    constraint store_sales_variant_id_fkey foreign key (variant_id) references product_variants (id),
    constraint store_sales_quantity_check check (quantity > 0)
);
create index store_sales_org_id_variant_id_sold_on_idx on store_sales (org_id, variant_id, sold_on);
create index store_sales_cause_id_idx on store_sales (cause_id);

-- That an offer was put into a basket, whatever becomes of it there. Sellers get counts of it, never rows.
create table basket_additions (
    id bigint generated always as identity,
    offer_id uuid not null,
    seller_id uuid not null,
    buyer_id uuid not null,
    quantity bigint not null,
    added_at timestamptz not null,
    constraint basket_additions_pkey primary key (id),
    constraint basket_additions_buyer_id_offer_id_added_at_key unique (buyer_id, offer_id, added_at),
    constraint basket_additions_offer_id_fkey foreign key (offer_id, seller_id) references offers (id, seller_id),
    constraint basket_additions_buyer_id_fkey foreign key (buyer_id) references organizations (id),
    constraint basket_additions_quantity_check check (quantity > 0)
);
create index basket_additions_seller_id_added_at_idx on basket_additions (seller_id, added_at);
