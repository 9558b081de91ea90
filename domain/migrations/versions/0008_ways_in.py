"""Confirmed addresses and phones, links by e-mail, sign-on at other providers."""

from alembic import op

from domain.migrations import fences

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
    alter table people
        add column email_confirmed_at timestamp with time zone,
        add column phone text,
        add column phone_confirmed_at timestamp with time zone,
        add constraint people_phone_check check (phone ~ '^\\+[1-9][0-9]{6,14}$'),
        add constraint people_phone_confirmed_at_check check (phone_confirmed_at is null or phone is not null);
    -- Whoever could sign in so far was added by the platform, which knew the address.
    update people set email_confirmed_at = created_at;

    -- Who comes in by the sign-on of a company acts for that company alone.
    alter table sign_in_sessions drop constraint sign_in_sessions_method_check,
        add constraint sign_in_sessions_method_check check (method in ('password', 'sign_on', 'company', 'link'));
    alter table half_sign_ins drop constraint half_sign_ins_method_check,
        add constraint half_sign_ins_method_check check (method in ('password', 'sign_on', 'company', 'link'));

    create table links (
        id uuid not null,
        purpose text not null,
        person_id uuid,
        org_id uuid,
        facts jsonb not null,
        created_at timestamp with time zone not null,
        expires_at timestamp with time zone not null,
        used_at timestamp with time zone,
        constraint links_pkey primary key (id),
        constraint links_purpose_check check (purpose in ('password_reset', 'email_confirmation', 'email_change_old',
            'email_change_new', 'invitation', 'registration', 'sign_on', 'domain_confirmation')),
        constraint links_life_check check (expires_at > created_at),
        constraint links_person_id_fkey foreign key (person_id) references people (id),
        constraint links_org_id_fkey foreign key (org_id) references organizations (id)
    );
    create index links_person_id_idx on links (person_id);
    create index links_org_id_idx on links (org_id);

    create index links_sign_on_idx on links (expires_at) where purpose = 'sign_on';

    create table email_changes (
        id uuid not null,
        person_id uuid not null,
        old_email text not null,
        new_email text not null,
        state text not null,
        asked_at timestamp with time zone not null,
        expires_at timestamp with time zone not null,
        old_confirmed_at timestamp with time zone,
        new_confirmed_at timestamp with time zone,
        constraint email_changes_pkey primary key (id),
        constraint email_changes_state_check check (state in ('waiting', 'done', 'cancelled')),
        constraint email_changes_new_email_check check (new_email = lower(new_email) and new_email <> old_email),
        constraint email_changes_both_check check (
            state <> 'done' or (old_confirmed_at is not null and new_confirmed_at is not null)),
        constraint email_changes_person_id_fkey foreign key (person_id) references people (id)
    );
    create unique index email_changes_waiting_idx on email_changes (person_id) where state = 'waiting';

    create table phone_codes (
        id uuid not null,
        person_id uuid not null,
        phone text not null,
        created_at timestamp with time zone not null,
        expires_at timestamp with time zone not null,
        wrong_tries bigint not null,
        last_wrong_at timestamp with time zone,
        used_at timestamp with time zone,
        constraint phone_codes_pkey primary key (id),
        constraint phone_codes_phone_check check (phone ~ '^\\+[1-9][0-9]{6,14}$'),
        constraint phone_codes_wrong_tries_check check (wrong_tries between 0 and 3),
        constraint phone_codes_person_id_fkey foreign key (person_id) references people (id)
    );
    create index phone_codes_person_id_created_at_idx on phone_codes (person_id, created_at);

    create table person_identities (
        id uuid not null,
        person_id uuid not null,
        provider text not null,
        subject text not null,
        joined_at timestamp with time zone not null,
        last_used_at timestamp with time zone not null,
        constraint person_identities_pkey primary key (id),
        constraint person_identities_provider_subject_key unique (provider, subject),
        constraint person_identities_person_id_provider_key unique (person_id, provider),
        constraint person_identities_person_id_fkey foreign key (person_id) references people (id)
    );

    create table identity_providers (
        id uuid not null,
        org_id uuid not null,
        email_domain text not null,
        issuer text not null,
        client_id text not null,
        sealed_secret bytea,
        state text not null,
        created_at timestamp with time zone not null,
        domain_confirmed_at timestamp with time zone,
        constraint identity_providers_pkey primary key (id),
        constraint identity_providers_state_check check (state in ('waiting', 'active', 'closed')),
        constraint identity_providers_email_domain_check check (email_domain = lower(email_domain)),
        constraint identity_providers_confirmed_check check (state <> 'active' or domain_confirmed_at is not null),
        constraint identity_providers_org_id_fkey foreign key (org_id) references organizations (id)
    );
    -- A company signs on at one place, and so does a domain.
    create unique index identity_providers_org_id_idx on identity_providers (org_id) where state <> 'closed';
    create unique index identity_providers_email_domain_idx on identity_providers (email_domain)
        where state = 'active';

    insert into state_moves (machine, from_state, to_state) values
        ('email_change', 'waiting', 'done'),
        ('email_change', 'waiting', 'cancelled'),
        ('identity_provider', 'waiting', 'active'),
        ('identity_provider', 'waiting', 'closed'),
        ('identity_provider', 'active', 'closed');
"""


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute(TABLES)
    mine = f"person_id = (select app_user()) or {fences.STAFF}"
    keep = "select, insert, update"
    # A link is its person's or its organisation's; the others come without a session, and the system opens theirs.
    ours = f"org_id = {fences.ME} or {mine}"
    fences.own("links", reads=ours, writes=ours, may=f"{keep}, delete")
    fences.own("email_changes", reads=mine, writes=mine, may=keep)
    fences.own("phone_codes", reads=mine, writes=mine, may=keep)
    fences.own("person_identities", reads=mine, writes=mine, may=f"{keep}, delete")
    fences.private("identity_providers")
