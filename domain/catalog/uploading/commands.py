"""A file of products and prices: checked as a whole, brought in by the worker, and taken back if it was a mistake.

checked -> waiting -> running -> done -> undone (or failed). The check writes nothing but its own findings. What is
brought in is what was checked: a row whose product somebody has changed meanwhile is rejected with that reason.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import islice, takewhile
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from domain import identity
from domain.catalog.prices import MANAGERS_SHARE, may_go_to, set_prices
from domain.catalog.uploading import checking_sql as checking
from domain.catalog.uploading import merging_sql as merging
from domain.catalog.uploading.cells import words_in
from domain.catalog.uploading.events import (
    CatalogUploadDone,
    CatalogUploadFailed,
    CatalogUploadStarted,
    CatalogUploadUndone,
)
from domain.catalog.uploading.layout import Layout, guess_layout
from domain.catalog.uploading.models import CatalogUpload
from domain.catalog.uploading.source import Source, open_list
from domain.catalog.uploading.staging import Progress, stage
from domain.catalog.uploading.states import UploadMode, UploadState
from domain.catalog.uploading.views import WaitingUpload
from domain.identity import OrgKind, Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import made_of, new_id
from domain.kernel.money import currency_code
from domain.kernel.work import Work, store_events

AT_A_TIME = 5000  # about a second's work
OFFERS_AT_A_TIME = 1000
# All or none of a million rows is one transaction, each statement of it minutes long.
_LONG = text("set local statement_timeout = '1h'")
FLAG_ABOVE = Decimal("0.25")
LONGEST_FILE_NAME = 120
MOST_TO_MEND = 100_000  # bad rows that can be downloaded with their cells


class UploadUnderWay(Conflict):
    """Another file of this company is coming in right now."""


def check_upload(
    work: Work,
    *,
    path: Path,
    name: str,
    layout: Layout | None = None,
    currency: str = "EUR",
    flag_above: Decimal = FLAG_ABOVE,
    progress: Progress | None = None,
) -> UUID:
    """Compare a file with one's own catalogue and write down what would come of each row; nothing else changes.

    Prices without a currency are in `currency`; those that would change by more than `flag_above` are flagged. What
    the same person had checked before and never started is forgotten. Raises `Invalid` for a file that cannot be read.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    org_id = _seller(work)
    source = open_list(path)
    layout = layout or guess_layout(source)
    if layout.has_prices:
        work.actor.require(Permission.MANAGE_PRICES)
    upload_id = new_id()
    work.session.execute(_LONG)
    for statement in checking.FORGET_UNUSED:
        work.session.execute(statement, {"org_id": org_id, "person_id": work.actor.user_id})
    work.session.execute(checking.DROP)
    work.session.execute(checking.STAGE)
    source = source.with_text(layout.encoding or None, layout.delimiter)
    if not stage(work, source, layout, today=work.now.date(), progress=progress):
        raise Invalid("There are no articles below the header of this file.")
    upload = CatalogUpload(
        id=upload_id, org_id=org_id, file_name=name.strip()[-LONGEST_FILE_NAME:] or "list", file_sha256=source.sha256,
        file_bytes=source.size, layout=layout.model_dump(mode="json"),
        currency=currency_code(layout.currency or currency),
        state=UploadState.CHECKED.value, mode=None, rows_new=0, rows_changed=0, rows_unchanged=0, rows_bad=0,
        rows_flagged=0, notes=list(layout.notes), problem=None, checked_by=work.actor.user_id, checked_at=work.now,
    )  # fmt: skip
    work.session.add(upload)
    work.session.flush()
    if progress:
        progress("comparing with your products", 0, 0)
    _compare(work, upload, flag_above)
    _add_cells(work, upload_id, source, layout)
    return upload_id


