"""The audit trail for its readers: what happened, who did it, what was before and after, and why.

An organisation's owner reads its own log: what its people did, what was done to it, and the other side's steps in
its trades without what is the other side's own. The platform's staff read all of it. Names are looked up when one
reads, as the log holds ids only; of somebody who was erased nothing is found but that.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import Invalid
from domain.kernel.work import Work

MOST = 100_000


class Who(StrEnum):
    """Who did it, as far as the reader may know."""

    PERSON = "person"
    ERASED = "erased"  # somebody whose name was erased
    STAFF = "staff"  # the platform's people, to others
    OTHER_SIDE = "other side"  # somebody of the other organisation of a trade
    SYSTEM = "system"


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class AuditChange(_View):
    """One thing that is other than before. None: there was none, or is none any more."""

    what: str
    before: str | None
    after: str | None


class AuditRow(_View):
    """One event as its reader may see it. `names` are those of the ids in it that the reader may know.

    `sealed_in` is the batch of the chain that holds it, None while it waits for the next one. `is_erased` says that
    something personal stood beside it and was taken out.
    """

    event_id: int
    at: datetime
    name: str
    subject: str
    subject_id: UUID
    who: Who
    actor_id: UUID | None
    actor_name: str | None
    org_id: UUID | None
    org_name: str | None
    from_state: str | None
    to_state: str | None
    changes: tuple[AuditChange, ...]
    reason: str | None
    facts: dict[str, Any]
    names: dict[str, str]
    command: str
    sealed_in: int | None
    is_erased: bool


def own_audit(
    work: Work,
    *,
    first: datetime,
    end: datetime,
    person_id: UUID | None = None,
    names: Collection[str] | None = None,
    subject_id: UUID | None = None,
    page: int = 1,
    size: int = 50,
) -> tuple[list[AuditRow], int]:
    """The log of the actor's own organisation from `first` up to, but not with, `end`: newest first, one page and
    how many there are. `names` are kinds of events, `person_id` is who did it or to whom."""
    work.actor.require(Permission.SEE_AUDIT_LOG)
    work.actor.require_org()
    return _page(work, _OWN, {"internal": sorted(INTERNAL)}, first, end, person_id, names, subject_id, page, size)


def all_audit(
    work: Work,
    *,
    first: datetime,
    end: datetime,
    find: str = "",
    names: Collection[str] | None = None,
    subject_id: UUID | None = None,
    page: int = 1,
    size: int = 50,
) -> tuple[list[AuditRow], int]:
    """Everybody's log; `find` looks in the names of organisations and of the people who did something."""
    work.actor.require(Permission.SEE_ALL_AUDIT)
    work.actor.require_staff()
    return _page(work, _ALL, {"find": find.strip()}, first, end, None, names, subject_id, page, size)


# --- which events ------------------------------------------------------------------------------

# What the platform keeps to itself while it looks into an organisation.
INTERNAL = frozenset(
    {
        "CaseOpened", "CaseMoved", "SanctionsHitFound", "SanctionsHitDecided", "SuspensionProposed",
        "SuspensionDeclined", "RestorationProposed", "RestorationDeclined",
    }
)  # fmt: skip

