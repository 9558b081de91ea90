-- Price lists that begin on a day, what customers get off, promotions with budgets, floors, and minimums by product.

-- A price list that its seller has planned. Its rows go into price_tiers when it begins, so that the rows that are
-- open there are always those of today.
create table price_plans (
    id uuid not null,
    offer_id uuid not null,
    seller_id uuid not null,
    starts_at timestamp with time zone not null,
    version bigint default 1 not null,
    planned_by uuid,
    planned_at timestamp with time zone not null,
    begun_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    constraint price_plans_pkey primary key (id),
    constraint price_plans_id_seller_id_key unique (id, seller_id),
    constraint price_plans_offer_id_seller_id_fkey foreign key (offer_id, seller_id) references offers (id, seller_id),
    constraint price_plans_ahead_check check (starts_at > planned_at),
    constraint price_plans_begun_check check (begun_at >= starts_at),
    constraint price_plans_ended_check check (begun_at is null or withdrawn_at is null)
);
create unique index price_plans_open_key on price_plans (offer_id, starts_at)
    where begun_at is null and withdrawn_at is null;
create index price_plans_due_idx on price_plans (starts_at) where begun_at is null and withdrawn_at is null;
create index price_plans_seller_id_idx on price_plans (seller_id);

create table planned_tiers (
    plan_id uuid not null,
    minimum_quantity bigint not null,
    seller_id uuid not null,
    unit_price numeric(19, 6) not null,
    constraint planned_tiers_pkey primary key (plan_id, minimum_quantity),
    constraint planned_tiers_plan_id_seller_id_fkey
        foreign key (plan_id, seller_id) references price_plans (id, seller_id),
    constraint planned_tiers_minimum_quantity_check check (minimum_quantity > 0),
    constraint planned_tiers_unit_price_check check (unit_price > 0 and unit_price < 1000000000)
);

create table customer_groups (
    id uuid not null,
    seller_id uuid not null,
    name text not null,
    created_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    constraint customer_groups_pkey primary key (id),
    constraint customer_groups_id_seller_id_key unique (id, seller_id),
    constraint customer_groups_seller_id_fkey foreign key (seller_id) references organizations (id)
);
create unique index customer_groups_open_key on customer_groups (seller_id, lower(name)) where closed_at is null;

create table customer_group_members (
    id uuid not null,
    group_id uuid not null,
    seller_id uuid not null,
    buyer_id uuid not null,
    valid_from timestamp with time zone not null,
    valid_to timestamp with time zone,
    constraint customer_group_members_pkey primary key (id),
    constraint customer_group_members_group_id_seller_id_fkey
        foreign key (group_id, seller_id) references customer_groups (id, seller_id),
    constraint customer_group_members_buyer_id_fkey foreign key (buyer_id) references organizations (id),
    constraint customer_group_members_valid_check check (valid_to >= valid_from)
);
create unique index customer_group_members_open_key on customer_group_members (group_id, buyer_id)
    where valid_to is null;
create index customer_group_members_buyer_id_group_id_idx on customer_group_members (buyer_id, group_id);

