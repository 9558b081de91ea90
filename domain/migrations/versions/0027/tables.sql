-- Places down to bins. What was a place before is a warehouse.
alter table locations add column kind text not null default 'warehouse', add column parent_id uuid,
    add column warehouse_id uuid, add column code text;
alter table locations
    add constraint locations_kind_check check (kind in ('warehouse', 'store', 'zone', 'bin', 'transit', 'aside')),
    add constraint locations_parent_check check ((kind in ('zone', 'bin')) = (parent_id is not null)),
    add constraint locations_warehouse_check check ((parent_id is null) = (warehouse_id is null)),
    add constraint locations_parent_id_org_id_fkey foreign key (parent_id, org_id) references locations (id, org_id),
    add constraint locations_warehouse_id_org_id_fkey foreign key (warehouse_id, org_id) references locations (id, org_id),
    drop constraint locations_org_id_name_key,
    add constraint locations_org_id_parent_id_kind_name_key unique nulls not distinct (org_id, parent_id, kind, name);
create unique index locations_one_of_a_kind_idx on locations (org_id, kind) where kind in ('transit', 'aside');
create index locations_warehouse_id_idx on locations (warehouse_id) where warehouse_id is not null;
create index locations_parent_id_idx on locations (parent_id) where parent_id is not null;

alter table lots add column made_on date, add column state text not null default 'available',
    add column state_reason text, add column state_changed_at timestamptz;
alter table lots
    add constraint lots_state_check check (state in ('available', 'on_hold', 'recalled')),
    add constraint lots_made_on_check check (made_on <= expires_on);
create index lots_org_id_expires_on_idx on lots (org_id, expires_on) where expires_on is not null;

alter table stock_balances add column is_for_sale boolean not null default true;

alter table stock_movements add column note text, add column unit_cost numeric(19, 6), add column currency text;
alter table stock_movements
    drop constraint stock_movements_kind_check,
    add constraint stock_movements_kind_check check (kind in ('received', 'counted', 'shipped', 'sold', 'moved', 'disposed', 'returned')),
    add constraint stock_movements_cost_check
        check (unit_cost is null or (unit_cost >= 0 and currency is not null and quantity > 0));
create index stock_movements_lot_id_id_idx on stock_movements (lot_id, id);

CREATE TABLE stock_holds (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    made_by UUID,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT stock_holds_pkey PRIMARY KEY (id),
    CONSTRAINT stock_holds_state_check CHECK (state in ('held', 'released')),
    CONSTRAINT stock_holds_quantity_check CHECK (quantity > 0),
    CONSTRAINT stock_holds_ended_check CHECK ((state = 'released') = (ended_at is not null)),
    CONSTRAINT stock_holds_id_org_id_key UNIQUE (id, org_id),
    CONSTRAINT stock_holds_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id),
    CONSTRAINT stock_holds_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES product_variants (id)
);
CREATE INDEX stock_holds_expires_at_idx ON stock_holds (expires_at) WHERE state = 'held' and expires_at is not null;
CREATE INDEX stock_holds_org_id_state_idx ON stock_holds (org_id, state);

CREATE TABLE stock_allocations (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    holder_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    used BIGINT DEFAULT 0 NOT NULL,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by UUID,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT stock_allocations_pkey PRIMARY KEY (id),
    CONSTRAINT stock_allocations_state_check CHECK (state in ('active', 'ended')),
    CONSTRAINT stock_allocations_quantity_check CHECK (quantity > 0 and used between 0 and quantity),
    CONSTRAINT stock_allocations_holder_check CHECK (org_id <> holder_id),
    CONSTRAINT stock_allocations_ended_check CHECK ((state = 'ended') = (ended_at is not null)),
    CONSTRAINT stock_allocations_id_org_id_key UNIQUE (id, org_id),
    CONSTRAINT stock_allocations_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id),
    CONSTRAINT stock_allocations_variant_id_fkey FOREIGN KEY(variant_id) REFERENCES product_variants (id),
    CONSTRAINT stock_allocations_holder_id_fkey FOREIGN KEY(holder_id) REFERENCES organizations (id)
);
CREATE INDEX stock_allocations_ends_at_idx ON stock_allocations (ends_at) WHERE state = 'active';
CREATE INDEX stock_allocations_holder_id_idx ON stock_allocations (holder_id) WHERE state = 'active';
CREATE UNIQUE INDEX stock_allocations_one_active_idx ON stock_allocations (org_id, variant_id, holder_id) WHERE state = 'active';

