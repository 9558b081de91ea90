"""Counting what lies in a place while trade goes on, by people who do not see what is expected.

A line of a count is one lot in one place. When somebody enters what they counted, the balance of that very instant is
written beside it under the balance's lock: the difference is between those two, so whatever is sold or received before
or after does not matter. A movement of the difference corrects the stock when the count is closed. What differs by more
than a person corrects alone is looked at by another one, who corrects it, or has lines counted again.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text

from domain import identity
from domain.identity import Permission
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.quantities import LARGEST
from domain.kernel.work import Work
from domain.stock.events import (
    CountCancelled,
    CountClosed,
    CountFinished,
    CountOpened,
    CountReopened,
    LineCounted,
)
from domain.stock.models import Count, CountLine, Location
from domain.stock.planning import A_SHARE, B_SHARE, CLASSES, DEMAND_DAYS
from domain.stock.reach import require_within
from domain.stock.recording import Row, record_rows
from domain.stock.states import CountLineState, CountState

_MOST_LINES = 5000


def open_count(
    work: Work,
    *,
    request_id: UUID,
    name: str,
    location_id: UUID,
    category_id: UUID | None = None,
    classes: Collection[str] = (),
    variant_ids: Collection[UUID] = (),
) -> UUID:
    """Begin to count what lies in a place and all in it, or the part of it that is in a category, in classes (A, B,
    C by what goes out), or of some variants. What an open count has already is left out.

    Raises `NotFound` outside of one's places, `Invalid` when there is nothing to count. Announces `CountOpened`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    require_within(work, location_id)
    org_id, name = work.actor.require_org(), name.strip()
    if not 1 <= len(name) <= 120:
        raise Invalid("The name of a count must have between 1 and 120 characters.")
    if not set(classes) <= set(CLASSES):
        raise Invalid("The classes are A, B and C.")
    if not work.session.scalar(select(Location.id).where(Location.id == location_id, Location.org_id == org_id)):
        raise NotFound
    count = Count(id=new_id(), org_id=org_id, location_id=location_id, name=name, state=CountState.OPEN.value,
                  made_by=work.actor.user_id, made_at=work.now)  # fmt: skip
    work.session.add(count)
    work.session.flush()
    lines = work.session.execute(
        text(
            "with recursive under as (select id from categories where id = :category_id union"
            "  select c.id from under u join categories c on c.parent_id = u.id)"
            ", classed as (select variant_id, class from stock_classes(:org_id, :since, :a_share, :b_share))"
            " insert into stock_count_lines (id, org_id, count_id, variant_id, location_id, lot_id, state)"
            " select gen_random_uuid(), b.org_id, :count_id, b.variant_id, b.location_id, b.lot_id, :open"
            " from stock_balances b join product_variants v on v.id = b.variant_id join products p on p.id ="
            " v.product_id"
            " where b.org_id = :org_id and b.location_id = any(places_within(:location_id)) and b.is_for_sale"
            " and (cast(:category_id as uuid) is null or p.category_id in (select id from under))"
            " and (cast(:classes as text[]) is null or coalesce((select class from classed c"
            "   where c.variant_id = b.variant_id), 'C') = any(:classes))"
            " and (cast(:variants as uuid[]) is null or b.variant_id = any(:variants))"
            " and not exists (select 1 from stock_count_lines o join stock_counts n on n.id = o.count_id"
            "   where n.org_id = b.org_id and n.state in ('open', 'in_review') and o.variant_id = b.variant_id"
            "   and o.location_id = b.location_id and o.lot_id = b.lot_id)"
            " order by b.location_id, p.name, v.name limit :most"
        ),
        {
            "org_id": org_id, "count_id": count.id, "location_id": location_id, "category_id": category_id,
            "classes": sorted(classes) or None, "variants": sorted(variant_ids) or None, "open":
            CountLineState.OPEN.value,
            "since": work.now - DEMAND_DAYS, "a_share": A_SHARE, "b_share": B_SHARE, "most": _MOST_LINES,
        },
    ).rowcount  # type: ignore[attr-defined]  # fmt: skip
    if not lines:
        raise Invalid("There is nothing to count here, or another count has it already.")
    work.record(
        CountOpened(subject_id=count.id, seller_id=org_id, location_id=location_id, lines=lines,
                    to_state=CountState.OPEN)
    )  # fmt: skip
    return count.id