def _compare(work: Work, upload: CatalogUpload, flag_above: Decimal) -> None:
    share = next((one for one in (Decimal(0), MANAGERS_SHARE) if may_go_to(work, one)), Decimal(1))
    facts = {
        "upload_id": upload.id, "org_id": upload.org_id, "currency": upload.currency, "floor_share": share,
        "flag_above": flag_above,
    }  # fmt: skip
    session = work.session
    session.execute(checking.ANALYZE)
    session.execute(checking.DOUBLED)
    session.execute(checking.LEFT_OUT)
    for statement in (checking.BY_KEYS, checking.SOLD, checking.AS_USUAL, checking.ANALYZE_SOLD, checking.COMPARE):
        session.execute(statement, {name: facts[name] for name in statement._bindparams})
    for statement in (checking.SMALLEST, checking.BEGINNING, checking.WHY, checking.STORE):
        session.execute(statement, facts)
    counts = session.execute(checking.COUNTS, facts).one()
    for field, value in counts._asdict().items():
        setattr(upload, field, value)
    unknown = session.execute(checking.UNKNOWN_CATEGORIES).one()
    if unknown.rows:
        upload.notes = [
            *upload.notes,
            f"{unknown.rows:,} rows name a category that the platform does not have (such as {unknown.first!r});"
            " these products come in without one.",
        ]
    if upload.rows_bad > MOST_TO_MEND:
        upload.notes = [
            *upload.notes,
            f"Only the first {MOST_TO_MEND:,} of the {upload.rows_bad:,} bad rows can be downloaded to be mended; the"
            " others may be without their cells. Please mend your own list instead, and upload it again.",
        ]
    session.flush()


def _add_cells(work: Work, upload_id: UUID, source: Source, layout: Layout) -> None:
    """Give the rows that the comparison rejected the cells of the file, so that they can be mended."""
    lines = set(work.session.scalars(checking.LACKING_CELLS, {"upload_id": upload_id, "most": MOST_TO_MEND}))
    if not lines:
        return
    last = max(lines)
    lacking = (
        {"line": line, "cells": [words_in(cell)[:500] for cell in cells[:100]]}
        for line, cells in takewhile(lambda row: row[0] <= last, source.on_page(layout.page).rows())
        if line in lines
    )
    while rows := list(islice(lacking, AT_A_TIME)):
        work.session.execute(checking.ADD_CELLS, {"upload_id": upload_id, "rows": json.dumps(rows)})


