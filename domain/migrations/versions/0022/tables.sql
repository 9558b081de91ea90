-- Categories: what operations look at before it goes on sale, and the version that a change has read.
alter table categories
    add column is_reviewed boolean default false not null,
    add column version bigint default 1 not null;

-- What a category asks to be said of its products; categories below inherit it.
create table category_attributes (
    id uuid not null,
    category_id uuid not null,
    name text not null,
    kind text not null,
    unit text,
    is_required boolean not null,
    choices text[] not null,
    position bigint not null,
    removed_at timestamp with time zone,
    constraint category_attributes_pkey primary key (id),
    constraint category_attributes_category_id_fkey foreign key (category_id) references categories (id),
    constraint category_attributes_kind_check check (kind in ('text', 'whole', 'decimal', 'yes_no', 'choice')),
    constraint category_attributes_unit_check check (unit is null or kind in ('whole', 'decimal')),
    constraint category_attributes_choices_check check ((kind = 'choice') = (cardinality(choices) > 0))
);
create unique index category_attributes_name_key on category_attributes (category_id, name) where removed_at is null;

alter table products
    add column option_names text[] default '{}'::text[] not null,
    add column category_since timestamp with time zone,
    add constraint products_option_names_check check (cardinality(option_names) <= 3);
create index products_created_by_org_id_idx on products (created_by_org_id);
create index products_category_id_idx on products (category_id);

-- In which category a product was when, so that a move does not rewrite the figures of the past.
create table product_categories (
    product_id uuid not null,
    category_id uuid,
    valid_from timestamp with time zone not null,
    valid_to timestamp with time zone,
    constraint product_categories_pkey primary key (product_id, valid_from),
    constraint product_categories_product_id_fkey foreign key (product_id) references products (id),
    constraint product_categories_category_id_fkey foreign key (category_id) references categories (id),
    constraint product_categories_valid_check check (valid_to is null or valid_to > valid_from)
);
create unique index product_categories_current_key on product_categories (product_id) where valid_to is null;

insert into product_categories (product_id, category_id, valid_from)
select id, category_id, created_at from products;

alter table product_variants
    add column removed_at timestamp with time zone,
    add constraint product_variants_gtin_check check (gtin ~ '^([0-9]{8}|[0-9]{12,14})$') not valid;
create index product_variants_gtin_idx on product_variants (gtin);

-- Warranty and returns. A row never changes: a new version closes the one before, and orders keep theirs.
create table sale_policies (
    id uuid not null,
    seller_id uuid not null,
    name text not null,
    version bigint not null,
    return_days bigint not null,
    restocking_share numeric(7, 6) not null,
    warranty_months bigint not null,
    exclusions text not null,
    valid_from timestamp with time zone not null,
    valid_to timestamp with time zone,
    written_by uuid,
    constraint sale_policies_pkey primary key (id),
    constraint sale_policies_seller_id_fkey foreign key (seller_id) references organizations (id),
    constraint sale_policies_id_seller_id_key unique (id, seller_id),
    constraint sale_policies_seller_id_name_version_key unique (seller_id, name, version),
    constraint sale_policies_return_days_check check (return_days between 0 and 365),
    constraint sale_policies_restocking_share_check check (restocking_share between 0 and 1),
    constraint sale_policies_warranty_months_check check (warranty_months between 0 and 240),
    constraint sale_policies_valid_check check (valid_to is null or valid_to >= valid_from)
);
create unique index sale_policies_current_key on sale_policies (seller_id, name) where valid_to is null;

alter table offers
    drop constraint offers_state_check,
    add constraint offers_state_check
        check (state in ('draft', 'in_review', 'published', 'paused', 'discontinued')),
    add column grade text,
    add column shelf_life_days bigint,
    add column minimum_life_share numeric(7, 6),
    add column production_days bigint default 0 not null,
    add column policy_id uuid,
    add constraint offers_grade_check check (grade in ('A', 'B', 'C')),
    add constraint offers_shelf_life_days_check check (shelf_life_days between 1 and 3650),
    add constraint offers_minimum_life_share_check check (minimum_life_share between 0 and 1),
    add constraint offers_production_days_check check (production_days between 0 and 365),
    add constraint offers_policy_id_seller_id_fkey
        foreign key (policy_id, seller_id) references sale_policies (id, seller_id);
