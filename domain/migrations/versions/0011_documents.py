"""What is read from documents, and what a scanner said of them."""

from alembic import op

from domain.kernel.database import Role, role_name
from domain.migrations import fences

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local search_path = market, public")
    op.execute("""
        alter table files
            add column needs text[] not null default '{}',
            add column facts jsonb not null default '{}',
            add column scan_state text not null default 'not_scanned',
            add column scan_word text,
            add column scanned_at timestamp with time zone,
            add constraint files_scan_state_check
                check (scan_state in ('not_scanned', 'waiting', 'clean', 'harmful')),
            add constraint files_scanned_check check ((scan_state in ('clean', 'harmful')) = (scanned_at is not null)),
            add constraint files_public_needs_nothing_check check (not is_public or cardinality(needs) = 0)
    """)
    op.execute("create index files_sha256_idx on files (sha256)")
    op.execute("create index files_waiting_idx on files (stored_at) where scan_state = 'waiting'")
    op.execute("create index files_likeness_idx on files ((facts ->> 'likeness'))")
    # Owners add files; only the platform's jobs say what a scanner found.
    app = role_name(Role.APP)
    op.execute(f'grant update (scan_state, scan_word, scanned_at) on files to "{app}"')
    op.execute(
        f'create policy app_update on files for update to "{app}" using ({fences.STAFF}) with check ({fences.STAFF})'
    )
