"""Importing the past: files of orders that were made elsewhere become trade, in the tables of live trade.

`import_history` takes the folder of five files from the command line; `bring_past` takes what a company uploads
itself, that folder or one flat file with a layout (`history_flat`, guessed by `history_guess`). Files are read as a
stream into temporary tables, each row with its line number (`history_files`), and checked there by the set
(`history_sql`). Either all of it is written, in one transaction, or nothing and a list of what is wrong where.
Imported rows say so (`origin`), no money or stock moves, and nobody can sign in for the organisations.
Lines beyond 1,000,000,000,000 in value, prices beyond a thousandth of that and dates outside of 1900 to 2100 are
taken for mistakes.

Announces `HistoryImported`. Refuses a name that stands for another content, and whatever is wrong.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from domain import catalog, identity, ledger
from domain.identity import OrgKind, Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import Event
from domain.kernel.work import Work
from domain.orders import history_sql as sql
from domain.orders.history_files import SHEETS, Folder, Found, ImportProgress, Source
from domain.orders.history_flat import MOST_LINES, FlatFile, Layout

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
SHOWN_TO_A_COMPANY = 10_000  # problems of its file, which it gets as a file to mend its own
LARGEST_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class HistoryImported(Event):
    subject = "history"

    name: str
    orders: int
    lines: int
    returns: int


class HistoryNameTaken(Conflict):
    """The name stands for an import with other contents."""


class PastUnderWay(Conflict):
    """The company is bringing in another file right now."""


@dataclass(frozen=True, slots=True)
class ImportedHistory:
    """What an import brought; `is_new` is false when the same content was there before."""

    history_id: UUID
    name: str
    currency: str
    orders: int
    lines: int
    is_new: bool
    notes: tuple[str, ...] = ()
    report: "ImportReport | None" = None
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came in, or would: days and months in the history's zone, GMV placed in its currency."""

    first_on: date
    last_on: date
    gmv_by_month: tuple[tuple[date, Decimal], ...]
    returns: int
    new_suppliers: int
    new_buyers: int
    new_products: int
    matched_products: int


def import_history(
    work: Work,
    *,
    folder: Path,
    name: str,
    time_zone: str = "UTC",
    suppliers: Mapping[str, UUID] | None = None,
    buyers: Mapping[str, UUID] | None = None,
    progress: ImportProgress | None = None,
    dry_run: bool = False,
) -> ImportedHistory:
    """Import the folder under a name; times without a zone are read in `time_zone`.

    `suppliers` and `buyers` say which of the files' ids stand for organisations that exist: no new one is
    made for them, and a product that such a supplier sells under the same SKU becomes sales of that offer.
    A dry run does all of it and takes it back, so its report is what the import would bring and its
    `history_id` stands for nothing.

    The same content under the same name changes nothing. Raises `BadHistory` with every problem's file,
    line and column, `HistoryNameTaken`, or `Invalid` for a name, a zone or an organisation that cannot be
    used. Announces `HistoryImported`.
    """
    if not work.actor.is_system:
        raise NotFound
    known = {"manufacturer": dict(suppliers or {}), "retailer": dict(buyers or {})}
    wanted = _Wanted(Folder(folder), name, time_zone, known=known, progress=progress, dry_run=dry_run)
    return _bring(work, wanted, Found())


