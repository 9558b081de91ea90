from sqlalchemy import text

from domain.kernel.work import Work
from domain.notifications.views import NoticeRow

# What was told before somebody joined is not news to him; a notice for one person is nobody else's, and one about an
# order nobody's who is kept to other stores, customers or regions.
_MINE = (
    "from notices n join memberships m on m.org_id = n.org_id and m.person_id = :person"
    " left join notice_reads r on r.notice_id = n.id and r.person_id = :person"
    " where n.org_id = :org_id and n.created_at >= m.created_at and (n.person_id is null or n.person_id = :person)"
    " and (n.subject <> 'order' or not (select exists (select 1 from membership_scopes s where s.person_id = :person"
    "   and s.org_id = :org_id)) or reaches_order(:person, :org_id, n.subject_id))"
)


def my_notices(work: Work, *, only_unread: bool = False, page: int = 1, size: int = 30) -> tuple[list[NoticeRow], int]:
    """What one's own organisation was told since one joined it, newest first, and how many there are in all.

    `read_at` is when the person himself read it.
    """
    rows = work.session.execute(
        text(
            "select n.id as notice_id, n.kind, n.subject, n.subject_id, n.facts, n.created_at, r.read_at,"
            " count(*) over () as total " + _MINE + " and (not :only_unread or r.read_at is null)"
            " order by n.created_at desc, n.id desc limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(),
            "person": work.actor.user_id,
            "only_unread": only_unread,
            "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()
    return [NoticeRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def unread(work: Work) -> int:
    """How many notices one has not read oneself."""
    return int(
        work.session.execute(
            text("select count(*) " + _MINE + " and r.read_at is null"),
            {"org_id": work.actor.require_org(), "person": work.actor.user_id},
        ).scalar_one()
    )
