from sqlalchemy import text

from domain.kernel.work import Work
from domain.notifications.views import NoticeRow


def my_notices(work: Work, *, only_unread: bool = False, page: int = 1, size: int = 30) -> tuple[list[NoticeRow], int]:
    """The notices of one's own organisation, newest first, and how many there are in all."""
    rows = work.session.execute(
        text(
            "select id as notice_id, kind, subject, subject_id, facts, created_at, read_at, count(*) over () as total"
            " from notices where org_id = :org_id and (not :only_unread or read_at is null)"
            " order by created_at desc, id desc limit :size offset :skip"
        ),
        {
            "org_id": work.actor.require_org(),
            "only_unread": only_unread,
            "size": size,
            "skip": (max(page, 1) - 1) * size,
        },
    ).all()
    return [NoticeRow.model_validate(row._asdict()) for row in rows], rows[0].total if rows else 0


def unread(work: Work) -> int:
    """How many notices of one's own organisation nobody has read."""
    return int(
        work.session.execute(
            text("select count(*) from notices where org_id = :org_id and read_at is null"),
            {"org_id": work.actor.require_org()},
        ).scalar_one()
    )
