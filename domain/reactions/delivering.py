"""Hands events to reactions and fires timers: always in one transaction with their mark.

A delivery is found by "no delivery row yet". It does its work and writes its row in one transaction, so
twice is once; some are done together, and each alone as soon as one fails. A failure is written down and
tried again later; after ten tries it stays as failed, for the admin's screen.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import orders
from domain.kernel.actor import Actor
from domain.kernel.work import Work, begin, run
from domain.reactions.accounts import CLOSING, WRITTEN, end_company_sessions, write_about_sign_in
from domain.reactions.approvals import TOLD as TOLD_OF_APPROVALS
from domain.reactions.approvals import tell_of_approval
from domain.reactions.catalogue import DECIDED, ENDED, tell_of_change, tell_of_upload
from domain.reactions.factors import (
    LETTERS,
    NEW_BROWSERS,
    PROPOSALS,
    tell_of_lost_factor,
    tell_of_new_browser,
    tell_of_proposal,
)
from domain.reactions.looking import TOLD as TOLD_OF_LOOKING
from domain.reactions.looking import tell_of_looking
from domain.reactions.notifications import TOLD, tell_parties
from domain.reactions.prices import ASKED, tell_of_price_request
from domain.reactions.recalls import TOLD as TOLD_OF_RECALLS
from domain.reactions.recalls import tell_of_recall
from domain.reactions.searches import TOLD as TOLD_OF_SEARCHES
from domain.reactions.searches import tell_of_new_products
from domain.reactions.standing import CALLS, tell_of_standing
from domain.reactions.stock import LOW, tell_of_low_stock
from domain.reactions.teams import CALLS_FOR_A_LETTER, hand_over_work, write_letters
from domain.reactions.verification import CHECKED, check_proof, screen_newcomer, tell_of_proof
from domain.reactions.verification import TOLD as TOLD_OF_PROOFS

Reaction = Callable[[Work, Any], None]
_log = logging.getLogger(__name__)

TRIES = 10
TOGETHER = 40
REACTIONS: dict[str, tuple[Reaction, frozenset[str]]] = {
    "notifications.tell_parties": (tell_parties, frozenset(TOLD)),
    "searches.tell_of_new_products": (tell_of_new_products, TOLD_OF_SEARCHES),
    "approvals.tell_of_approval": (tell_of_approval, TOLD_OF_APPROVALS),
    "standing.tell_of_standing": (tell_of_standing, CALLS),
    "looking.tell_of_looking": (tell_of_looking, TOLD_OF_LOOKING),
    "teams.write_letters": (write_letters, CALLS_FOR_A_LETTER),
    "teams.hand_over_work": (hand_over_work, frozenset({"MemberRemoved"})),
    "verification.check_proof": (check_proof, CHECKED),
    "verification.screen_newcomer": (screen_newcomer, frozenset({"OrganizationRegistered"})),
    "verification.tell_of_proof": (tell_of_proof, TOLD_OF_PROOFS),
    "accounts.write_about_sign_in": (write_about_sign_in, WRITTEN),
    "factors.tell_of_lost_factor": (tell_of_lost_factor, frozenset(LETTERS)),
    "factors.tell_of_new_browser": (tell_of_new_browser, NEW_BROWSERS),
    "factors.tell_of_proposal": (tell_of_proposal, PROPOSALS),
    "catalogue.tell_of_change": (tell_of_change, DECIDED),
    "catalogue.tell_of_upload": (tell_of_upload, ENDED),
    "prices.tell_of_price_request": (tell_of_price_request, ASKED),
    "recalls.tell_of_recall": (tell_of_recall, TOLD_OF_RECALLS),
    "stock.tell_of_low_stock": (tell_of_low_stock, LOW),
    "accounts.end_company_sessions": (end_company_sessions, CLOSING),
}
AT_ONCE = frozenset({"notifications.tell_parties"})  # takes many events at a time
TIMERS: dict[str, Callable[..., Any]] = {
    "expire_purchase": orders.expire_purchase,
    "decline_unanswered": orders.decline_unanswered,
    "accept_silently": orders.accept_silently,
    "close_shortage": orders.close_shortage,
    "publish_feedback": orders.publish_feedback,
}


# All reactions at once, since mostly nothing waits; each name by its index, not all that ever happened.
_WAITING = text(
    "select w.reaction, x.id from unnest(cast(:reactions as text[]), cast(:names as text[])) as w(reaction, name)"
    " cross join lateral (select e.id from events e where e.name = w.name"
    "  and not exists (select 1 from deliveries d where d.event_id = e.id and d.reaction = w.reaction"
    "   and not (d.state = 'waiting' and d.next_try_at <= :now))"
    "  order by e.id limit :limit) x"
)


def deliver_new(limit: int = 500) -> int:
    """Deliver events that a reaction waits for and has not had, and those that come of it. Returns how many."""
    delivered = 0
    for _ in REACTIONS:  # what one reaction writes down may be news for another, though not for ever
        waiting = _waiting(limit)
        for name, ids in waiting.items():
            for start in range(0, len(ids), TOGETHER):
                delivered += _attempt_together(name, ids[start : start + TOGETHER])
        if not waiting:
            break
    return delivered


def _waiting(limit: int) -> dict[str, list[int]]:
    """The oldest events that wait, by reaction, in the order of the reactions."""
    found: dict[str, list[int]] = {reaction: [] for reaction in REACTIONS}
    reactions = [reaction for reaction, (_, names) in REACTIONS.items() for _ in names]
    names = [name for _, names in REACTIONS.values() for name in sorted(names)]
    with begin(Actor.system()) as work:
        facts = {"reactions": reactions, "names": names, "now": work.now, "limit": limit}
        for row in work.session.execute(_WAITING, facts):
            found[row.reaction].append(row.id)
    return {reaction: sorted(ids)[:limit] for reaction, ids in found.items() if ids}


def _attempt_together(reaction: str, event_ids: Sequence[int]) -> int:
    """Several events in one transaction, which is most of the cost; when one of them fails, each on its own."""
    if len(event_ids) > 1:
        try:
            return run(Actor.system(), _deliver, reaction=reaction, event_ids=event_ids)
        except Exception:  # the worker's edge: the one that fails is found, and written down, below
            _log.info("reaction %s goes one by one from event %s", reaction, event_ids[0])
    return sum(_attempt(reaction, event_id) for event_id in event_ids)


def _attempt(reaction: str, event_id: int) -> int:
    try:
        return run(Actor.system(), _deliver, reaction=reaction, event_ids=[event_id])
    except Exception as error:  # the worker's edge: whatever went wrong is written down and tried again
        _log.exception("reaction %s failed for event %s", reaction, event_id)
        run(Actor.system(), _note_failure, reaction=reaction, event_id=event_id, problem=repr(error)[:500])
        return 0


def _deliver(work: Work, *, reaction: str, event_ids: Sequence[int]) -> int:
    """Events to one reaction, except those that another worker has."""
    claimed = work.session.scalars(
        text(
            "insert into deliveries as d (event_id, reaction, state, attempts, next_try_at, done_at)"
            " select id, :reaction, 'done', 1, :now, :now from unnest(cast(:event_ids as bigint[])) as id order by id"
            " on conflict (event_id, reaction) do update set state = 'done', attempts = d.attempts + 1, done_at = :now,"
            " last_error = null where d.state = 'waiting' returning event_id"
        ),
        {"event_ids": list(event_ids), "reaction": reaction, "now": work.now},
    ).all()
    if not claimed:
        return 0
    events = work.session.execute(
        text("select * from events where id = any(:ids) order by id"), {"ids": list(claimed)}
    ).all()
    react = REACTIONS[reaction][0]
    if reaction in AT_ONCE:
        react(work, events)
    else:
        for event in events:
            react(work, event)
    return len(events)


def _note_failure(work: Work, *, reaction: str, event_id: int, problem: str) -> None:
    work.session.execute(
        text(
            "insert into deliveries as d (event_id, reaction, state, attempts, last_error, next_try_at)"
            " values (:event_id, :reaction, 'waiting', 1, :problem, :now + interval '10 seconds')"
            " on conflict (event_id, reaction) do update set attempts = d.attempts + 1, last_error = :problem,"
            " state = case when d.attempts + 1 >= :tries then 'failed' else 'waiting' end,"
            " next_try_at = :now + interval '10 seconds' * power(2, least(d.attempts, 9)) where d.state <> 'done'"
        ),
        {"event_id": event_id, "reaction": reaction, "problem": problem, "now": work.now, "tries": TRIES},
    )


def fire_due_timers(limit: int = 200) -> int:
    """Run the commands whose time has come, each once. Returns how many ran."""
    with begin(Actor.system()) as work:
        due: Any = work.session.execute(
            text("select id from timers where fired_at is null and due_at <= :now order by due_at, id limit :limit"),
            {"now": work.now, "limit": limit},
        ).scalars()
        ids = list(due)
    return sum(_fire_one(timer_id) for timer_id in ids)


def _fire_one(timer_id: UUID) -> int:
    try:
        return run(Actor.system(), _fire, timer_id=timer_id)
    except Exception as error:  # the worker's edge, as above
        _log.exception("timer %s failed", timer_id)
        run(Actor.system(), _note_timer_failure, timer_id=timer_id, problem=repr(error)[:500])
        return 0


def _fire(work: Work, *, timer_id: UUID) -> int:
    timer = work.session.execute(
        text("select command, facts from timers where id = :id and fired_at is null for update skip locked"),
        {"id": timer_id},
    ).one_or_none()
    if timer is None:
        return 0
    TIMERS[timer.command](work, **{name: UUID(value) for name, value in timer.facts.items()})
    work.session.execute(text("update timers set fired_at = :now where id = :id"), {"now": work.now, "id": timer_id})
    return 1


def _note_timer_failure(work: Work, *, timer_id: UUID, problem: str) -> None:
    # Money hangs on timers, so they are never given up: a minute, two, four, and at most six hours apart.
    work.session.execute(
        text(
            "update timers set attempts = attempts + 1, last_error = :problem,"
            " due_at = :now + least(interval '1 minute' * power(2, least(attempts, 10)), interval '6 hours')"
            " where id = :id and fired_at is null"
        ),
        {"problem": problem, "now": work.now, "id": timer_id},
    )


__all__ = ["REACTIONS", "TIMERS", "deliver_new", "fire_due_timers"]
