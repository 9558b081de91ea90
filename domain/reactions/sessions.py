"""A changed password ends the person's other sessions."""

from typing import Any
from uuid import UUID

from domain import identity
from domain.kernel.work import Work


def end_sessions(work: Work, event: Any) -> None:
    kept = event.facts.get("session_id")
    identity.end_other_sessions(work, person_id=event.subject_id, but=UUID(kept) if kept else None)
