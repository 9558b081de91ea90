"""Taking a person out of what stands beside the sealed log."""

from uuid import UUID

from sqlalchemy import text

from domain.kernel.errors import NotFound
from domain.kernel.work import Work


def erase_personal_changes(work: Work, *, person_id: UUID) -> int:
    """Erase what the log's events keep of a person beside them (old and new names, e-mails, phones; system only).

    A part of the erasure of the person. The events themselves stay, sealed, with ids that name nobody any more.
    Returns of how many events something was erased; a second time it is none.
    """
    if not work.actor.is_system:
        raise NotFound
    statement = text("select erase_personal(:person_id, :now)")
    return int(work.session.execute(statement, {"person_id": person_id, "now": work.now}).scalar_one())