create index offers_policy_id_idx on offers (policy_id) where policy_id is not null;

alter table offer_packs
    add column level text default 'case' not null,
    add constraint offer_packs_level_check check (level in ('inner', 'case', 'pallet'));

-- What a buyer was promised stays what it was: the policy and the grade of the line, the days of making of the order.
alter table order_lines
    add column policy_id uuid,
    add column grade text,
    add constraint order_lines_policy_id_seller_id_fkey
        foreign key (policy_id, seller_id) references sale_policies (id, seller_id);
create index order_lines_policy_id_idx on order_lines (policy_id) where policy_id is not null;
alter table supplier_orders
    add column production_days bigint default 0 not null;

create table product_media (
    id uuid not null,
    product_id uuid not null,
    org_id uuid not null,
    kind text not null,
    file_id uuid not null,
    card_file_id uuid,
    thumb_file_id uuid,
    alt text not null,
    position bigint not null,
    bytes bigint not null,
    added_at timestamp with time zone not null,
    constraint product_media_pkey primary key (id),
    constraint product_media_product_id_fkey foreign key (product_id) references products (id),
    constraint product_media_org_id_fkey foreign key (org_id) references organizations (id),
    constraint product_media_file_id_fkey foreign key (file_id) references files (id),
    constraint product_media_card_file_id_fkey foreign key (card_file_id) references files (id),
    constraint product_media_thumb_file_id_fkey foreign key (thumb_file_id) references files (id),
    constraint product_media_kind_check check (kind in ('picture', 'video', 'model')),
    constraint product_media_alt_check check (alt <> ''),
    constraint product_media_bytes_check check (bytes > 0)
);
create index product_media_product_id_position_idx on product_media (product_id, position);
create index product_media_file_id_idx on product_media (file_id);

-- Which of the seller's verified certificates a product is shown with; whether it holds is asked at every look.
create table product_certificates (
    product_id uuid not null,
    submission_id uuid not null,
    org_id uuid not null,
    tagged_at timestamp with time zone not null,
    tagged_by uuid,
    constraint product_certificates_pkey primary key (product_id, submission_id),
    constraint product_certificates_product_id_fkey foreign key (product_id) references products (id),
    constraint product_certificates_submission_id_org_id_fkey
        foreign key (submission_id, org_id) references verification_submissions (id, org_id)
);

-- What waits for operations in categories that they look at: a change of what is on sale, or going on sale.
create table catalog_changes (
    id uuid not null,
    product_id uuid not null,
    seller_id uuid not null,
    kind text not null,
    state text not null,
    before jsonb not null,
    after jsonb not null,
    asked_by uuid,
    asked_at timestamp with time zone not null,
    decided_by uuid,
    decided_at timestamp with time zone,
    reason text,
    constraint catalog_changes_pkey primary key (id),
    constraint catalog_changes_product_id_fkey foreign key (product_id) references products (id),
    constraint catalog_changes_seller_id_fkey foreign key (seller_id) references organizations (id),
    constraint catalog_changes_kind_check check (kind in ('edit', 'publication')),
    constraint catalog_changes_state_check check (state in ('pending', 'approved', 'rejected', 'withdrawn')),
    constraint catalog_changes_decided_check check ((state = 'pending') = (decided_at is null)),
    constraint catalog_changes_other_eyes_check check (decided_by is null or decided_by <> asked_by)
);
create unique index catalog_changes_open_key on catalog_changes (product_id, seller_id) where state = 'pending';
create index catalog_changes_waiting_idx on catalog_changes (asked_at) where state = 'pending';
create index catalog_changes_seller_id_asked_at_idx on catalog_changes (seller_id, asked_at);

insert into state_moves (machine, from_state, to_state) values
    ('offer', 'draft', 'in_review'), ('offer', 'in_review', 'published'), ('offer', 'in_review', 'draft'),
    ('offer', 'in_review', 'discontinued'),
    ('catalog_change', 'pending', 'approved'), ('catalog_change', 'pending', 'rejected'),
    ('catalog_change', 'pending', 'withdrawn');