-- What is taken off the list price: for a customer or a group (step customer), or for a time (step promotion).
create table price_rules (
    id uuid not null,
    seller_id uuid not null,
    step text not null,
    kind text not null,
    title text not null,
    group_id uuid,
    buyer_id uuid,
    scope text not null,
    category_id uuid,
    percent numeric(7, 4),
    amount numeric(19, 6),
    currency text,
    minimum_quantity bigint not null,
    starts_at timestamp with time zone not null,
    ends_at timestamp with time zone,
    made_by uuid,
    created_at timestamp with time zone not null,
    constraint price_rules_pkey primary key (id),
    constraint price_rules_id_seller_id_key unique (id, seller_id),
    constraint price_rules_seller_id_fkey foreign key (seller_id) references organizations (id),
    constraint price_rules_group_id_seller_id_fkey
        foreign key (group_id, seller_id) references customer_groups (id, seller_id),
    constraint price_rules_buyer_id_fkey foreign key (buyer_id) references organizations (id),
    constraint price_rules_category_id_fkey foreign key (category_id) references categories (id),
    constraint price_rules_step_check check (step in ('customer', 'promotion')),
    constraint price_rules_kind_check check (kind in ('percent', 'amount', 'fixed')),
    constraint price_rules_scope_check check (scope in ('all', 'category', 'offers')),
    constraint price_rules_percent_check check ((kind = 'percent') = (percent is not null)),
    constraint price_rules_percent_range_check check (percent > 0 and percent < 100),
    constraint price_rules_amount_check check ((kind = 'amount') = (amount is not null)),
    constraint price_rules_amount_range_check check (amount > 0 and amount < 1000000000),
    constraint price_rules_amount_currency_check check (amount is null or currency is not null),
    constraint price_rules_category_check check ((scope = 'category') = (category_id is not null)),
    constraint price_rules_fixed_check check (kind <> 'fixed' or (scope = 'offers' and step = 'customer')),
    constraint price_rules_whose_check check (
        case step when 'customer' then num_nonnulls(group_id, buyer_id) = 1 else buyer_id is null end),
    constraint price_rules_minimum_quantity_check check (minimum_quantity > 0),
    constraint price_rules_days_check check (ends_at >= starts_at)
);
create index price_rules_seller_id_starts_at_idx on price_rules (seller_id, starts_at);

-- Which offers a rule is about; with a fixed price list, what they cost from which quantity on.
create table price_rule_offers (
    rule_id uuid not null,
    offer_id uuid not null,
    minimum_quantity bigint not null,
    seller_id uuid not null,
    unit_price numeric(19, 6),
    constraint price_rule_offers_pkey primary key (rule_id, offer_id, minimum_quantity),
    constraint price_rule_offers_rule_id_seller_id_fkey
        foreign key (rule_id, seller_id) references price_rules (id, seller_id),
    constraint price_rule_offers_offer_id_seller_id_fkey
        foreign key (offer_id, seller_id) references offers (id, seller_id),
    constraint price_rule_offers_minimum_quantity_check check (minimum_quantity > 0),
    constraint price_rule_offers_unit_price_check check (unit_price > 0 and unit_price < 1000000000)
);
create index price_rule_offers_offer_id_idx on price_rule_offers (offer_id);

create table promotion_budgets (
    rule_id uuid not null,
    seller_id uuid not null,
    currency text,
    amount_limit numeric(19, 4),
    unit_limit bigint,
    amount_spent numeric(19, 4) default 0 not null,
    units_spent bigint default 0 not null,
    constraint promotion_budgets_pkey primary key (rule_id),
    constraint promotion_budgets_rule_id_seller_id_fkey
        foreign key (rule_id, seller_id) references price_rules (id, seller_id),
    constraint promotion_budgets_limit_check check (num_nonnulls(amount_limit, unit_limit) > 0),
    constraint promotion_budgets_amount_limit_check check (amount_limit is null or (amount_limit > 0 and currency is not null)),
    constraint promotion_budgets_unit_limit_check check (unit_limit > 0),
    constraint promotion_budgets_amount_spent_check check (amount_spent between 0 and coalesce(amount_limit, 0)),
    constraint promotion_budgets_units_spent_check
        check (units_spent >= 0 and (unit_limit is null or units_spent <= unit_limit))
);