def bring_past(
    work: Work,
    *,
    path: Path,
    name: str,
    layout: Layout | None = None,
    time_zone: str | None = None,
    progress: ImportProgress | None = None,
    dry_run: bool = False,
) -> ImportedHistory:
    """Bring in the past sales of the actor's own company: a folder of the five files, or with a layout one file.

    The company is the seller of everything; the customers become organisations that only it and the platform's
    staff see, the same ones each time. Times without a zone are read in the company's. A dry run writes nothing.

    Fenced twice: only a company's own people with the right to it may, and row-level security lets them add
    nothing but imported orders of their own histories with customers of those histories (migration 0003); no
    system scope is taken. A name counts within the company alone.

    The same content is once, under whatever name. Raises as `import_history` and `PastUnderWay`, and refuses order
    numbers that came in before, files above 200 MB and more than a million lines. Announces `HistoryImported`.
    """
    work.actor.require(Permission.BRING_PAST)
    us = identity.my_organization(work)
    if us.kind not in (OrgKind.MANUFACTURER, OrgKind.DISTRIBUTOR):
        raise NotFound
    files = [path] if layout else list(path.glob("*.csv"))
    if sum(file.stat().st_size for file in files) > LARGEST_BYTES:
        raise Invalid("The files are larger than 200 MB. Please bring them in part by part, for example year by year.")
    # Two at once would not see each other's order numbers, and the same sales would count twice.
    if not work.session.execute(sql.ONE_AT_A_TIME, {"org_id": str(us.org_id)}).scalar():
        raise PastUnderWay("Your company is bringing in or checking another file right now. Please try again soon.")
    source = FlatFile(path, layout) if layout else Folder(path, most=MOST_LINES)
    zone = time_zone or us.time_zone
    wanted = _Wanted(source, name, zone, seller=us, progress=progress, dry_run=dry_run)
    return _bring(work, wanted, Found(limit=SHOWN_TO_A_COMPANY))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One import as it is asked for; with a `seller` it is the past of that company alone."""

    source: Source = field(kw_only=False)
    name: str = field(kw_only=False)
    time_zone: str = field(kw_only=False)
    known: Mapping[str, Mapping[str, UUID]] = field(default_factory=dict)
    seller: identity.OrganizationCard | None = None
    progress: ImportProgress | None = None
    dry_run: bool = False

    @property
    def org_id(self) -> UUID | None:
        return self.seller.org_id if self.seller else None

    @property
    def prefix(self) -> str:
        """How the numbers of its orders begin. No name holds an @, so no two companies can meet."""
        return f"H-{self.name}@{self.seller.org_id.hex[-12:]}" if self.seller else f"H-{self.name}"

    def tell(self, what: str, done: int, whole: int) -> None:
        if self.progress:
            self.progress(what, done, whole)

    def meaning(self) -> str:
        """What beside the files says what they mean; with nothing known it is the zone alone."""
        known = {kind: sorted((key, str(org)) for key, org in of.items()) for kind, of in self.known.items() if of}
        return self.time_zone + (json.dumps(known, sort_keys=True) if known else "")


def _bring(work: Work, wanted: _Wanted, found: Found) -> ImportedHistory:
    if not NAME.fullmatch(wanted.name):
        raise Invalid("The name of a history is made of letters, digits, dots, hyphens and underscores (60 at most).")
    zone = _zone(wanted.time_zone)
    content_hash = wanted.source.digest(wanted.meaning(), found)
    before = _before(work, wanted, content_hash)
    if before is not None:
        return before
    with work.session.begin_nested() as attempt:
        for statement in sql.PREPARE:
            work.session.execute(statement)
        wanted.source.stage(work, zone, found, wanted.tell)
        _know(work, wanted)
        _check(work, wanted, found)
        found.refuse(wanted.source.place)
        done = _store(work, wanted, content_hash)
        if wanted.dry_run:
            attempt.rollback()
            return done
    work.record(
        HistoryImported(
            subject_id=done.history_id,
            name=done.name,
            orders=done.orders,
            lines=done.lines,
            returns=done.report.returns if done.report else 0,
        )
    )
    return done


def _before(work: Work, wanted: _Wanted, content_hash: str) -> ImportedHistory | None:
    """The history that this one is already, if it is."""
    facts = {"name": wanted.name, "org_id": wanted.org_id, "content_hash": content_hash}
    same = work.session.execute(sql.BEFORE, facts).first()
    if same is None:
        return None
    if same.content_hash != content_hash:
        raise HistoryNameTaken(
            f"The name {wanted.name} already stands for a history with other contents; choose another name."
        )
    return ImportedHistory(
        same.id, same.name, same.currency, same.orders, same.lines, is_new=False, is_dry_run=wanted.dry_run
    )


def _know(work: Work, wanted: _Wanted) -> None:
    """Write down which suppliers and buyers of the files are organisations that exist."""
    for statement in sql.PARTIES:
        work.session.execute(statement)
    if wanted.seller:
        facts = {"org_id": wanted.seller.org_id, "name": wanted.seller.name}
        for statement in sql.OWN_PARTIES:
            work.session.execute(statement, facts)
    for kind, orgs in wanted.known.items():
        facts = {
            "kind": kind,
            "kinds": [kind, "distributor"],
            "external_ids": list(orgs),
            "org_ids": list(orgs.values()),
        }
        there = set(work.session.scalars(sql.KNOWN_PARTIES, facts)) if orgs else set()
        absent = sorted(set(orgs) - there)
        if absent:
            side = "supplier" if kind == "manufacturer" else "buyer"
            raise Invalid(f"There is no organisation that could be the {side} {absent[0]}.")
    stray = work.session.scalars(sql.UNKNOWN_PARTIES).first()
    if stray is not None:
        raise Invalid(f"{stray} is to stand for an organisation, but is not in the files.")


def _store(work: Work, wanted: _Wanted, content_hash: str) -> ImportedHistory:
    head = work.session.execute(sql.HEAD).one()
    if work.session.execute(sql.NUMBERS_TAKEN, {"prefix": wanted.prefix}).scalar():
        raise HistoryNameTaken(f"Orders numbered {wanted.prefix}-... exist already; choose another name.")
    history_id = identity.open_history(
        work,
        name=wanted.name,
        time_zone=wanted.time_zone,
        currency=head.currency,
        content_hash=content_hash,
        orders=head.orders,
        lines=head.lines,
        org_id=wanted.org_id,
    )
    facts = {"history_id": history_id, "prefix": wanted.prefix, "now": work.now}
    steps: list[tuple[str, Callable[[], object]]] = [
        ("organisations", lambda: identity.adopt_organizations(work, history_id=history_id)),
        ("products", lambda: catalog.adopt_products(work, history_id=history_id)),
        *((what, lambda query=query: work.session.execute(query, facts)) for what, query in sql.STORE),
        ("memo entries", lambda: ledger.post_memo(work, history_id=history_id)),
    ]
    for number, (what, step) in enumerate(steps, 1):
        wanted.tell(f"storing {what}", number - 1, len(steps))
        step()
    wanted.tell("stored", len(steps), len(steps))
    done = ImportedHistory(
        history_id,
        wanted.name,
        head.currency,
        head.orders,
        head.lines,
        is_new=True,
        notes=(*wanted.source.notes(work), *_left_out(head.empty)),
        report=_report(work, history_id, wanted.time_zone, head.returns),
        is_dry_run=wanted.dry_run,
    )
    for table in (*(sheet.table for sheet in SHEETS), *sql.TEMPORARY):
        work.session.execute(text(f"drop table if exists pg_temp.{table}"))  # noqa: S608 - our own names
    return done


def _report(work: Work, history_id: UUID, time_zone: str, returns: int) -> ImportReport:
    facts = {"history_id": history_id, "time_zone": time_zone}
    came = work.session.execute(sql.CAME_IN, facts).one()
    months = work.session.execute(sql.MONTHS, facts)
    return ImportReport(
        first_on=came.first_on,
        last_on=came.last_on,
        gmv_by_month=tuple((row.month, row.gmv) for row in months),
        returns=returns,
        new_suppliers=came.suppliers,
        new_buyers=came.buyers,
        new_products=came.products,
        matched_products=came.sold_already,
    )


def _left_out(empty_orders: int) -> tuple[str, ...]:
    noun = "order has no lines and was" if empty_orders == 1 else "orders have no lines and were"
    return (f"orders.csv: {empty_orders:,} {noun} left out.",) if empty_orders else ()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid(f"There is no time zone {name}; write it like Europe/London.") from None


def _check(work: Work, wanted: _Wanted, found: Found) -> None:
    """What only the whole shows: keys that stand twice or nowhere, signs, several currencies."""
    checks = (*sql.CHECKS, *(sql.COMPANY_CHECKS if wanted.seller else ()))
    for files, query in checks:
        if found.broken.isdisjoint(files):
            facts = {"shown": found.limit, "org_id": wanted.org_id, "now": work.now}
            found.add_rows(files[0], work.session.execute(query, facts).all())
    if "orders.csv" not in found.broken and not found.count and not work.session.execute(sql.ANY_LINE).scalar():
        found.add("orders.csv", 0, "", "there is no order with lines in it")
