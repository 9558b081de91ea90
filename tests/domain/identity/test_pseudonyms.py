"""People without names: the same one tomorrow, no trace of who it is, and for analysts alone."""

import re
from typing import Any
from uuid import uuid4

import pytest

from domain import identity
from domain.identity import Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import NotAllowed
from domain.kernel.work import begin, run
from tests.make.market import make_market


def test_analysts_see_people_without_names_and_others_do_not(database: Any) -> None:
    market = make_market(makers=1)
    shop, staff = market.retailer, market.platform.people
    analyst = staff[Variant.ANALYTICS]

    def listed(which: str = "all", who: Actor = analyst) -> list[identity.PseudonymRow]:
        with begin(who) as work:
            rows, total = identity.people_without_names(work, which=which, size=500)
        assert total == len(rows)
        return rows

    before = listed()
    members = {one.user_id for company in (shop, *market.makers, market.distributor) for one in company.people.values()}
    assert len(before) == len(members) == len({row.pseudonym for row in before}) > 5
    assert listed("disabled") == [] == listed("suspended")
    told = " ".join(row.model_dump_json() for row in before)
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|@", told) and shop.name not in told and "of Corner" not in told
    assert all(re.fullmatch(r"P-[0-9a-f]{10}", row.pseudonym) and len(row.joined_in) == 7 for row in before)
    # Another month's list can be compared with this one.
    boss = staff[Variant.OPERATIONS]
    agent = shop.people[Variant.PURCHASING_AGENT]
    run(boss, identity.disable_person, person_id=agent.user_id, reason="Lost a laptop")
    run(boss, identity.suspend_organization, request_id=uuid4(), org_id=market.makers[0].org_id, reason="Forged labels")
    [disabled] = listed("disabled")
    assert disabled.variant == Variant.PURCHASING_AGENT
    assert {row.kind for row in listed("suspended")} == {"manufacturer"}
    assert {row.pseudonym for row in listed()} == {row.pseudonym for row in before}
    for variant in (Variant.SUPPORT, Variant.FINANCE, Variant.OPERATIONS):
        with pytest.raises(NotAllowed):
            listed(who=staff[variant])
    with pytest.raises(NotAllowed):
        listed(who=shop.owner)
