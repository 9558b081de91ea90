"""The audit trail for its readers, configuration by whom, territories."""

from pathlib import Path

from alembic import op

from domain.migrations import fences

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

HERE = Path(__file__).with_name("0012")


def script(name: str) -> None:
    op.get_bind().connection.driver_connection.execute((HERE / f"{name}.sql").read_text())


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    audit()
    territories()


def audit() -> None:
    """Whom an event is about as a column, and a table beside the sealed log for what can be erased."""
    # Derived from columns that are under the seal; the digest of an event names its columns, so no hash changes.
    op.execute(
        "alter table events add column concerns_org_id uuid generated always as (case when subject = 'organization'"
        " then subject_id else (facts ->> 'for_org_id')::uuid end) stored"
    )
    for column in ("concerns_org_id", "buyer_id", "seller_id"):
        op.execute(f"create index events_{column}_id_idx on events ({column}, id) where {column} is not null")
    app = fences.role_name(fences.Role.APP)
    concerned = f"concerns_org_id = {fences.ME}"
    op.execute(f'create policy app_select_concerned on events for select to "{app}" using ({concerned})')
    # What is about a person alone (a password that was reset) is for the owners of the teams the person is in.
    mine = f"m.org_id = {fences.ME} and m.person_id = subject_id and m.state = 'active'"
    about = "subject = 'person' and org_id is null and concerns_org_id is null"
    about += f" and exists (select 1 from memberships m where {mine})"
    op.execute(f'create policy app_select_of_people on events for select to "{app}" using ({about})')
    op.execute(
        """
        create table event_personal (
            event_id bigint not null,
            org_id uuid,
            person_id uuid,
            before jsonb,
            after jsonb,
            erased_at timestamp with time zone,
            constraint event_personal_pkey primary key (event_id),
            constraint event_personal_event_id_fkey foreign key (event_id) references events (id)
        )
        """
    )
    op.execute("create index event_personal_person_id_idx on event_personal (person_id)")
    # Only finish_work adds, for the organisation that acts (staff and jobs: for any); only an erasure changes.
    fences.own(
        "event_personal",
        reads=f"org_id = {fences.ME} or person_id = (select app_user()) or {fences.STAFF}",
        writes=f"org_id is not distinct from {fences.ME} or {fences.STAFF}",
        may="select, insert",
    )
    # Each sealed event keeps what was hashed of it, so that a check can name the row that was changed.
    op.execute("alter table audit_sealed_events add column digest bytea")
    op.execute("update audit_sealed_events s set digest = event_digest(e) from events e where e.id = s.event_id")
    op.execute("alter table audit_sealed_events alter column digest set not null")
    # Who may read an event may know that it is sealed.
    seen = "exists (select 1 from events e where e.id = event_id)"
    op.execute(f'create policy app_select_own on audit_sealed_events for select to "{app}" using ({seen})')
    script("audit")
    fences.allow("erase_personal(uuid, timestamptz)")


def territories() -> None:
    """Which part of the market is whose: everybody signed in may look it up, the platform's staff decide."""
    script("territories")
    add = "select, insert"
    fences.published("regions", may=f"{add}, update")
    for table, ends in (("region_areas", "valid_to"), ("territory_assignments", "valid_to, ended_by, ended_at")):
        fences.published(table, may=f"{add}, update")
        # A row is ended, never rewritten, so that every day of the past can be asked again.
        app = fences.role_name(fences.Role.APP)
        op.execute(f'revoke update on {table} from "{app}"')
        op.execute(f'grant update ({ends}) on {table} to "{app}"')
    fences.allow("region_of(text, text, date)")
