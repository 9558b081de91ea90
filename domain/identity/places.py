"""How goods are delivered to a place of one's own: when the dock is open, by whom, and what a driver must know."""

from uuid import UUID

from domain.identity.events import DeliveryPreferencesChanged
from domain.identity.models import Site
from domain.identity.permissions import Permission
from domain.identity.reach import reach_of
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import Work

_LONGEST = {"dock_hours": 120, "preferred_carrier": 60, "delivery_notes": 500}


def set_delivery_preferences(
    work: Work, *, site_id: UUID, dock_hours: str = "", preferred_carrier: str = "", delivery_notes: str = ""
) -> None:
    """Say how goods are to be delivered to one's own place; new orders carry a copy, open ones keep theirs.

    Raises `NotFound` for a place that is not one's own, `Invalid` for a text that is too long. Announces
    `DeliveryPreferencesChanged`.
    """
    work.actor.require(Permission.MANAGE_ADDRESSES)
    site = work.session.get(Site, site_id, with_for_update=True)
    if site is None or site.org_id != work.actor.require_org():
        raise NotFound
    stores = reach_of(work).stores
    if stores is not None and site.id not in stores:
        raise NotFound
    wanted = {"dock_hours": dock_hours, "preferred_carrier": preferred_carrier, "delivery_notes": delivery_notes}
    before = {name: getattr(site, name) for name in wanted}
    for name, value in wanted.items():
        if len(value) > _LONGEST[name]:
            raise Invalid(f"The {name.replace('_', ' ')} have at most {_LONGEST[name]} characters.")
        setattr(site, name, value.strip() or None)
    after = {name: getattr(site, name) for name in wanted}
    if before != after:
        changed = {name for name in wanted if before[name] != after[name]} - {"delivery_notes"}
        # The notes are free text, in which people name people: they stand beside the log.
        work.record(
            DeliveryPreferencesChanged(
                subject_id=site.org_id, site_id=site.id, before={name: before[name] for name in sorted(changed)},
                after={name: after[name] for name in sorted(changed)},
            ),
            personal={
                "before": {"delivery_notes": before["delivery_notes"]},
                "after": {"delivery_notes": after["delivery_notes"]},
            },
        )  # fmt: skip
