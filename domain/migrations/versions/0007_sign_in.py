"""Second factors, recovery codes and what a sign-in remembers."""

from alembic import op

from domain.kernel.database import Role, role_name
from domain.migrations import fences

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
    alter table sign_in_sessions
        add column method text not null default 'password',
        add column factor_shown_at timestamp with time zone,
        add constraint sign_in_sessions_method_check check (method in ('password', 'sign_on', 'link'));

    create table second_factors (
        person_id uuid not null,
        sealed_secret bytea not null,
        last_step bigint not null,
        created_at timestamp with time zone not null,
        confirmed_at timestamp with time zone,
        constraint second_factors_pkey primary key (person_id),
        constraint second_factors_person_id_fkey foreign key (person_id) references people (id)
    );

    create table recovery_codes (
        id uuid not null,
        person_id uuid not null,
        code_hash bytea not null,
        created_at timestamp with time zone not null,
        used_at timestamp with time zone,
        constraint recovery_codes_pkey primary key (id),
        constraint recovery_codes_person_id_code_hash_key unique (person_id, code_hash),
        constraint recovery_codes_person_id_fkey foreign key (person_id) references people (id)
    );

    create table factor_tries (
        id uuid not null,
        person_id uuid not null,
        bucket text not null,
        tried_at timestamp with time zone not null,
        constraint factor_tries_pkey primary key (id),
        constraint factor_tries_person_id_fkey foreign key (person_id) references people (id)
    );
    create index factor_tries_person_id_tried_at_idx on factor_tries (person_id, tried_at);

    create table half_sign_ins (
        id uuid not null,
        person_id uuid not null,
        org_id uuid not null,
        nonce_hash bytea not null,
        method text not null,
        user_agent text,
        created_at timestamp with time zone not null,
        expires_at timestamp with time zone not null,
        constraint half_sign_ins_pkey primary key (id),
        constraint half_sign_ins_nonce_hash_key unique (nonce_hash),
        constraint half_sign_ins_method_check check (method in ('password', 'sign_on', 'link')),
        constraint half_sign_ins_person_id_fkey foreign key (person_id) references people (id),
        constraint half_sign_ins_org_id_fkey foreign key (org_id) references organizations (id)
    );
    create index half_sign_ins_person_id_idx on half_sign_ins (person_id);

    -- A code that was shown counts never again, whatever the code above believes.
    create function second_factor_goes_on() returns trigger language plpgsql as $$
    begin
        if new.sealed_secret = old.sealed_secret and new.last_step < old.last_step then
            raise exception 'the step of a second factor cannot go back' using errcode = 'check_violation';
        end if;
        return new;
    end $$;
    create trigger goes_on before update on second_factors for each row execute function second_factor_goes_on();
"""


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.get_bind().connection.driver_connection.execute(TABLES)
    # People look after their own sign-in; nobody else of their organisation sees any of it.
    mine = f"person_id = (select app_user()) or {fences.STAFF}"
    for table in ("second_factors", "recovery_codes", "factor_tries", "half_sign_ins"):
        fences.own(table, reads=mine, writes=mine, may="select, insert, update, delete")
    app = role_name(Role.APP)
    op.execute(
        f'create policy own_select on sign_in_sessions for select to "{app}" using (person_id = (select app_user()))'
    )
    op.execute(
        f'create policy own_update on sign_in_sessions for update to "{app}" using (person_id = (select app_user()))'
        " with check (person_id = (select app_user()))"
    )
    # What happened to one's own sign-in stands in the log under no organisation, or under any of one's own.
    op.execute(
        f'create policy own_select on events for select to "{app}"'
        " using (subject in ('person', 'sign_in') and subject_id = (select app_user()))"
    )
