"""Row-level security in four kinds, said the same way by every migration.

*private*: one organisation's rows. *party*: rows that the parties of a trade share. *published*: rows that
everybody signed in may read. *platform*: rows of the platform's staff and jobs. Staff and jobs see
all; the warehouse's builder reads all. A table without a fence fails the architecture tests.
"""

from collections.abc import Sequence

from alembic import op

from domain.kernel.database import Role, role_name

STAFF = "(select is_staff())"
ME = "(select app_org())"


def private(table: str, *, owner: str = "org_id", may: str = "select, insert, update") -> None:
    """Rows belong to the organisation in `owner`."""
    _fence(table, may, reads=f"{owner} = {ME} or {STAFF}", writes=f"{owner} = {ME} or {STAFF}")


def party(
    table: str,
    *,
    parties: Sequence[str] = ("buyer_id", "seller_id"),
    adds: Sequence[str] | None = None,
    changes: Sequence[str] | None = None,
    columns: Sequence[str] = (),
    may: str = "select, insert, update",
) -> None:
    """Rows that every organisation in `parties` reads.

    `adds` and `changes` name who of them may insert and update (left out: all of them; empty: only staff),
    `columns` what an update may touch (left out: every column), so that nobody rewrites another's facts.
    """

    def whose(names: Sequence[str] | None) -> str:
        return " or ".join([*(f"{column} = {ME}" for column in (parties if names is None else names)), STAFF])

    _fence(table, may, reads=whose(parties), writes=whose(changes), inserts=whose(adds))
    if columns:
        op.execute(f'revoke update on {table} from "{role_name(Role.APP)}"')
        op.execute(f'grant update ({", ".join(columns)}) on {table} to "{role_name(Role.APP)}"')


def published(table: str, *, when: str = "true", owner: str | None = None, may: str = "select, insert, update") -> None:
    """Everybody signed in reads the rows for which `when` holds; `owner` (or staff) writes."""
    own = f"{owner} = {ME} or {STAFF}" if owner else STAFF
    signed_in = "(select app_scope()) <> 'nobody'"
    _fence(table, may, reads=f"({signed_in} and ({when})) or {own}", writes=own)


def platform(table: str, *, may: str = "select, insert, update") -> None:
    """Rows of the platform's staff and jobs."""
    _fence(table, may, reads=STAFF, writes=STAFF)


def own(table: str, *, reads: str, writes: str, may: str) -> None:
    """A fence of its own kind; the migration says why."""
    _fence(table, may, reads=reads, writes=writes)


def allow(function: str) -> None:
    """Let the application call a function; nobody else may."""
    op.execute(f"revoke all on function {function} from public")
    op.execute(f'grant execute on function {function} to "{role_name(Role.APP)}"')


def _fence(table: str, may: str, *, reads: str, writes: str, inserts: str | None = None) -> None:
    app, builder = role_name(Role.APP), role_name(Role.BUILDER)
    op.execute(f"alter table {table} enable row level security")
    op.execute(f'grant {may} on {table} to "{app}"')
    op.execute(f'grant select on {table} to "{builder}"')
    op.execute(f'create policy read_all on {table} for select to "{builder}" using (true)')
    for verb in may.split(", "):
        clause = {
            "select": f"using ({reads})",
            "insert": f"with check ({inserts or writes})",
            "update": f"using ({writes}) with check ({writes})",
            "delete": f"using ({writes})",
        }[verb]
        op.execute(f'create policy app_{verb} on {table} for {verb} to "{app}" {clause}')
