"""Many notices in one statement: what reactions leave for organisations and people, once per cause."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work


@dataclass(frozen=True, kw_only=True)
class News:
    """One notice to be left: for whom, of which kind, about what, and its cause, which tells once.

    Letters about it follow what each person has chosen (`mail_notices`).
    """

    org_id: UUID
    kind: str
    cause: str
    subject: str
    subject_id: UUID
    facts: dict[str, Any]


_TELL = text(
    "insert into notices (id, org_id, kind, cause, subject, subject_id, facts, created_at)"
    " select n.id, n.org_id, n.kind, n.cause, n.subject, n.subject_id, n.facts, :now"
    " from jsonb_to_recordset(cast(:news as jsonb)) as n(id uuid, org_id uuid, kind text, cause text, subject text,"
    "  subject_id uuid, facts jsonb)"
    " on conflict (org_id, cause) do nothing"
)


def tell_all(work: Work, *, news: Sequence[News]) -> None:
    """Leave notices for organisations, each once per cause (reactions only)."""
    if not work.actor.is_system:
        raise NotFound
    if news:
        notices = [{"id": new_id(), **vars(one)} for one in news]
        work.session.execute(_TELL, {"news": json.dumps(notices, default=str), "now": work.now})