def enter_count(work: Work, *, request_id: UUID, line_id: UUID, counted: int) -> None:
    """Write down what one counted. Several people may count lines of one count; the last word on a line counts.

    Raises `Conflict` once the count is finished, `Invalid` for the number, `NotFound` outside of one's places.
    Announces `LineCounted`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    if isinstance(counted, bool) or not isinstance(counted, int) or not 0 <= counted <= LARGEST:
        raise Invalid("The counted quantity must be a whole number, 0 or more.")
    line = work.session.get(CountLine, line_id)
    if line is None or line.org_id != work.actor.require_org():
        raise NotFound
    require_within(work, line.location_id)
    # The count first, shared: several people enter lines at once, and nobody closes it meanwhile.
    count = work.session.scalars(
        select(Count).where(Count.id == line.count_id).with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one()  # fmt: skip
    if count.state != CountState.OPEN.value:
        raise Conflict("This count is finished. Whoever looks at it can have the line counted again.")
    line = work.session.get_one(CountLine, line_id, with_for_update=True, populate_existing=True)
    there = work.session.execute(
        text("select on_hand, movement_id from stock_snapshot(:variant_id, :location_id, :lot_id)"),
        {"variant_id": line.variant_id, "location_id": line.location_id, "lot_id": line.lot_id},
    ).one()
    line.note(counted, there.on_hand, there.movement_id, work.actor.user_id, work.now)
    work.record(LineCounted(subject_id=count.id, seller_id=count.org_id, line_id=line.id, counted=counted))


def finish_count(work: Work, *, request_id: UUID, count_id: UUID) -> CountState:
    """Everything is counted. Small differences are corrected at once, larger ones wait for another person.

    Small is what the whole count may differ by: the setting for count approval. Raises `Conflict` while lines are not
    counted, or when the stock was corrected since they were. Announces `CountFinished`, and `CountClosed` when nothing
    waits.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    count, lines = _locked(work, count_id)
    left = sum(line.state == CountLineState.OPEN.value for line in lines)
    if left:
        raise Conflict(f"{left:,} {'line is' if left == 1 else 'lines are'} not counted yet.")
    difference = sum(abs(line.difference) for line in lines)
    # What somebody's counts have corrected within a day counts together, so that a large one is not made of small ones.
    before = 0 if identity.adjusts_alone(work.actor) else _corrected_today(work)
    is_small = not difference or before + difference <= int(value_of(work, Setting.COUNT_APPROVAL_LIMIT))
    if count.state == CountState.OPEN.value and is_small:
        _post(work, count, lines, "", CountState.OPEN)
        return CountState.CLOSED
    count.move_to(CountState.IN_REVIEW)
    work.record(
        CountFinished(subject_id=count.id, seller_id=count.org_id, difference=difference, from_state=CountState.OPEN,
                      to_state=CountState.IN_REVIEW)
    )  # fmt: skip
    return CountState.IN_REVIEW


def approve_count(work: Work, *, request_id: UUID, count_id: UUID, reason: str) -> None:
    """Correct the stock by what a count found. By a person who corrects stock alone and counted none of what differs;
    where the organisation has nobody else who could, one of them may.

    Raises `NotAllowed` for who counted, `IllegalMove` unless it waits, `Conflict` when less would be left than is
    reserved or kept for customers, `Invalid` without a reason. Announces `CountClosed`.
    """
    work.actor.require(Permission.MANAGE_STOCK)
    reason = reason.strip()
    if not 1 <= len(reason) <= 500:
        raise Invalid("Please say how the difference came about, in up to 500 characters.")
    count, lines = _locked(work, count_id)
    if count.state != CountState.IN_REVIEW.value:
        raise Conflict("This count does not wait for approval.")
    if not identity.adjusts_alone(work.actor):
        raise NotAllowed("A difference of this size is approved by the owner or a manager of your company.")
    counters = {line.counted_by for line in lines if line.difference}
    if work.actor.user_id in counters and _others_may(work, counters):
        raise NotAllowed("You counted part of this, so somebody else has to approve the difference.")
    _post(work, count, lines, reason, CountState.IN_REVIEW)


