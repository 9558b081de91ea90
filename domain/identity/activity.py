"""What people look at and search for: written down in batches, and taken from its person on erasure.

These rows are no part of the audit trail. They feed counts of active people, funnels and the demand for
what nobody sells yet; only the platform's staff reads them.
"""

from collections.abc import Sequence
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import text

from domain.identity.views import Seen
from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work


def record_activity(work: Work, *, seen: Sequence[Seen]) -> None:
    """Write down what was seen, in one statement. Everybody may for himself, the system for all.

    Raises `NotFound` when a row is somebody else's.
    """
    me = work.actor
    if me.user_id is None and not me.is_system:
        raise NotFound
    if not me.is_system and any((one.org_id, one.person_id) != (me.org_id, me.user_id) for one in seen):
        raise NotFound
    work.session.execute(
        text(
            "insert into activity (id, occurred_at, org_id, person_id, kind, screen, facts)"
            " select id, cast(:now as timestamptz) - age, org_id, person_id, kind, screen, facts"
            " from unnest(cast(:ids as uuid[]), cast(:ages as interval[]), cast(:orgs as uuid[]),"
            " cast(:people as uuid[]), cast(:kinds as text[]), cast(:screens as text[]), cast(:facts as jsonb[]))"
            " as seen(id, age, org_id, person_id, kind, screen, facts)"
        ),
        {
            "now": work.now,
            "ids": [new_id() for _ in seen],
            "ages": [one.age for one in seen],
            "orgs": [one.org_id for one in seen],
            "people": [one.person_id for one in seen],
            "kinds": [one.kind.value for one in seen],
            "screens": [one.screen for one in seen],
            "facts": [to_json(one.facts).decode() for one in seen],
        },
    )


def erase_activity(work: Work, *, person_id: UUID) -> None:
    """Take a person out of what was written down, as a part of the erasure of the person (system only).

    The words of the searches go. The rows stay under one fresh id that stands nowhere else, so that the
    figures of the past (active people of a day or a month) remain what they were. End the person's sessions
    first; what still arrives within the next seconds is erased by calling this again.
    """
    if not work.actor.is_system:
        raise NotFound
    work.session.execute(
        text("update activity set person_id = :nobody, facts = facts - 'find' where person_id = :person_id"),
        {"nobody": new_id(), "person_id": person_id},
    )