-- What a promotion gave to an order line, and what came back when the order ended before its goods were sold.
create table promotion_uses (
    id uuid not null,
    rule_id uuid not null,
    seller_id uuid not null,
    buyer_id uuid not null,
    order_id uuid not null,
    line_id uuid not null,
    kind text not null,
    currency text not null,
    amount numeric(19, 4) not null,
    units bigint not null,
    used_at timestamp with time zone not null,
    constraint promotion_uses_pkey primary key (id),
    constraint promotion_uses_line_id_kind_key unique (line_id, kind),
    constraint promotion_uses_rule_id_seller_id_fkey
        foreign key (rule_id, seller_id) references price_rules (id, seller_id),
    constraint promotion_uses_order_id_buyer_id_seller_id_fkey
        foreign key (order_id, buyer_id, seller_id) references supplier_orders (id, buyer_id, seller_id),
    constraint promotion_uses_line_id_fkey foreign key (line_id) references order_lines (id),
    constraint promotion_uses_kind_check check (kind in ('spent', 'returned')),
    constraint promotion_uses_amount_settled_check check (is_settled(amount, currency)),
    constraint promotion_uses_sign_check check (
        case kind when 'spent' then amount >= 0 and units > 0 else amount <= 0 and units < 0 end)
);
create index promotion_uses_rule_id_idx on promotion_uses (rule_id);
create index promotion_uses_order_id_idx on promotion_uses (order_id);

-- The lowest price that a seller wants to give without its owner's word.
create table price_floors (
    offer_id uuid not null,
    seller_id uuid not null,
    minimum_price numeric(19, 6) not null,
    set_by uuid,
    set_at timestamp with time zone not null,
    constraint price_floors_pkey primary key (offer_id),
    constraint price_floors_offer_id_seller_id_fkey
        foreign key (offer_id, seller_id) references offers (id, seller_id),
    constraint price_floors_minimum_price_check check (minimum_price > 0 and minimum_price < 1000000000)
);
create index price_floors_seller_id_idx on price_floors (seller_id);

-- A price below the floor for one customer, asked for by who may not give it.
create table price_requests (
    id uuid not null,
    seller_id uuid not null,
    offer_id uuid not null,
    buyer_id uuid not null,
    minimum_quantity bigint not null,
    unit_price numeric(19, 6) not null,
    ends_at timestamp with time zone not null,
    reason text not null,
    state text not null,
    asked_by uuid not null,
    asked_at timestamp with time zone not null,
    decided_by uuid,
    decided_at timestamp with time zone,
    answer text,
    rule_id uuid,
    constraint price_requests_pkey primary key (id),
    constraint price_requests_offer_id_seller_id_fkey
        foreign key (offer_id, seller_id) references offers (id, seller_id),
    constraint price_requests_buyer_id_fkey foreign key (buyer_id) references organizations (id),
    constraint price_requests_rule_id_seller_id_fkey
        foreign key (rule_id, seller_id) references price_rules (id, seller_id),
    constraint price_requests_state_check check (state in ('waiting', 'approved', 'rejected')),
    constraint price_requests_minimum_quantity_check check (minimum_quantity > 0),
    constraint price_requests_unit_price_check check (unit_price > 0 and unit_price < 1000000000),
    constraint price_requests_decided_check check ((state = 'waiting') = (decided_at is null)),
    constraint price_requests_rule_check check ((state = 'approved') = (rule_id is not null)),
    constraint price_requests_others_check check (decided_by <> asked_by)
);
create index price_requests_seller_id_asked_at_idx on price_requests (seller_id, asked_at);

-- The smallest order of a product, all its variants together.
create table product_minimums (
    seller_id uuid not null,
    product_id uuid not null,
    minimum_quantity bigint not null,
    constraint product_minimums_pkey primary key (seller_id, product_id),
    constraint product_minimums_seller_id_fkey foreign key (seller_id) references organizations (id),
    constraint product_minimums_product_id_fkey foreign key (product_id) references products (id),
    constraint product_minimums_minimum_quantity_check check (minimum_quantity > 0)
);
create index product_minimums_product_id_idx on product_minimums (product_id);

insert into state_moves (machine, from_state, to_state) values
    ('price_request', 'waiting', 'approved'), ('price_request', 'waiting', 'rejected');