def recount(work: Work, *, request_id: UUID, count_id: UUID, line_ids: Collection[UUID]) -> None:
    """Have lines counted again before anything is corrected; nobody sees what was counted first. Announces
    `CountReopened`."""
    work.actor.require(Permission.MANAGE_STOCK)
    count, lines = _locked(work, count_id)
    again = [line for line in lines if line.id in set(line_ids)]
    if len(again) != len(set(line_ids)) or not again:
        raise NotFound
    count.move_to(CountState.OPEN)
    for line in again:
        line.forget()
    work.record(
        CountReopened(subject_id=count.id, seller_id=count.org_id, line_ids=sorted(line.id for line in again),
                      from_state=CountState.IN_REVIEW, to_state=CountState.OPEN)
    )  # fmt: skip


def cancel_count(work: Work, *, count_id: UUID) -> None:
    """Give a count up; nothing is corrected. Raises `IllegalMove` when it is over. Announces `CountCancelled`."""
    work.actor.require(Permission.MANAGE_STOCK)
    count, _ = _locked(work, count_id)
    before = count.state
    count.move_to(CountState.CANCELLED)
    count.ended_at = work.now
    work.record(
        CountCancelled(subject_id=count.id, seller_id=count.org_id, from_state=before, to_state=CountState.CANCELLED)
    )


def _locked(work: Work, count_id: UUID) -> tuple[Count, list[CountLine]]:
    count = work.session.get(Count, count_id, with_for_update=True, populate_existing=True)
    if count is None or count.org_id != work.actor.require_org():
        raise NotFound
    require_within(work, count.location_id)
    lines = work.session.scalars(
        select(CountLine).where(CountLine.count_id == count.id).order_by(CountLine.id)
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    return count, list(lines)


def _post(work: Work, count: Count, lines: list[CountLine], reason: str, before: CountState) -> None:
    rows = [
        Row(line.variant_id, line.location_id, line.lot_id, line.difference, note=reason)
        for line in lines
        if line.difference
    ]
    for line in lines:
        line.post()
    count.move_to(CountState.CLOSED)
    count.ended_at = work.now
    work.session.flush()
    if rows:
        record_rows(work, rows, kind="counted", cause="count", cause_id=count.id)
        _require_alone(work, count)
    work.record(
        CountClosed(subject_id=count.id, seller_id=count.org_id, difference=sum(abs(row.quantity) for row in rows),
                    reason=reason, from_state=before, to_state=CountState.CLOSED)
    )  # fmt: skip


def _require_alone(work: Work, count: Count) -> None:
    """Whoever corrected a lot after it was counted has corrected this difference as well: once is enough. The rows of
    the balances are locked by now, so nobody does it meanwhile."""
    twice: int = work.session.execute(
        text(
            "select count(*) from stock_count_lines l where l.count_id = :count_id and l.counted <> l.expected"
            " and exists (select 1 from stock_movements m where m.lot_id = l.lot_id"
            "   and m.id > coalesce(l.movement_id, 0) and m.variant_id = l.variant_id"
            "   and m.location_id = l.location_id and m.kind = 'counted' and m.cause_id <> l.count_id)"
        ),
        {"count_id": count.id},
    ).scalar_one()
    if twice:
        raise Conflict(
            f"{twice:,} {'lot was' if twice == 1 else 'lots were'} corrected since they were counted. Please count"
            " them again."
        )


def _corrected_today(work: Work) -> int:
    units: int = work.session.execute(
        text(
            "select coalesce(sum(abs(m.quantity)), 0)::bigint from stock_movements m"
            " join stock_counts c on c.id = m.cause_id where m.org_id = :org_id and m.actor_user_id = :me"
            " and m.kind = 'counted' and m.recorded_at > :since"
        ),
        {"org_id": work.actor.require_org(), "me": work.actor.user_id, "since": work.now - timedelta(hours=24)},
    ).scalar_one()
    return units


def _others_may(work: Work, counters: Collection[UUID | None]) -> bool:
    """Whether somebody else of the organisation could approve it."""
    colleagues = work.session.execute(
        text("select person_id, variant from memberships where org_id = :org_id and state = 'active'"),
        {"org_id": work.actor.require_org()},
    ).all()
    return any(row.person_id not in counters and identity.corrects_stock_alone(row.variant) for row in colleagues)