# Each way in which an event can be one's own has an index; all of them in one condition would read the whole log.
_OWN = """
    select e.id from events e where e.org_id = :me and {which}
    union select e.id from events e where e.concerns_org_id = :me and e.name <> all(:internal) and {which}
    union select e.id from events e where e.buyer_id = :me and e.name <> all(:internal) and {which}
    union select e.id from events e where e.seller_id = :me and e.name <> all(:internal) and {which}
    union select e.id from events e join memberships m on m.org_id = :me and m.person_id = e.subject_id
          where m.state = 'active' and e.subject = 'person' and e.org_id is null and e.concerns_org_id is null
            and {which}
"""
_ALL = """
    select e.id from events e where {which} and (:find = ''
        or e.org_id in (select o.id from organizations o where strpos(lower(o.name), lower(:find)) > 0)
        or e.concerns_org_id in (select o.id from organizations o where strpos(lower(o.name), lower(:find)) > 0)
        or e.actor_user_id in (select p.id from people p where strpos(lower(p.name), lower(:find)) > 0))
"""
_WHICH = """
    e.recorded_at >= :first and e.recorded_at < :end
    and (cast(:names as text[]) is null or e.name = any(cast(:names as text[])))
    and (cast(:subject_id as uuid) is null or e.subject_id = :subject_id)
    and (cast(:person_id as uuid) is null or e.actor_user_id = :person_id
         or (e.subject = 'person' and e.subject_id = :person_id) or e.facts ->> 'person_id' = cast(:person_id as text))
"""
_PAGE = """
    with found as materialized ({found}), wanted as (
        select f.id from found f order by f.id desc limit :size offset :skip)
    select e.*, (select count(*) from found) as total, s.batch, h.before as own_before, h.after as own_after,
           h.erased_at is not null as is_erased
    from wanted w join events e on e.id = w.id
    left join audit_sealed_events s on s.event_id = e.id
    left join event_personal h on h.event_id = e.id and (h.org_id = :me or :is_staff)
    order by e.id desc
"""
_OWN_PAGE = text(_PAGE.replace("{found}", _OWN).replace("{which}", _WHICH))
_ALL_PAGE = text(_PAGE.replace("{found}", _ALL).replace("{which}", _WHICH))


def _page(
    work: Work,
    which: str,
    facts: Mapping[str, Any],
    first: datetime,
    end: datetime,
    person_id: UUID | None,
    names: Collection[str] | None,
    subject_id: UUID | None,
    page: int,
    size: int,
) -> tuple[list[AuditRow], int]:
    if not 0 < size <= MOST:
        raise Invalid(f"Up to {MOST:,} events can be read at once.")
    more = {
        "first": first, "end": end, "person_id": person_id, "names": None if names is None else sorted(names),
        "subject_id": subject_id, "size": size, "skip": (max(page, 1) - 1) * size, "me": work.actor.org_id,
        "is_staff": work.actor.is_staff,
    }  # fmt: skip
    rows = work.session.execute(_OWN_PAGE if which is _OWN else _ALL_PAGE, {**facts, **more}).all()
    seen = [_as_seen(work, row) for row in rows]
    known = _names(work, {id for facts, row in zip(seen, rows, strict=True) for id in _ids(facts, row)})
    return [_row(work, row, facts, known) for row, facts in zip(rows, seen, strict=True)], rows[0].total if rows else 0


# --- what of them ------------------------------------------------------------------------------

# What both sides of a trade know anyway, of what the other one or the system wrote down.
_SHARED = frozenset(
    {
        "order_id", "shipment_id", "acceptance_id", "cut", "goods", "units", "missing", "percent", "is_last", "gross",
        "how", "reason", "by", "by_timer", "refunded", "amount", "currency", "method", "route", "cause", "total",
    }
)  # fmt: skip
# What only one side of a trade may know, whoever wrote it down.
_PRIVATE = {"MoneyReleased": ("seller_id", frozenset({"commission", "net"}))}
# What staff weigh is theirs; what they tell the organisation is in what they changed.
_WEIGHED = frozenset({"reasons", "score", "decision", "bucket"})


def _as_seen(work: Work, row: Any) -> dict[str, Any]:
    """The facts of an event that the reader may know."""
    facts = dict(row.facts)
    if work.actor.is_staff:
        return facts
    me = work.actor.org_id
    is_party_only = me not in (row.org_id, row.concerns_org_id) and row.subject != "person"
    if is_party_only:
        facts = {name: value for name, value in facts.items() if name in _SHARED}
    elif row.org_id != me:
        facts = {name: value for name, value in facts.items() if name not in _WEIGHED}
    if row.name in _PRIVATE:
        side, private = _PRIVATE[row.name]
        if getattr(row, side) == me:
            facts |= {name: row.facts[name] for name in private if name in row.facts}
        else:
            facts = {name: value for name, value in facts.items() if name not in private}
    return facts


