-- Up to which amount a member acts without asking the owner. No row: no limit.
create table membership_limits (
    person_id uuid not null,
    org_id uuid not null,
    amount numeric(19, 4) not null,
    currency text not null,
    set_by uuid,
    set_at timestamptz not null,
    constraint membership_limits_pkey primary key (person_id, org_id),
    constraint membership_limits_person_id_fkey foreign key (person_id, org_id) references memberships (person_id, org_id),
    constraint membership_limits_set_by_fkey foreign key (set_by) references people (id),
    constraint membership_limits_amount_check check (amount >= 0)
);

-- To which stores or customers a member is kept. No row of a kind: to none in particular.
create table membership_scopes (
    person_id uuid not null,
    org_id uuid not null,
    kind text not null,
    subject_id uuid not null,
    set_at timestamptz not null,
    constraint membership_scopes_pkey primary key (person_id, org_id, kind, subject_id),
    constraint membership_scopes_person_id_fkey foreign key (person_id, org_id) references memberships (person_id, org_id),
    constraint membership_scopes_kind_check check (kind in ('store', 'customer'))
);

create function my_scopes(p_kind text) returns uuid[] stable parallel safe language sql set search_path = market, pg_temp
    begin atomic
    select array_agg(subject_id) from membership_scopes
    where person_id = app_user() and org_id = app_org() and kind = p_kind;
end;

-- For which of the buyer's places a purchase was made: its address is a copy, the place is what a scope reads.
alter table purchases add column site_id uuid;
alter table purchases add constraint purchases_site_id_fkey foreign key (site_id, buyer_id) references sites (id, org_id);
alter table supplier_orders add column site_id uuid;
alter table supplier_orders
    add constraint supplier_orders_site_id_fkey foreign key (site_id, buyer_id) references sites (id, org_id);

-- Names of places are unique in an organisation; what has been renamed since stays without.
update supplier_orders o set site_id = s.id from sites s
where s.org_id = o.buyer_id and s.name = o.delivery_address ->> 'name' and o.origin = 'live';
update purchases p set site_id = o.site_id from supplier_orders o
where o.purchase_id = p.id and o.site_id is not null and p.origin = 'live';
