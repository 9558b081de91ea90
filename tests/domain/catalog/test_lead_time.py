"""A lead time is set by those who plan the production, and by nobody else's leave the rest of an offer."""

from typing import Any
from uuid import UUID

import pytest

from domain import catalog
from domain.catalog import OfferSheet, StaleVersion
from domain.identity import VARIANTS, OrgKind, Variant
from domain.kernel.errors import Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, run
from tests.make.market import Company, company, offer


@pytest.fixture
def maker(database: Any) -> Company:
    made = company(OrgKind.MANUFACTURER, "Maker", *VARIANTS[OrgKind.MANUFACTURER])
    offer(made, "Thing", lead_time_days=3)
    return made


def sheet(maker: Company, offer_id: UUID) -> OfferSheet:
    with begin(maker.owner) as work:
        return catalog.offer_sheet(work, offer_id=offer_id)


def test_a_production_manager_sets_lead_times_and_nothing_else(maker: Company) -> None:
    [offer_id] = maker.offers
    production, before = maker.people[Variant.PRODUCTION_MANAGER], sheet(maker, offer_id)
    facts = {"offer_id": offer_id, "version": before.version}
    with pytest.raises(NotAllowed):
        run(production, catalog.change_offer, lead_time_days=9, **facts)
    with pytest.raises(NotAllowed):
        run(maker.people[Variant.SALES_REPRESENTATIVE], catalog.set_lead_time, lead_time_days=9, **facts)
    for wrong in (-1, 731):
        with pytest.raises(Invalid):
            run(production, catalog.set_lead_time, lead_time_days=wrong, **facts)
    assert sheet(maker, offer_id) == before
    run(production, catalog.set_lead_time, lead_time_days=9, **facts)
    after = sheet(maker, offer_id)
    assert (after.lead_time_days, after.minimum_quantity, after.version) == (9, before.minimum_quantity, before.version + 1)
    with pytest.raises(StaleVersion):
        run(production, catalog.set_lead_time, lead_time_days=4, **facts)
    stranger = company(OrgKind.MANUFACTURER, "Other", *VARIANTS[OrgKind.MANUFACTURER])
    with pytest.raises(NotFound):
        run(stranger.people[Variant.PRODUCTION_MANAGER], catalog.set_lead_time, offer_id=offer_id, version=after.version,
            lead_time_days=1)  # fmt: skip
