"""How well the automatic check of papers does: its word beside what people decided and what became of it."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work


class CheckRow(BaseModel):
    """The papers of one requirement that were read, by what the check said and what people said.

    `precision`: of those that the check passed and a person decided, the share that the person approved.
    `recall`: of those that were verified in the end, the share that the check had passed. Empty when there are none.
    """

    model_config = ConfigDict(frozen=True)

    requirement: str
    read: int
    passed: int
    passed_approved: int
    passed_rejected: int
    unsure_approved: int
    unsure_rejected: int
    waiting: int
    precision: float | None
    recall: float | None


_ROWS = text("""
    with papers as (
        select s.id, s.requirement, s.state, bool_and(f.reading ->> 'outcome' = 'pass') as passed
        from verification_submissions s join verification_files f on f.submission_id = s.id
        where s.source = 'member' and f.read_at is not null
        group by s.id, s.requirement, s.state
    ), judged as (
        select p.*, (
            select c.decision from verification_cases c
            where c.submission_id = p.id and c.state = 'decided' and c.decision in ('approve', 'reject')
            order by c.decided_at desc limit 1
        ) as decision
        from papers p
    )
    select requirement, count(*) as read, count(*) filter (where passed) as passed,
        count(*) filter (where passed and decision = 'approve') as passed_approved,
        count(*) filter (where passed and decision = 'reject') as passed_rejected,
        count(*) filter (where not passed and decision = 'approve') as unsure_approved,
        count(*) filter (where not passed and decision = 'reject') as unsure_rejected,
        count(*) filter (where state in ('submitted', 'needs_review', 'info_requested', 'appealed')) as waiting,
        count(*) filter (where passed and decision = 'approve')::float
            / nullif(count(*) filter (where passed and decision is not null), 0) as precision,
        count(*) filter (where passed and state in ('verified', 'expiring', 'expired', 'replaced'))::float
            / nullif(count(*) filter (where state in ('verified', 'expiring', 'expired', 'replaced')), 0) as recall
    from judged group by requirement order by requirement
""")


def automatic_check_figures(work: Work) -> list[CheckRow]:
    """One row per requirement whose papers were read; for the platform's compliance."""
    work.actor.require(Permission.DECIDE_VERIFICATION)
    work.actor.require_staff()
    return [CheckRow.model_validate(row._asdict()) for row in work.session.execute(_ROWS)]
