"""Gap-free document numbers, per organisation and series.

A counter row, not a sequence: a rolled-back document gives its number back. The row stays locked
until the document is committed, so only documents that the law wants gap-free take one.
"""

from uuid import UUID

from sqlalchemy import text

from domain.kernel.work import Work

_NEXT = text(
    "insert into document_series as s (org_id, series, next_number) values (:org_id, :series, 2)"
    " on conflict (org_id, series) do update set next_number = s.next_number + 1"
    " returning next_number - 1"
)


def next_number(work: Work, *, org_id: UUID, series: str) -> int:
    """The next number of this organisation's series, starting at 1."""
    return int(work.session.execute(_NEXT, {"org_id": org_id, "series": series}).scalar_one())
