"""Looking through a colleague's or a member's eyes, read-only; restorations that are proposed."""

from alembic import op

from domain.kernel.database import Role, role_name
from domain.migrations import fences

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.execute(
        """
        create table view_consents (
            id uuid not null,
            org_id uuid not null,
            person_id uuid not null,
            asked_by uuid,
            reason text not null,
            state text not null,
            asked_at timestamp with time zone not null,
            expires_at timestamp with time zone not null,
            answered_by uuid,
            answered_at timestamp with time zone,
            withdrawn_by uuid,
            withdrawn_at timestamp with time zone,
            constraint view_consents_pkey primary key (id),
            constraint view_consents_id_org_id_person_id_key unique (id, org_id, person_id),
            constraint view_consents_person_id_org_id_fkey
                foreign key (person_id, org_id) references memberships (person_id, org_id),
            constraint view_consents_asked_by_fkey foreign key (asked_by) references people (id),
            constraint view_consents_answered_by_fkey foreign key (answered_by) references people (id),
            constraint view_consents_withdrawn_by_fkey foreign key (withdrawn_by) references people (id),
            constraint view_consents_state_check check (state in ('asked', 'granted', 'refused', 'withdrawn')),
            constraint view_consents_life_check check (expires_at > asked_at),
            constraint view_consents_answered_check check ((state = 'asked') = (answered_at is null)),
            constraint view_consents_withdrawn_check check ((state = 'withdrawn') = (withdrawn_at is not null)),
            constraint view_consents_other_check check (answered_by <> asked_by)
        )
        """
    )
    op.execute("create index view_consents_org_id_asked_at_idx on view_consents (org_id, asked_at)")
    # The platform's processes ask; only the member's own organisation can say yes.
    app = role_name(Role.APP)
    fences.own(
        "view_consents", reads=f"org_id = {fences.ME} or {fences.STAFF}", writes=f"org_id = {fences.ME}",
        may="select, update",
    )  # fmt: skip
    op.execute(f'grant insert on view_consents to "{app}"')
    op.execute(
        f'create policy app_insert on view_consents for insert to "{app}" with check (org_id = {fences.ME}'
        f" or ({fences.STAFF} and state = 'asked' and asked_by is not null))"
    )
    op.execute(f'revoke update on view_consents from "{app}"')
    op.execute(
        "grant update (state, expires_at, answered_by, answered_at, withdrawn_by, withdrawn_at)"
        f' on view_consents to "{app}"'
    )
    op.execute(
        """
        create table viewings (
            id uuid not null,
            session_id uuid not null,
            viewer_id uuid not null,
            viewer_org_id uuid not null,
            person_id uuid not null,
            org_id uuid not null,
            consent_id uuid,
            started_at timestamp with time zone not null,
            expires_at timestamp with time zone not null,
            ended_at timestamp with time zone,
            ended_by text,
            constraint viewings_pkey primary key (id),
            constraint viewings_session_id_fkey foreign key (session_id) references sign_in_sessions (id),
            constraint viewings_viewer_id_viewer_org_id_fkey
                foreign key (viewer_id, viewer_org_id) references memberships (person_id, org_id),
            constraint viewings_person_id_org_id_fkey
                foreign key (person_id, org_id) references memberships (person_id, org_id),
            constraint viewings_consent_id_org_id_person_id_fkey
                foreign key (consent_id, org_id, person_id) references view_consents (id, org_id, person_id),
            constraint viewings_ended_by_check check (ended_by in ('viewer', 'time', 'consent', 'session', 'another')),
            constraint viewings_ended_check check ((ended_at is null) = (ended_by is null)),
            constraint viewings_life_check check (expires_at > started_at),
            constraint viewings_other_check check (viewer_id <> person_id),
            constraint viewings_consent_check check ((viewer_org_id = org_id) = (consent_id is null))
        )
        """
    )
    # One session looks through one pair of eyes at a time.
    op.execute("create unique index viewings_open_key on viewings (session_id) where ended_at is null")
    op.execute("create index viewings_org_id_started_at_idx on viewings (org_id, started_at)")
    op.execute("create index viewings_consent_id_idx on viewings (consent_id)")
    fences.private("viewings")
    op.execute(f'revoke update on viewings from "{app}"')
    op.execute(f'grant update (ended_at, ended_by) on viewings to "{app}"')
    op.execute(
        "insert into state_moves (machine, from_state, to_state) values"
        " ('view_consent', 'asked', 'granted'), ('view_consent', 'asked', 'refused'),"
        " ('view_consent', 'granted', 'withdrawn')"
    )
    # A restoration that support or compliance propose waits for somebody else, as a suspension does.
    op.execute(
        """
        alter table suspensions
            add column restore_proposed_by uuid,
            add column restore_proposed_at timestamp with time zone,
            add column restore_reason text,
            add constraint suspensions_restore_check
                check ((restore_proposed_at is null) = (restore_reason is null)
                       and (restore_proposed_at is null or state in ('active', 'lifted'))),
            add constraint suspensions_restored_by_check check (lifted_by <> restore_proposed_by)
        """
    )
    op.execute(
        "grant update (restore_proposed_by, restore_proposed_at, restore_reason)"
        f' on suspensions to "{app}"'
    )