def _row(work: Work, row: Any, facts: dict[str, Any], known: Mapping[str, str]) -> AuditRow:
    is_mine = work.actor.is_staff or row.org_id == work.actor.org_id
    actor_name = known.get(str(row.actor_user_id)) if is_mine and row.actor_user_id else None
    before, after = facts.pop("before", None), facts.pop("after", None)
    changes = _changes(before, after) + _changes(row.own_before, row.own_after)
    if row.from_state or row.to_state:
        changes = (AuditChange(what="state", before=row.from_state, after=row.to_state), *changes)
    reason = facts.pop("reason", None)
    org_name = known.get(str(row.org_id or row.concerns_org_id)) or _side(row)
    ids = {str(row.subject_id), str(row.actor_user_id), str(row.org_id), *_texts(facts), *_texts([before, after])}
    if not is_mine:
        ids -= {str(row.actor_user_id)}
    return AuditRow(
        event_id=row.id, at=row.recorded_at, name=row.name, subject=row.subject, subject_id=row.subject_id,
        who=_who(row, is_mine, actor_name), actor_id=row.actor_user_id if is_mine else None, actor_name=actor_name,
        org_id=row.org_id, org_name=org_name, from_state=row.from_state, to_state=row.to_state, changes=changes,
        reason=str(reason) if reason else None, facts=facts,
        names={id: known[id] for id in ids if id in known}, command=row.command, sealed_in=row.batch,
        is_erased=row.is_erased,
    )  # fmt: skip


def _who(row: Any, is_mine: bool, actor_name: str | None) -> Who:
    if row.scope == "system" or row.actor_user_id is None:
        return Who.SYSTEM
    if is_mine:
        return Who.PERSON if actor_name else Who.ERASED
    return Who.STAFF if row.scope == "platform" else Who.OTHER_SIDE


def _side(row: Any) -> str | None:
    """What to call an organisation whose name the reader does not get from us."""
    if row.org_id is None:
        return None
    return "The buyer" if row.org_id == row.buyer_id else "The seller" if row.org_id == row.seller_id else None


def _changes(before: Any, after: Any) -> tuple[AuditChange, ...]:
    was, now = _fields(before), _fields(after)
    fields = sorted(was.keys() | now.keys())
    return tuple(
        AuditChange(what=field, before=was.get(field), after=now.get(field))
        for field in fields
        if was.get(field) != now.get(field)
    )


def _fields(value: Any) -> dict[str, str]:
    """Whatever a change keeps as before or after, by field: a table, price tiers, or a value alone."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items() if part is not None}
    if isinstance(value, list) and value and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return {f"from {pair[0]}": str(pair[1]) for pair in value}
    return {"value": _plain(value)}


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_plain(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


# --- names -------------------------------------------------------------------------------------

# Row-level security is why a name of somebody else's is not found here.
_NAMES = text("""
    select p.id, p.name from people p where p.id = any(:ids) and p.name <> ''
    union all select o.id, o.name from organizations o where o.id = any(:ids)
    union all select s.id, s.name from sites s where s.id = any(:ids)
    union all select r.id, r.name from regions r where r.id = any(:ids)
    union all select p.id, p.name from products p where p.id = any(:ids)
    union all select f.id, p.name from offers f join product_variants v on v.id = f.variant_id
              join products p on p.id = v.product_id where f.id = any(:ids)
    union all select v.id, p.name from product_variants v join products p on p.id = v.product_id where v.id = any(:ids)
    union all select o.id, o.number from supplier_orders o where o.id = any(:ids)
    union all select u.id, u.number from purchases u where u.id = any(:ids)
    union all select l.id, l.name from locations l where l.id = any(:ids)
""")


def _names(work: Work, ids: Collection[str]) -> dict[str, str]:
    rows = work.session.execute(_NAMES, {"ids": list(ids)})
    return {str(row.id): row.name for row in rows}


def _ids(facts: Mapping[str, Any], row: Any) -> set[str]:
    own = {row.subject_id, row.actor_user_id, row.org_id, row.concerns_org_id} - {None}
    return {str(id) for id in own} | {found for found in _texts(facts) if _is_id(found)}


def _texts(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return {found for part in value.values() for found in _texts(part)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {found for part in value for found in _texts(part)}
    return {value} if isinstance(value, str) else set()


def _is_id(value: str) -> bool:
    if len(value) != 36:
        return False
    try:
        UUID(value)
    except ValueError:
        return False
    return True
