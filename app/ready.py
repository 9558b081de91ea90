"""For commands that need a market: see that there is one of this version before they begin."""

from __future__ import annotations


def ensure_market() -> None:
    """Bring the product's own database up to date; one that is somebody else's is never changed unasked.

    Raises: Unusable, with what to do, when there is none to work on.
    """
    from sqlalchemy.exc import OperationalError

    from domain import migrations
    from domain.kernel import database
    from domain.kernel.settings import settings

    try:
        if migrations.head_is_current():
            return
    except OperationalError:
        pass  # the application's role is made with the tables
    if settings().embedded:
        migrations.upgrade()
        return
    database.check_server()  # one that cannot be reached or used has a sentence of its own
    raise database.Unusable(
        "The database has not been prepared for this version yet; run `wholesale migrate`, then try again."
    )
