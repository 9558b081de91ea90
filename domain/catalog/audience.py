"""Whether an offer is for everybody or for chosen buyers; whom, discovery keeps."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.errors import NotFound
from domain.kernel.work import Work


def mark_audience(work: Work, *, offer_ids: Sequence[UUID], audience: str) -> None:
    """Say of some of one's own offers that everybody sees them, or chosen buyers only ("chosen").

    A step of `discovery.set_audience`. Raises `NotFound` when one of them is not one's own.
    """
    work.actor.require(Permission.CHOOSE_AUDIENCE)
    changed = work.session.execute(
        text("update offers set audience = :audience where id = any(:ids) and seller_id = :me returning id"),
        {"audience": audience, "ids": sorted(offer_ids), "me": work.actor.require_org()},
    ).all()
    if len(changed) != len(set(offer_ids)):
        raise NotFound
