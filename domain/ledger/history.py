"""The memo entries of an imported order history: GMV placed, confirmed and completed, and no money."""

from uuid import UUID

from sqlalchemy import text

from domain import identity
from domain.kernel.work import Work

_POST = text("select ledger_post_memo(:history_id, :now)")


def post_memo(work: Work, *, history_id: UUID) -> int:
    """Post the memo of every order of the history at the order's own time; answers the number of entries.

    An entry that exists is left alone, so twice is once. Only the system may, and the company whose history
    it is; the function asks once more.
    """
    identity.require_own_history(work, history_id=history_id)
    return int(work.session.execute(_POST, {"history_id": history_id, "now": work.now}).scalar_one())
