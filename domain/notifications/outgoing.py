"""Letters and text messages: the wish to send one, the claim of who sends it, and what became of it.

The wish is a row of the transaction that has a reason to write. The worker claims rows (`claim_emails`), sends them
outside of any transaction, and says what became of each. Who dies between sending and saying sends again, with
the same Message-ID, so that a mail program shows one.
"""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain import identity
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work
from domain.notifications import letters
from domain.notifications.events import MessageFailed, MessageResent
from domain.notifications.views import OutgoingRow, Wish

TRIES = 10
_CLAIM = timedelta(minutes=2)  # longer than a mail server may take to answer
_SLOWEST_H = 6


def send_email(
    work: Work,
    *,
    to: str,
    kind: str,
    facts: dict[str, Any],
    cause: str,
    org_id: UUID | None = None,
    person_id: UUID | None = None,
) -> None:
    """Wish for a letter, once per cause, kind and address (system only).

    `kind` chooses the words (`letters.LETTERS`); `facts` fill them. A one-time link is named by `link_id` and made
    from it when the letter is sent. Raises `LookupError` for a kind without words or without its facts.
    """
    _wish(work, "outgoing_emails", letters.missing(kind, facts), to.strip().lower(), kind, facts, cause, org_id,
          person_id)  # fmt: skip


def send_text(
    work: Work,
    *,
    to: str,
    kind: str,
    facts: dict[str, Any],
    cause: str,
    org_id: UUID | None = None,
    person_id: UUID | None = None,
) -> None:
    """Wish for a text message to a telephone, as `send_email`; a one-time code is named by `code_id`."""
    _wish(work, "outgoing_texts", letters.missing(kind, facts, is_text=True), to.strip(), kind, facts, cause, org_id,
          person_id)  # fmt: skip


_WISH = {
    table: text(
        "insert into " + table + " (id, cause, kind, recipient, org_id, person_id, facts, next_try_at, created_at)"
        " values (:id, :cause, :kind, :recipient, :org_id, :person_id, cast(:facts as jsonb), :now, :now)"
        " on conflict (cause, kind, recipient) do nothing"
    )
    for table in ("outgoing_emails", "outgoing_texts")
}


def _wish(
    work: Work,
    table: str,
    missing: list[str],
    recipient: str,
    kind: str,
    facts: dict[str, Any],
    cause: str,
    org_id: UUID | None,
    person_id: UUID | None,
) -> None:
    if not work.actor.is_system:
        raise NotFound
    if missing:
        raise LookupError(f"The words of {kind!r} need {', '.join(missing)}.")
    work.session.execute(
        _WISH[table],
        {
            "id": new_id(), "cause": cause, "kind": kind, "recipient": recipient, "org_id": org_id,
            "person_id": person_id, "facts": json.dumps(facts, default=str), "now": work.now,
        },
    )  # fmt: skip


_CLAIM_SQL = {
    table: text(
        "update " + table + " set tries = tries + 1, next_try_at = :until where id in (select id from " + table +
        " where state = 'waiting' and next_try_at <= :now order by next_try_at, id limit :limit for update skip locked)"
        " returning id as message_id, kind, recipient, person_id, facts, tries, created_at"
    )
    for table in ("outgoing_emails", "outgoing_texts")
}  # fmt: skip


def claim_emails(work: Work, *, limit: int = 20) -> list[Wish]:
    """Take letters whose time has come, for a while: whoever dies with them loses them to the next (system only).

    A letter about a notice that its reader has muted meanwhile, or of a team that the reader has left, is dropped
    instead.
    """
    if work.actor.is_system:
        work.session.execute(
            text(
                "update outgoing_emails e set state = 'dropped' where state = 'waiting' and kind = 'notice'"
                " and next_try_at <= :now and exists (select 1 from notice_preferences c where"
                " c.person_id = e.person_id and c.topic = e.facts ->> 'topic' and c.email = 'off')"
            ),
            {"now": work.now},
        )
        work.session.execute(
            text(
                "update outgoing_emails e set state = 'dropped' where state = 'waiting' and next_try_at <= :now"
                " and kind in ('notice', 'digest') and exists (select 1 from memberships m where m.state = 'removed'"
                " and m.person_id = e.person_id and m.org_id = e.org_id)"
            ),
            {"now": work.now},
        )
    return _claim(work, "outgoing_emails", limit)


def claim_texts(work: Work, *, limit: int = 20) -> list[Wish]:
    """Take text messages whose time has come, as `claim_emails`."""
    return _claim(work, "outgoing_texts", limit)


