"""Taking a person out of identity's rows and of what stands beside the sealed log, and forgetting by time."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.identity.activity import erase_activity
from domain.identity.events import PersonErased
from domain.identity.models import Person
from domain.identity.sessions import end_sessions_of, system_only
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.work import Work


def erase_personal_changes(work: Work, *, person_id: UUID) -> int:
    """Erase what the log's events keep of a person beside them (old and new names, e-mails, phones; system only).

    A part of the erasure of the person. The events themselves stay, sealed, with ids that name nobody any more.
    Returns of how many events something was erased; a second time it is none.
    """
    system_only(work)
    statement = text("select erase_personal(:person_id, :now)")
    return int(work.session.execute(statement, {"person_id": person_id, "now": work.now}).scalar_one())


# --- a person ----------------------------------------------------------------------------------

# What belongs to a person alone and is of no use without them.
_OF_THE_PERSON = (
    "email_changes", "links", "phone_codes", "person_identities", "half_sign_ins", "recovery_codes", "second_factors",
    "factor_tries", "known_browsers",
)  # fmt: skip
_DROP = {table: text("delete from " + table + " where person_id = :person") for table in _OF_THE_PERSON}
# Rows that others count or refer to stay, without what names somebody.
_BLANK = (
    text(
        "update registrations set email = 'erased-' || id || '@erased.invalid', name = 'Erased',"
        " business = case when org_id is null then '{}'::jsonb else business end"
        " where person_id = :person or email = :email"
    ),
    text(
        "update invitations set email = 'erased-' || id || '@erased.invalid'"
        " where person_id = :person or email = :email"
    ),
    text("update sign_in_sessions set user_agent = null where person_id = :person"),
)


def person_with(work: Work, *, email: str) -> UUID | None:
    """The person who signs in by this address, whatever their state (system only)."""
    system_only(work)
    statement = text("select id from people where email = :email")
    return work.session.execute(statement, {"email": email.strip().lower()}).scalar_one_or_none()


def forget_person(work: Work, *, person_id: UUID, reason: str) -> str:
    """Take the name, the addresses and all traces of a person out of identity for good (system only).

    A step of `privacy.erase_person`. Returns the e-mail address of before, so that the modules above find
    what they wrote to it. Raises `NotFound`, `Invalid` without a reason, and `Conflict` while the person works
    for an organisation: the work is handed over first. Announces `PersonErased`.
    """
    system_only(work)
    person = work.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound
    if not reason.strip():
        raise Invalid("Please say why.")
    is_member = text("select 1 from memberships where person_id = :id and state = 'active'")
    if work.session.execute(is_member, {"id": person_id}).first():
        raise Conflict("This person still works for an organisation. Please have them removed from the team first.")
    email = person.email
    erase_personal_changes(work, person_id=person_id)  # first: it looks for the addresses of before, too
    end_sessions_of(work, person_id=person_id)
    person.email, person.name = f"erased-{person_id}@erased.invalid", "Erased person"
    person.password_hash = person.phone = person.phone_confirmed_at = person.email_confirmed_at = None
    person.stand_as("disabled")
    work.session.flush()
    for statement in (*_DROP.values(), *_BLANK):
        work.session.execute(statement, {"person": person_id, "email": email})
    erase_activity(work, person_id=person_id)
    work.record(PersonErased(subject_id=person_id, reason=reason.strip()))
    return email


# --- time --------------------------------------------------------------------------------------

LEFT_FOR = timedelta(days=30)  # after which somebody who works for nobody any more is only a name in the past
_FORGOTTEN: tuple[tuple[str, str, str, timedelta], ...] = (
    # table, its key, what has served its time, how long after
    ("links", "id", "expires_at < :before", timedelta(days=30)),
    ("email_changes", "id", "expires_at < :before", timedelta(days=90)),
    ("phone_codes", "id", "expires_at < :before", timedelta(days=30)),
    ("half_sign_ins", "id", "expires_at < :before", timedelta(hours=1)),
    ("sign_in_attempts", "id", "attempted_at < :before", timedelta(days=1)),
    ("factor_tries", "id", "tried_at < :before", timedelta(days=1)),
    ("known_browsers", "(person_id, browser_hash)", "last_seen_at < :before", timedelta(days=400)),
)
_LEFT = (
    "exists (select 1 from memberships m where m.person_id = t.person_id) and not exists (select 1 from memberships m"
    " where m.person_id = t.person_id and (m.state = 'active' or m.removed_at >= :before))"
)
_STALE = [
    (text("delete from " + table + " where " + key + " in (select " + key.strip("()") + " from " + table + " t where "
          + served + " limit :limit)"), after)
    for table, key, served, after in _FORGOTTEN
] + [
    (text("delete from " + table + " where " + key + " in (select " + key.strip("()") + " from " + table + " t where "
          + _LEFT + " limit :limit)"), LEFT_FOR)
    for table, key in (
        ("email_changes", "id"), ("links", "id"), ("phone_codes", "id"), ("person_identities", "id"),
        ("known_browsers", "(person_id, browser_hash)"),
    )
] + [
    # Whoever began to register and never came back: the row is counted still, without who it was.
    (text("update registrations set email = 'erased-' || id || '@erased.invalid', name = 'Erased', business = '{}',"
          " password_hash = '' where id in (select id from registrations where org_id is null and name <> 'Erased'"
          " and changed_at < :before limit :limit)"), timedelta(days=60)),
    (text("update sign_in_sessions set user_agent = null where id in (select id from sign_in_sessions"
          " where user_agent is not null and expires_at < :before limit :limit)"), timedelta(days=365)),
]  # fmt: skip


def forget_old_traces(work: Work, *, limit: int = 1000) -> int:
    """Let go of what has served its time, and of the ways in of people who left a month ago (system only).

    At most `limit` rows of each kind at once; returns how many went, so that the caller goes on until none does.
    """
    system_only(work)
    gone = 0
    for statement, after in _STALE:
        done = work.session.execute(statement, {"before": work.now - after, "limit": limit})
        gone += done.rowcount  # type: ignore[attr-defined]
    return gone
