"""Page views and searches."""

from alembic import op

from domain.migrations import fences

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    # The person is no foreign key: after an erasure the id is one that stands nowhere else.
    op.execute(
        """
        create table activity (
            id uuid not null,
            occurred_at timestamp with time zone not null,
            org_id uuid not null,
            person_id uuid not null,
            kind text not null,
            screen text not null,
            facts jsonb not null,
            constraint activity_pkey primary key (id),
            constraint activity_kind_check check (kind in ('page_view', 'search')),
            constraint activity_org_id_fkey foreign key (org_id) references organizations (id)
        )
        """
    )
    # The rows arrive in the order of time, so a block range index costs next to nothing to keep.
    op.execute("create index activity_occurred_at_brin on activity using brin (occurred_at)")
    op.execute("create index activity_person_id_idx on activity (person_id)")
    # What somebody looked at is for the platform's staff alone; everybody may add what he did himself.
    fences.own(
        "activity",
        reads=fences.STAFF,
        writes=f"(org_id = {fences.ME} and person_id = (select app_user())) or {fences.STAFF}",
        may="select, insert",
    )
    # Only an erasure changes a row, and only whose it was and which words were searched for.
    app, staff = fences.role_name(fences.Role.APP), fences.STAFF
    op.execute(f'grant update (person_id, facts) on activity to "{app}"')
    op.execute(f'create policy app_update on activity for update to "{app}" using ({staff}) with check ({staff})')
