"""Letters, text messages and wishes of people who are gone, and those that have served their time."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.kernel.errors import NotFound
from domain.kernel.work import Work

LETTERS_KEPT, TEXTS_KEPT, LEFT_FOR = timedelta(days=180), timedelta(days=30), timedelta(days=30)

_OF_THE_PERSON = (
    text(
        "delete from digest_items where person_id = :person"
        " or email_id in (select id from outgoing_emails where person_id = :person or recipient = :email)"
    ),
    text("delete from outgoing_emails where person_id = :person or recipient = :email"),
    text("delete from outgoing_texts where person_id = :person"),
    text("delete from notice_preferences where person_id = :person"),
)
# Colleagues were told who asks them for something, or through whose eyes somebody wants to look: by name, in the bell,
# in letters and in daily letters. Facts that hold a name under one of these keys hold `person_id` beside it; the first
# notices of looks do not, and are known by what they are about.
_NAMES = ("asked_by", "person")
_NAMED = (
    text(
        "update notices set facts = jsonb_set(facts, array[cast(:key as text)], cast(:nobody as jsonb))"
        " where jsonb_exists(facts, cast(:key as text)) and (facts ->> 'person_id' = cast(:person as text)"
        "  or subject = 'view' and subject_id = :person)"
    ),
    text(
        "update outgoing_emails"
        " set facts = jsonb_set(facts, array['facts', cast(:key as text)], cast(:nobody as jsonb))"
        " where kind = 'notice' and jsonb_exists(facts -> 'facts', cast(:key as text))"
        " and facts -> 'facts' ->> 'person_id' = cast(:person as text)"
    ),
    text(
        "update outgoing_emails set facts = jsonb_set(facts, '{notices}', (select jsonb_agg(case"
        "   when jsonb_exists(one -> 'facts', cast(:key as text))"
        "    and one -> 'facts' ->> 'person_id' = cast(:person as text)"
        "   then jsonb_set(one, array['facts', cast(:key as text)], cast(:nobody as jsonb))"
        "   else one end order by place)"
        "   from jsonb_array_elements(facts -> 'notices') with ordinality as told(one, place)))"
        " where kind = 'digest' and strpos(cast(facts as text), cast(:person as text)) > 0"
        " and jsonb_array_length(facts -> 'notices') > 0"
    ),
)
_OLD_LETTERS = "(select id from outgoing_emails where state <> 'waiting' and created_at < :letters limit :limit)"
_LEFT = (
    "exists (select 1 from memberships m where m.person_id = t.person_id) and not exists (select 1 from memberships m"
    " where m.person_id = t.person_id and (m.state = 'active' or m.removed_at >= :left))"
)
_OLD = (
    text("delete from digest_items where email_id in " + _OLD_LETTERS),
    text("delete from outgoing_emails e where id in " + _OLD_LETTERS + " and not exists"
         " (select 1 from digest_items d where d.email_id = e.id)"),
    text("delete from outgoing_texts where id in (select t.id from outgoing_texts t where (t.state <> 'waiting'"
         " and t.created_at < :texts) or (" + _LEFT + ") limit :limit)"),
)  # fmt: skip


def forget_messages_to(work: Work, *, person_id: UUID, email: str) -> None:
    """Erase what was written to a person and what they chose to get: a step of `privacy.erase_person` (system only)."""
    if not work.actor.is_system:
        raise NotFound
    for statement in _OF_THE_PERSON:
        work.session.execute(statement, {"person": person_id, "email": email})
    for key in _NAMES:
        for statement in _NAMED:
            work.session.execute(statement, {"person": person_id, "key": key, "nobody": '"Somebody who left"'})


def forget_old_messages(work: Work, *, limit: int = 1000) -> int:
    """Let go of messages that were sent long ago, and of texts to people who left a month ago (system only).

    At most `limit` of each kind at once; returns how many went.
    """
    if not work.actor.is_system:
        raise NotFound
    facts = {
        "letters": work.now - LETTERS_KEPT, "texts": work.now - TEXTS_KEPT, "left": work.now - LEFT_FOR, "limit": limit,
    }  # fmt: skip
    return sum(work.session.execute(statement, facts).rowcount for statement in _OLD)  # type: ignore[attr-defined]