def start_upload(work: Work, *, upload_id: UUID, mode: UploadMode) -> None:
    """Let a checked file come in: all rows or none of them, or those that are good. The worker does it.

    Raises `Conflict` when all are wanted and some are bad, or there is nothing to do, `UploadUnderWay`. Announces
    `CatalogUploadStarted`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    org_id = _seller(work)
    upload = _own(work, upload_id)
    if Layout.model_validate(upload.layout).has_prices:
        work.actor.require(Permission.MANAGE_PRICES)
    mode = UploadMode(mode)
    if mode is UploadMode.ALL and upload.rows_bad:
        raise Conflict(f"{upload.rows_bad:,} rows are bad, so none would come in. Mend them, or take the good ones.")
    rows = upload.rows_new + upload.rows_changed
    if not rows:
        raise Conflict("Nothing in this file is new, so there is nothing to bring in.")
    open_states = (UploadState.WAITING.value, UploadState.RUNNING.value)
    others = select(CatalogUpload.id).where(CatalogUpload.org_id == org_id, CatalogUpload.state.in_(open_states))
    if work.session.scalar(others.limit(1)):
        raise UploadUnderWay("Another file of your company is coming in right now. Please wait until it is done.")
    upload.mode = mode.value
    upload.move_to(UploadState.WAITING)
    upload.started_by, upload.started_at = work.actor.user_id, work.now
    work.record(CatalogUploadStarted(subject_id=upload_id, seller_id=org_id, mode=mode.value, rows=rows))


def carry_on_upload(work: Work, *, upload_id: UUID, at_most: int = AT_A_TIME) -> int:
    """Bring in the next rows of a started upload, or all of them when it is all or none. Returns how many are left.

    For whoever started it; the worker acts in their name. Raises `Conflict` when all are wanted and one was overtaken.
    Announces `PricesChanged` for each price list and at the end `CatalogUploadDone`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    org_id = _seller(work)
    upload = _own(work, upload_id)
    if upload.state == UploadState.WAITING.value:
        upload.move_to(UploadState.RUNNING)
    if upload.state != UploadState.RUNNING.value:
        return 0
    work.session.flush()
    is_whole = upload.mode == UploadMode.ALL.value
    facts = {
        "upload_id": upload_id, "org_id": org_id, "now": work.now, "at_most": None if is_whole else at_most,
        "after": upload.through_line,
    } | {kind: made_of(int(work.now.timestamp() * 1000), secrets.randbits(80)).hex[:20]
         for kind in ("products", "variants", "offers", "tiers")}  # fmt: skip
    work.session.execute(_LONG)
    _do(work, facts, merging.DROP, merging.TAKE, merging.INDEX, merging.ANALYZE)
    part = work.session.execute(merging.PART).one()
    if part.has_changed:
        _do(work, facts, merging.LOCK, merging.STALE, merging.LOOKED_AT)
    if part.has_new and work.session.scalar(merging.HELD, {"org_id": org_id}):
        _do(work, facts, merging.MAKE_WAY, merging.TAKEN)
    taken = work.session.execute(merging.HOW_MANY).one()
    if is_whole and taken.bad:
        raise Conflict(
            f"{taken.bad:,} rows can no longer come in ({taken.first}), so none did. Please check the file again."
        )
    if part.has_families:
        _do(work, facts, merging.FAMILIES, merging.NEW_FAMILIES)
    if part.has_new:
        _do(work, facts, merging.PRODUCTS, merging.VARIANTS, merging.OFFERS, merging.TIERS)
    if part.has_changed:
        _do(work, facts, merging.BEFORE, merging.CHANGE_PRODUCTS, merging.CHANGE_VARIANTS)
        _in_parts(work, facts, merging.CHANGE_OFFERS)
    if part.has_packs:
        _do(work, facts, merging.PACKS)
    if part.has_changed:
        _set_ladders(work, merging.LADDERS)
        _do(work, facts, merging.VERSIONS)
    if taken.bad:
        _do(work, facts, merging.REJECT)
    _do(work, facts | {"last_line": part.last_line}, merging.REMEMBER, merging.COUNT)
    work.session.refresh(upload)
    left = 0 if is_whole or not part.rows else upload.rows_new + upload.rows_changed - upload.rows_done
    if not left:
        upload.move_to(UploadState.DONE)
        upload.ended_at = work.now
        work.record(
            CatalogUploadDone(
                subject_id=upload_id, seller_id=org_id, rows_new=upload.rows_new, rows_changed=upload.rows_changed,
                rows_bad=upload.rows_bad,
            )
        )  # fmt: skip
    return left


def _do(work: Work, facts: Mapping[str, Any], *statements: Any) -> None:
    for statement in statements:
        work.session.execute(statement, {name: facts[name] for name in statement._bindparams})


def _in_parts(work: Work, facts: Mapping[str, Any], statement: Any) -> None:
    from_line = 0
    for to_line in work.session.scalars(merging.ENDS, {"at_most": OFFERS_AT_A_TIME}).all():
        _do(work, {**facts, "from_line": from_line, "to_line": to_line}, statement)
        from_line = to_line


def _set_ladders(work: Work, statement: Any) -> None:
    """Part by part also where all is one transaction, so that memory knows no list as a whole."""
    after = 0
    while rows := work.session.execute(statement, {"after": after, "at_most": OFFERS_AT_A_TIME}).all():
        work.session.expire_all()
        set_prices(
            work,
            ladders={
                row.offer_id: [(int(quantity), Decimal(str(price))) for quantity, price in row.ladder] for row in rows
            },
        )
        after = rows[-1].line
        if len(rows) == OFFERS_AT_A_TIME:
            work.session.flush()
            store_events(work)