CREATE TABLE stock_draws (
    allocation_id UUID NOT NULL,
    line_id UUID NOT NULL,
    org_id UUID NOT NULL,
    order_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    CONSTRAINT stock_draws_pkey PRIMARY KEY (allocation_id, line_id),
    CONSTRAINT stock_draws_quantity_check CHECK (quantity >= 0),
    CONSTRAINT stock_draws_allocation_id_org_id_fkey FOREIGN KEY(allocation_id, org_id) REFERENCES stock_allocations (id, org_id)
);
CREATE INDEX stock_draws_order_id_idx ON stock_draws (order_id);

CREATE TABLE stock_layers (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    org_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    location_id UUID NOT NULL,
    lot_id UUID NOT NULL,
    movement_id BIGINT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    unit_cost NUMERIC(19, 6),
    currency TEXT,
    is_estimated BOOLEAN DEFAULT false NOT NULL,
    quantity BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    CONSTRAINT stock_layers_pkey PRIMARY KEY (id),
    CONSTRAINT stock_layers_remaining_check CHECK (quantity > 0 and remaining between 0 and quantity),
    CONSTRAINT stock_layers_cost_check CHECK (unit_cost >= 0 and (unit_cost is null) = (currency is null)),
    CONSTRAINT stock_layers_id_org_id_key UNIQUE (id, org_id),
    CONSTRAINT stock_layers_lot_id_org_id_variant_id_fkey FOREIGN KEY(lot_id, org_id, variant_id) REFERENCES lots (id, org_id, variant_id),
    CONSTRAINT stock_layers_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX stock_layers_left_idx ON stock_layers (variant_id, location_id, lot_id, received_at, id) WHERE remaining > 0;
CREATE INDEX stock_layers_movement_id_idx ON stock_layers (movement_id);
CREATE INDEX stock_layers_org_id_variant_id_received_at_idx ON stock_layers (org_id, variant_id, received_at);

CREATE TABLE stock_layer_uses (
    layer_id BIGINT NOT NULL,
    movement_id BIGINT NOT NULL,
    org_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT stock_layer_uses_pkey PRIMARY KEY (layer_id, movement_id),
    CONSTRAINT stock_layer_uses_quantity_check CHECK (quantity > 0),
    CONSTRAINT stock_layer_uses_layer_id_org_id_fkey FOREIGN KEY(layer_id, org_id) REFERENCES stock_layers (id, org_id)
);
CREATE INDEX stock_layer_uses_movement_id_idx ON stock_layer_uses (movement_id);
CREATE INDEX stock_layer_uses_org_id_used_at_idx ON stock_layer_uses (org_id, used_at);

CREATE TABLE stock_serials (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    lot_id UUID NOT NULL,
    serial TEXT NOT NULL,
    state TEXT NOT NULL,
    location_id UUID,
    order_id UUID,
    shipment_id UUID,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    left_at TIMESTAMP WITH TIME ZONE,
    transfer_line_id UUID,
    CONSTRAINT stock_serials_pkey PRIMARY KEY (id),
    CONSTRAINT stock_serials_state_check CHECK (state in ('in_stock', 'shipped', 'gone')),
    CONSTRAINT stock_serials_place_check CHECK ((state = 'in_stock') = (location_id is not null)),
    CONSTRAINT stock_serials_shipment_check CHECK ((state = 'shipped') = (shipment_id is not null)),
    CONSTRAINT stock_serials_org_id_variant_id_serial_key UNIQUE (org_id, variant_id, serial),
    CONSTRAINT stock_serials_lot_id_org_id_variant_id_fkey FOREIGN KEY(lot_id, org_id, variant_id) REFERENCES lots (id, org_id, variant_id),
    CONSTRAINT stock_serials_location_id_org_id_fkey FOREIGN KEY(location_id, org_id) REFERENCES locations (id, org_id),
    CONSTRAINT stock_serials_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX stock_serials_shipment_id_idx ON stock_serials (shipment_id) WHERE shipment_id is not null;
CREATE INDEX stock_serials_variant_id_location_id_lot_id_idx ON stock_serials (variant_id, location_id, lot_id) WHERE state = 'in_stock';

CREATE TABLE stock_life_terms (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    buyer_id UUID,
    least_percent BIGINT NOT NULL,
    set_by UUID,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT stock_life_terms_pkey PRIMARY KEY (id),
    CONSTRAINT stock_life_terms_least_percent_check CHECK (least_percent between 0 and 100),
    CONSTRAINT stock_life_terms_org_id_buyer_id_key UNIQUE NULLS NOT DISTINCT (org_id, buyer_id),
    CONSTRAINT stock_life_terms_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id),
    CONSTRAINT stock_life_terms_buyer_id_fkey FOREIGN KEY(buyer_id) REFERENCES organizations (id)
);

CREATE TABLE stock_transfers (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    from_location_id UUID NOT NULL,
    to_location_id UUID NOT NULL,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    made_by UUID,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_by UUID,
    sent_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT stock_transfers_pkey PRIMARY KEY (id),
    CONSTRAINT stock_transfers_state_check CHECK (state in ('draft', 'sent', 'received', 'cancelled')),
    CONSTRAINT stock_transfers_places_check CHECK (from_location_id <> to_location_id),
    CONSTRAINT stock_transfers_id_org_id_key UNIQUE (id, org_id),
    CONSTRAINT stock_transfers_from_location_id_org_id_fkey FOREIGN KEY(from_location_id, org_id) REFERENCES locations (id, org_id),
    CONSTRAINT stock_transfers_to_location_id_org_id_fkey FOREIGN KEY(to_location_id, org_id) REFERENCES locations (id, org_id),
    CONSTRAINT stock_transfers_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX stock_transfers_org_id_state_idx ON stock_transfers (org_id, state);

CREATE TABLE stock_transfer_lines (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    transfer_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    lot_id UUID NOT NULL,
    from_location_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    received BIGINT DEFAULT 0 NOT NULL,
    rejected BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT stock_transfer_lines_pkey PRIMARY KEY (id),
    CONSTRAINT stock_transfer_lines_quantity_check CHECK (quantity > 0 and received >= 0 and rejected >= 0),
    CONSTRAINT stock_transfer_lines_arrived_check CHECK (received + rejected <= quantity),
    CONSTRAINT stock_transfer_lines_id_org_id_key UNIQUE (id, org_id),
    CONSTRAINT stock_transfer_lines_transfer_id_variant_id_lot_id_from_8c13 UNIQUE (transfer_id, variant_id, lot_id, from_location_id),
    CONSTRAINT stock_transfer_lines_transfer_id_org_id_fkey FOREIGN KEY(transfer_id, org_id) REFERENCES stock_transfers (id, org_id),
    CONSTRAINT stock_transfer_lines_lot_id_org_id_variant_id_fkey FOREIGN KEY(lot_id, org_id, variant_id) REFERENCES lots (id, org_id, variant_id),
    CONSTRAINT stock_transfer_lines_from_location_id_org_id_fkey FOREIGN KEY(from_location_id, org_id) REFERENCES locations (id, org_id)
);

ALTER TABLE stock_serials ADD CONSTRAINT stock_serials_transfer_line_id_org_id_fkey
    FOREIGN KEY (transfer_line_id, org_id) REFERENCES stock_transfer_lines (id, org_id);
CREATE INDEX stock_serials_transfer_line_id_idx ON stock_serials (transfer_line_id) WHERE transfer_line_id is not null;

CREATE TABLE stock_discrepancies (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    line_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    state TEXT NOT NULL,
    what TEXT NOT NULL,
    opened_by UUID,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT,
    ended_by UUID,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT stock_discrepancies_pkey PRIMARY KEY (id),
    CONSTRAINT stock_discrepancies_state_check CHECK (state in ('open', 'found', 'written_off', 'sent_back')),
    CONSTRAINT stock_discrepancies_quantity_check CHECK (quantity > 0),
    CONSTRAINT stock_discrepancies_ended_check CHECK ((state = 'open') = (ended_at is null)),
    CONSTRAINT stock_discrepancies_line_id_org_id_fkey FOREIGN KEY(line_id, org_id) REFERENCES stock_transfer_lines (id, org_id),
    CONSTRAINT stock_discrepancies_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX stock_discrepancies_line_id_idx ON stock_discrepancies (line_id);
CREATE INDEX stock_discrepancies_org_id_state_idx ON stock_discrepancies (org_id, state);

CREATE TABLE stock_counts (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    location_id UUID NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    made_by UUID,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT stock_counts_pkey PRIMARY KEY (id),
    CONSTRAINT stock_counts_state_check CHECK (state in ('open', 'in_review', 'closed', 'cancelled')),
    CONSTRAINT stock_counts_ended_check CHECK ((state in ('closed', 'cancelled')) = (ended_at is not null)),
    CONSTRAINT stock_counts_id_org_id_key UNIQUE (id, org_id),
    CONSTRAINT stock_counts_location_id_org_id_fkey FOREIGN KEY(location_id, org_id) REFERENCES locations (id, org_id),
    CONSTRAINT stock_counts_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (id)
);
CREATE INDEX stock_counts_org_id_state_idx ON stock_counts (org_id, state);

CREATE TABLE stock_count_lines (
    id UUID NOT NULL,
    org_id UUID NOT NULL,
    count_id UUID NOT NULL,
    variant_id UUID NOT NULL,
    location_id UUID NOT NULL,
    lot_id UUID NOT NULL,
    state TEXT NOT NULL,
    counted BIGINT,
    expected BIGINT,
    movement_id BIGINT,
    counted_by UUID,
    counted_at TIMESTAMP WITH TIME ZONE,
    tries BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT stock_count_lines_pkey PRIMARY KEY (id),
    CONSTRAINT stock_count_lines_state_check CHECK (state in ('open', 'counted', 'posted')),
    CONSTRAINT stock_count_lines_counted_check CHECK (counted >= 0),
    CONSTRAINT stock_count_lines_open_check CHECK ((state = 'open') = (counted is null)),
    CONSTRAINT stock_count_lines_expected_check CHECK ((counted is null) = (expected is null)),
    CONSTRAINT stock_count_lines_count_id_variant_id_location_id_lot_id_key UNIQUE (count_id, variant_id, location_id, lot_id),
    CONSTRAINT stock_count_lines_count_id_org_id_fkey FOREIGN KEY(count_id, org_id) REFERENCES stock_counts (id, org_id),
    CONSTRAINT stock_count_lines_lot_id_org_id_variant_id_fkey FOREIGN KEY(lot_id, org_id, variant_id) REFERENCES lots (id, org_id, variant_id),
    CONSTRAINT stock_count_lines_location_id_org_id_fkey FOREIGN KEY(location_id, org_id) REFERENCES locations (id, org_id)
);
CREATE INDEX stock_count_lines_org_id_variant_id_counted_at_idx ON stock_count_lines (org_id, variant_id, counted_at);

alter table stock_reservations add column hold_id uuid;
alter table stock_reservations
    alter column buyer_id drop not null, alter column order_id drop not null, alter column line_id drop not null,
    add constraint stock_reservations_cause_check
        check ((order_id is null) = (hold_id is not null) and (order_id is null) = (line_id is null)),
    add constraint stock_reservations_hold_id_org_id_fkey foreign key (hold_id, org_id) references stock_holds (id, org_id);
create index stock_reservations_hold_id_idx on stock_reservations (hold_id) where hold_id is not null;

-- A lot with a date of expiry was made, for all that is known, on the day on which it first came in.
update lots t set made_on = least(m.first_on, t.expires_on)
from (select lot_id, min((recorded_at at time zone 'UTC')::date) as first_on from stock_movements
      where quantity > 0 group by lot_id) m
where m.lot_id = t.id and t.expires_on is not null;

-- What lies here now is the first layer of each lot in each place. What it cost nobody has written down.
insert into stock_layers (org_id, variant_id, location_id, lot_id, movement_id, received_at, recorded_at, is_estimated,
                          quantity, remaining)
select b.org_id, b.variant_id, b.location_id, b.lot_id, m.last_id, m.first_at, m.last_at, false, b.on_hand, b.on_hand
from stock_balances b
join (select variant_id, location_id, lot_id, max(id) as last_id, min(recorded_at) filter (where quantity > 0) as first_at,
             max(recorded_at) as last_at
      from stock_movements group by 1, 2, 3) m using (variant_id, location_id, lot_id)
where b.on_hand > 0
order by m.first_at, b.variant_id, b.location_id, b.lot_id;

insert into state_moves (machine, from_state, to_state) values
    ('lot', 'available', 'on_hold'), ('lot', 'available', 'recalled'), ('lot', 'on_hold', 'available'),
    ('lot', 'on_hold', 'recalled'), ('lot', 'recalled', 'on_hold'),
    ('stock_transfer', 'draft', 'sent'), ('stock_transfer', 'draft', 'cancelled'), ('stock_transfer', 'sent', 'received'),
    ('stock_discrepancy', 'open', 'found'), ('stock_discrepancy', 'open', 'written_off'),
    ('stock_discrepancy', 'open', 'sent_back'),
    ('stock_count', 'open', 'in_review'), ('stock_count', 'open', 'closed'), ('stock_count', 'open', 'cancelled'),
    ('stock_count', 'in_review', 'open'), ('stock_count', 'in_review', 'closed'),
    ('stock_count', 'in_review', 'cancelled');
