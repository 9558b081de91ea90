"""The terms of service: which version holds when, and who accepted it for which organisation.

The texts are published with the product (`app/terms/<version>.md`); the hash kept with an acceptance says which
text it was. A version holds from its day on, until the next.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import text

from domain.identity.events import TermsAccepted
from domain.identity.permissions import Permission
from domain.identity.views import AcceptedTerms, TermsState
from domain.kernel.errors import Conflict, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work


class TermsNotAccepted(NotAllowed):
    pass


@dataclass(frozen=True, slots=True)
class Terms:
    """One version: from which day on it holds, and the SHA-256 of its text."""

    version: str
    since: date
    text_sha256: str


TERMS: tuple[Terms, ...] = (
    Terms("2025-01", date(2025, 1, 1), "6de268743db144e28b54dff75609f9380ef55dacacc1bca50026b9c8e0cc9495"),
    Terms("2025-07", date(2025, 7, 1), "77d4691768069f5885f82e745fb71f7175a7072dff0fa191f29a56ced41c9251"),
)


def terms_at(moment: datetime) -> Terms | None:
    """The version that holds at an instant; none before the first."""
    day = moment.astimezone(UTC).date()
    return next((terms for terms in reversed(TERMS) if terms.since <= day), None)


def require_terms(work: Work) -> None:
    """Refuse unless the actor's organisation has accepted the terms that hold now, or newer ones.

    A step of the commands that trade. Raises `TermsNotAccepted`, whose sentence says who can do what about it.
    """
    terms = terms_at(work.now)
    if work.actor.is_system or terms is None:
        return
    if not work.session.execute(_HAS_ACCEPTED, _asked(work.actor.require_org(), terms)).scalar_one():
        whom = "accept them" if work.actor.may(Permission.MANAGE_ORGANIZATION) else "ask the owner to accept them"
        raise TermsNotAccepted(f"Your organisation has not accepted the current terms of service. Please {whom} first.")


def accept_terms(work: Work, *, version: str) -> None:
    """Accept the terms of service for one's own organisation; accepting them again changes nothing.

    Raises `Conflict` when another version holds by now. Announces `TermsAccepted`.
    """
    work.actor.require(Permission.MANAGE_ORGANIZATION)
    if work.actor.user_id is None:
        raise NotFound
    note_acceptance(work, org_id=work.actor.require_org(), person_id=work.actor.user_id, version=version)


def note_acceptance(work: Work, *, org_id: UUID, person_id: UUID, version: str) -> None:
    """Write down who accepted what, once: the step of `accept_terms` and of a registration."""
    terms = terms_at(work.now)
    if terms is None or terms.version != version:
        raise Conflict("The terms of service have changed. Please read the new version.")
    before = work.session.execute(_LAST_VERSION, {"org_id": org_id}).scalar()
    written = work.session.execute(
        text(
            "insert into terms_acceptances (id, org_id, person_id, version, text_sha256, accepted_at)"
            " values (:id, :org_id, :person_id, :version, :text_sha256, :now)"
            " on conflict (org_id, version) do nothing returning id"
        ),
        {
            "id": new_id(), "org_id": org_id, "person_id": person_id, "version": version,
            "text_sha256": terms.text_sha256, "now": work.now,
        },
    ).scalar()  # fmt: skip
    if written:
        work.record(
            TermsAccepted(
                subject_id=org_id, person_id=person_id, text_sha256=terms.text_sha256, before={"version": before},
                after={"version": version},
            )
        )  # fmt: skip


def my_terms(work: Work) -> TermsState:
    """What one's own organisation has accepted, newest first, and which version it has to."""
    org_id, terms = work.actor.require_org(), terms_at(work.now)
    rows = work.session.execute(
        text(
            "select t.version, t.accepted_at, coalesce(p.name, 'Somebody') as accepted_by from terms_acceptances t"
            " left join people p on p.id = t.person_id where t.org_id = :org_id order by t.accepted_at desc"
        ),
        {"org_id": org_id},
    )
    accepted = tuple(AcceptedTerms.model_validate(row._asdict()) for row in rows)
    missing = terms is not None and not {one.version for one in accepted} & set(_enough(terms))
    return TermsState(current=terms.version if terms else None, is_missing=missing, accepted=accepted)


_HAS_ACCEPTED = text(
    "select exists (select 1 from terms_acceptances where org_id = :org_id and version = any(:enough))"
)
_LAST_VERSION = text("select version from terms_acceptances where org_id = :org_id order by accepted_at desc limit 1")


def _asked(org_id: UUID, terms: Terms) -> dict[str, object]:
    return {"org_id": org_id, "enough": _enough(terms)}


def _enough(terms: Terms) -> list[str]:
    """The versions that will do: this one and those after it, which a clock that is set back has not reached."""
    return [one.version for one in TERMS if one.since >= terms.since]