def fail_upload(work: Work, *, upload_id: UUID, problem: str) -> None:
    """Give up an upload that cannot go on (worker). What came in before stays, and can be undone."""
    if not work.actor.is_system:
        raise NotFound
    upload = work.session.get(CatalogUpload, upload_id, with_for_update=True)
    if upload is None:
        raise NotFound
    if upload.state in (UploadState.WAITING.value, UploadState.RUNNING.value):
        upload.move_to(UploadState.FAILED)
        upload.ended_at, upload.problem = work.now, problem[:500]
        work.record(CatalogUploadFailed(subject_id=upload_id, seller_id=upload.org_id))


def uploads_waiting(work: Work) -> list[WaitingUpload]:
    """The uploads that are to come in, the oldest first, each with who acts for it (worker)."""
    if not work.actor.is_system:
        raise NotFound
    rows = work.session.execute(
        text(
            "select u.id as upload_id, p.id as person_id, p.name as person_name, p.email, o.id as org_id,"
            " o.name as org_name, o.kind as org_kind, m.variant, o.time_zone, o.locale, o.currency, u.id as session_id"
            " from catalog_uploads u join organizations o on o.id = u.org_id"
            " left join memberships m on m.org_id = u.org_id and m.person_id = u.started_by and m.state = 'active'"
            " left join people p on p.id = m.person_id"
            " where u.state in ('waiting', 'running') order by u.started_at, u.id limit 20"
        )
    )
    return [
        WaitingUpload(
            upload_id=row.upload_id,
            actor=None if row.person_id is None else replace(
                identity.actor_of(identity.SignedIn.model_validate(row._asdict())), sign_in_session_id=None
            ),
        )
        for row in rows
    ]  # fmt: skip


def undo_upload(work: Work, *, upload_id: UUID) -> int:
    """Take back what an upload brought. Returns how many rows stay because they were used or changed since.

    New products go off sale and free their numbers unless they were ordered or have stock; what was changed is as it
    was before, prices as a new list. Raises `Conflict` for an upload that is not done. Announces `CatalogUploadUndone`
    and `PricesChanged`.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    org_id = _seller(work)
    upload = _own(work, upload_id)
    if Layout.model_validate(upload.layout).has_prices:
        work.actor.require(Permission.MANAGE_PRICES)
    if upload.state not in (UploadState.DONE.value, UploadState.FAILED.value):
        raise Conflict("Only an upload that is done can be undone.")
    facts = {"upload_id": upload_id, "org_id": org_id, "now": work.now}
    work.session.execute(_LONG)
    _do(work, facts, merging.DROP, merging.TAKE_BACK, merging.INDEX, merging.ANALYZE_BACK)
    _do(work, facts, merging.LOCK, merging.USED, merging.LOOKED_AT)
    taken = work.session.execute(merging.HOW_MANY).one()
    _do(work, facts, merging.UNDO_PRODUCTS, merging.UNDO_VARIANTS)
    _in_parts(work, facts, merging.UNDO_OFFERS)
    _set_ladders(work, merging.LADDERS_BEFORE)
    _in_parts(work, facts, merging.UNDO_NEW)
    _do(work, facts, merging.UNDO_FAMILIES, merging.MARK_UNDONE)
    work.session.refresh(upload)
    upload.move_to(UploadState.UNDONE)
    upload.undone_by, upload.undone_at = work.actor.user_id, work.now
    work.record(
        CatalogUploadUndone(
            subject_id=upload_id, seller_id=org_id, rows_undone=taken.rows - taken.bad, rows_kept=taken.bad
        )
    )
    return int(taken.bad)


def _seller(work: Work) -> UUID:
    if work.actor.org_kind not in (OrgKind.MANUFACTURER, OrgKind.DISTRIBUTOR):
        raise NotFound
    return work.actor.require_org()


def _own(work: Work, upload_id: UUID) -> CatalogUpload:
    upload = work.session.scalar(
        select(CatalogUpload)
        .where(CatalogUpload.id == upload_id, CatalogUpload.org_id == work.actor.require_org())
        .with_for_update()
    )
    if upload is None:
        raise NotFound
    return upload