def _claim(work: Work, table: str, limit: int) -> list[Wish]:
    if not work.actor.is_system:
        raise NotFound
    rows = work.session.execute(_CLAIM_SQL[table], {"now": work.now, "until": work.now + _CLAIM, "limit": limit}).all()
    return sorted((Wish.model_validate(row._asdict()) for row in rows), key=lambda wish: wish.message_id)


_SENT = {
    table: text(
        "update " + table + " set state = 'sent', sent_at = :now, problem = null where id = :id and state <> 'sent'"
    )
    for table in ("outgoing_emails", "outgoing_texts")
}
_FAILED = {
    table: text(
        "update " + table + " set problem = :problem, next_try_at = :now + make_interval(secs => least("
        "30 * power(2, least(tries, 20)), :slowest)), state = case when tries >= :tries or :is_final then 'failed'"
        " else 'waiting' end where id = :id and state = 'waiting' returning state"
    )
    for table in ("outgoing_emails", "outgoing_texts")
}


def record_sent(work: Work, *, message_id: UUID, is_text: bool = False) -> None:
    """Write down that a message was sent (system only). Saying it twice is fine."""
    if not work.actor.is_system:
        raise NotFound
    work.session.execute(_SENT[_table(is_text)], {"id": message_id, "now": work.now})


def record_not_sent(
    work: Work, *, message_id: UUID, problem: str, is_final: bool = False, is_text: bool = False
) -> None:
    """Write down that a message could not be sent; it is tried again later, ten times in all (system only).

    `is_final` says that trying again is of no use. Announces `MessageFailed` when it is given up.
    """
    if not work.actor.is_system:
        raise NotFound
    state = work.session.execute(
        _FAILED[_table(is_text)],
        {
            "id": message_id, "problem": problem[:300], "now": work.now, "tries": TRIES, "is_final": is_final,
            "slowest": _SLOWEST_H * 3600,
        },
    ).scalar_one_or_none()  # fmt: skip
    if state == "failed":
        work.record(MessageFailed(subject_id=message_id, channel="text" if is_text else "email"))


def resend(work: Work, *, message_id: UUID) -> None:
    """Try a message again that was given up or waits for its next try.

    Raises `NotFound`, and `Invalid` for one that was sent. Announces `MessageResent`.
    """
    work.actor.require(Permission.MANAGE_MEMBERS)
    for is_text in (False, True):
        state = work.session.execute(_STATE[_table(is_text)], {"id": message_id}).scalar_one_or_none()
        if state is None:
            continue
        if state == "sent":
            raise Invalid("This message was sent already.")
        work.session.execute(_AGAIN[_table(is_text)], {"id": message_id, "now": work.now})
        work.record(
            MessageResent(
                subject_id=message_id, channel="text" if is_text else "email", before={"state": state},
                after={"state": "waiting"},
            )
        )  # fmt: skip
        return
    raise NotFound


_STATE = {
    table: text("select state from " + table + " where id = :id for update")
    for table in ("outgoing_emails", "outgoing_texts")
}
_AGAIN = {
    table: text("update " + table + " set state = 'waiting', tries = 0, next_try_at = :now where id = :id")
    for table in ("outgoing_emails", "outgoing_texts")
}


def outgoing_messages(
    work: Work, *, state: str | None = None, find: str = "", page: int = 1, size: int = 30
) -> tuple[list[OutgoingRow], int]:
    """Letters and text messages, newest first: one page, and how many there are in all."""
    work.actor.require(Permission.MANAGE_MEMBERS)
    rows = work.session.execute(
        text(
            "select *, count(*) over () as total from ("
            " select id as message_id, 'email' as channel, kind, recipient, facts, state, tries, next_try_at, problem,"
            " sent_at, created_at from outgoing_emails"
            " union all select id, 'text', kind, recipient, facts, state, tries, next_try_at, problem, sent_at,"
            " created_at from outgoing_texts) as m"
            " where (cast(:state as text) is null or state = :state) and strpos(lower(recipient), lower(:find)) > 0"
            " order by created_at desc, message_id desc limit :size offset :skip"
        ),
        {"state": state, "find": find, "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    return [OutgoingRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def token_in(facts: dict[str, Any]) -> str:
    """The secret of the one-time link that a wish names, made anew; empty when it names none."""
    return identity.token_of(UUID(str(facts["link_id"]))) if "link_id" in facts else ""


def code_in(facts: dict[str, Any]) -> str:
    """The one-time code that a wish names, made anew; empty when it names none."""
    return identity.code_of(UUID(str(facts["code_id"]))) if "code_id" in facts else ""


def _table(is_text: bool) -> str:
    return "outgoing_texts" if is_text else "outgoing_emails"
