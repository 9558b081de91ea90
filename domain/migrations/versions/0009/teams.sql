-- What an organisation says of itself when it registers; business verification checks it.
alter table organizations add column legal_name text;
alter table organizations add column registration_number text;
alter table organizations add column tax_number text;

-- How goods are delivered to a place; checkout copies it into the order.
alter table sites add column dock_hours text;
alter table sites add column preferred_carrier text;
alter table sites add column delivery_notes text;

create table registrations (
    id uuid not null,
    email text not null,
    name text not null,
    kind text not null,
    password_hash text,
    step text not null,
    business jsonb not null,
    terms_version text,
    terms_accepted_at timestamp with time zone,
    email_confirmed_at timestamp with time zone,
    started_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    finished_at timestamp with time zone,
    org_id uuid,
    person_id uuid,
    constraint registrations_pkey primary key (id),
    constraint registrations_email_lower_check check (email = lower(email)),
    constraint registrations_kind_check check (kind in ('manufacturer', 'retailer', 'distributor')),
    constraint registrations_step_check check (step in ('business', 'terms', 'finish', 'done')),
    constraint registrations_done_check check ((step = 'done') = (finished_at is not null)
        and (finished_at is null) = (org_id is null) and (org_id is null) = (person_id is null)
        and (step = 'done') = (password_hash is null)),
    constraint registrations_terms_check check ((terms_version is null) = (terms_accepted_at is null)),
    constraint registrations_org_id_fkey foreign key (org_id) references organizations (id),
    constraint registrations_person_id_fkey foreign key (person_id) references people (id)
);
create index registrations_email_idx on registrations (email);
create index registrations_started_at_idx on registrations (started_at);

create table invitations (
    id uuid not null,
    org_id uuid not null,
    email text not null,
    variant text not null,
    invited_by uuid,
    state text not null,
    link_id uuid,
    sent_at timestamp with time zone not null,
    expires_at timestamp with time zone not null,
    created_at timestamp with time zone not null,
    answered_at timestamp with time zone,
    person_id uuid,
    constraint invitations_pkey primary key (id),
    constraint invitations_email_lower_check check (email = lower(email)),
    constraint invitations_variant_check check (variant in ('factory_owner', 'factory_manager', 'sales_representative',
        'production_manager', 'business_owner', 'store_manager', 'purchasing_agent', 'distributor_owner',
        'regional_manager', 'warehouse_manager', 'sales_manager', 'super_admin', 'operations', 'compliance', 'support',
        'finance', 'analytics')),
    constraint invitations_state_check check (state in ('open', 'accepted', 'revoked')),
    constraint invitations_answered_check check ((state = 'accepted') = (person_id is not null)
        and (state = 'open') = (answered_at is null)),
    constraint invitations_org_id_fkey foreign key (org_id) references organizations (id),
    constraint invitations_invited_by_fkey foreign key (invited_by) references people (id),
    constraint invitations_person_id_fkey foreign key (person_id) references people (id)
);
-- An address is invited once at a time; the index is also what two owners who invite at once meet.
create unique index invitations_open_key on invitations (org_id, email) where state = 'open';

create table terms_acceptances (
    id uuid not null,
    org_id uuid not null,
    person_id uuid not null,
    version text not null,
    text_sha256 text not null,
    accepted_at timestamp with time zone not null,
    constraint terms_acceptances_pkey primary key (id),
    constraint terms_acceptances_org_id_version_key unique (org_id, version),
    constraint terms_acceptances_org_id_fkey foreign key (org_id) references organizations (id),
    constraint terms_acceptances_person_id_fkey foreign key (person_id) references people (id)
);

alter table memberships add column removed_at timestamp with time zone;
alter table memberships add column handed_to uuid references people (id);
alter table memberships add constraint memberships_removed_check check ((state = 'removed') = (removed_at is not null)) not valid;
update memberships set removed_at = created_at where state = 'removed';
alter table memberships validate constraint memberships_removed_check;
