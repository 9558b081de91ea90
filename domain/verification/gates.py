"""How far an organisation is verified, and the doors that ask for it.

A door asks for a capability when something new is begun; what is under way goes on whatever runs out.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import NotAllowed, NotFound
from domain.kernel.work import Work
from domain.verification.states import LEVEL_OF, Capability
from domain.verification.views import Item, Standing

WHERE = "Open Verification in the menu to see what is missing and to hand it in."


class NotVerified(NotAllowed):
    """The organisation is not verified far enough for this."""


_ITEMS = text("select * from verification_items(:org_id, :at) order by level, is_optional, requirement")


def standing_of(work: Work, *, org_id: UUID | None = None, at: datetime | None = None) -> Standing:
    """Level and requirements at an instant (now), of one's own organisation or, for staff who may know, of any.

    Raises `NotFound` for another organisation's.
    """
    return standing(work, _may_ask(work, org_id), at or work.now)


def level_of(work: Work, org_id: UUID, at: datetime | None = None) -> int:
    """0 to 3. Everybody signed in may know a seller's; a buyer's only itself and staff. Raises `NotFound`."""
    if org_id != work.actor.org_id and not _is_staff_who_may(work):
        levels = levels_of_sellers(work, org_ids=[org_id], at=at)
        if org_id not in levels:
            raise NotFound
        return levels[org_id]
    return standing(work, org_id, at or work.now).level


def levels_of_sellers(work: Work, *, org_ids: Collection[UUID], at: datetime | None = None) -> dict[UUID, int]:
    """The levels of those among the organisations that sell, in one statement."""
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
    rows = work.session.execute(
        text("select org_id, level from sellers_level(:ids, :at)"), {"ids": list(org_ids), "at": at or work.now}
    )
    return {row.org_id: int(row.level) for row in rows}


def require_capability(work: Work, capability: Capability) -> int:
    """Refuse unless the actor's organisation is verified far enough for something new. Returns its level.

    Staff and jobs pass: they act for nobody. Raises `NotVerified`, which names what is missing.
    """
    if work.actor.is_staff:
        return 3
    org_id = work.actor.require_org()
    needed = LEVEL_OF[Capability(capability)]
    found = standing(work, org_id, work.now)
    if found.level >= needed:
        return found.level
    missing = found.missing(needed)
    what = ", ".join(name.replace("_", " ").replace("email", "e-mail") for name in missing)
    tail = f" Still missing: {what}." if missing else " This kind of organisation does not reach it."
    raise NotVerified(
        f"To {capability.value} your business must be verified up to level {needed}; it is at level {found.level}."
        f"{tail} {WHERE}"
    )


def require_confirmed_person(work: Work) -> None:
    """Refuse somebody whose own e-mail address is not confirmed yet."""
    if work.actor.is_system:
        return
    if work.actor.user_id is None:
        raise NotFound
    confirmed = work.session.execute(
        text("select email_confirmed_at is not null from people where id = :person"), {"person": work.actor.user_id}
    ).scalar()
    if not confirmed:
        raise NotVerified("Please confirm your e-mail address first: open the link that we sent you, or your profile.")


def purchase_cap(work: Work, level: int) -> Decimal | None:
    """The most that a buyer of this level may order within 30 days in one currency; None: no limit."""
    if not work.actor.is_staff:
        work.actor.require_org()
    if level >= LEVEL_OF[Capability.BUY_UNLIMITED]:
        return None
    return value_of(work, Setting.PURCHASE_CAP_LEVEL_1)


def require_category(work: Work, *, category_id: UUID | None) -> None:
    """Refuse to sell in a regulated category without level 3 and a certificate for it that holds today.

    Raises `NotVerified`, which names the certificate.
    """
    if not work.actor.is_staff:
        work.actor.require_org()
    if category_id is None or work.actor.org_id is None:
        return
    asked = work.session.execute(_CERTIFICATES_ASKED, _sold(work, [(work.actor.org_id, category_id, work.now)]))
    held = {row.requirement: row.is_held for row in asked}
    if not held:
        return
    require_capability(work, Capability.REGULATED)
    missing = [name for name in sorted(held) if not held[name]]
    if missing:
        what = ", ".join(name.replace("_", " ") for name in missing)
        raise NotVerified(f"This category is regulated. It needs a valid certificate that covers it: {what}. {WHERE}")


_CERTIFICATES_ASKED = text("select * from certificates_asked(:sellers, :categories, :since, :now)")


def sellers_not_certified(
    work: Work, *, sold: Collection[tuple[UUID, UUID, datetime]], levels: Mapping[UUID, int]
) -> set[tuple[UUID, UUID]]:
    """Of sellers, categories and since when goods are on sale there: where level 3 or a certificate is missing now.

    `levels` are those of the sellers. For everybody signed in.
    """
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
    if not sold:
        return set()
    needed = LEVEL_OF[Capability.REGULATED]
    return {
        (row.seller_id, row.category_id)
        for row in work.session.execute(_CERTIFICATES_ASKED, _sold(work, sold))
        if not row.is_held or levels.get(row.seller_id, 0) < needed
    }


def _sold(work: Work, sold: Collection[tuple[UUID, UUID, datetime]]) -> dict[str, Any]:
    sellers, categories, since = zip(*sold, strict=True)
    return {"sellers": [*sellers], "categories": [*categories], "since": [*since], "now": work.now}


def standing(work: Work, org_id: UUID, at: datetime) -> Standing:
    """Level and requirements, for callers who have asked whether they may."""
    rows = work.session.execute(_ITEMS, {"org_id": org_id, "at": at})
    items = tuple(Item.model_validate(row._asdict()) for row in rows)
    asked = [item for item in items if not item.is_optional]
    top = max((item.level for item in asked), default=0)
    unmet = min((item.level for item in asked if not item.is_met), default=4)
    return Standing(level=min(unmet - 1, top), top_level=top, items=items)


def _is_staff_who_may(work: Work) -> bool:
    rights = (Permission.SEE_VERIFICATION_STATUS, Permission.DECIDE_VERIFICATION)
    return work.actor.is_staff and any(work.actor.may(right) for right in rights)


def _may_ask(work: Work, org_id: UUID | None) -> UUID:
    if org_id is None or org_id == work.actor.org_id:
        return work.actor.require_org()
    if not _is_staff_who_may(work):
        raise NotFound
    return org_id
