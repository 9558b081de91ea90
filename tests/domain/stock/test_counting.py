"""Corrections of stock: a production manager makes small ones alone, large ones are for the owner or a manager."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain import stock
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin, clock, run
from domain.stock import LargeAdjustment
from tests.make.market import Company, company, offer


@pytest.fixture
def maker(database: Any) -> Company:
    made = company(OrgKind.MANUFACTURER, "Maker", Variant.FACTORY_OWNER, Variant.FACTORY_MANAGER, Variant.PRODUCTION_MANAGER)
    offer(made, "Thing", on_hand=5000)
    return made


def count(who: Actor, maker: Company, counted: int) -> int:
    with begin(maker.owner) as work:
        [row], _ = stock.my_stock(work)
    return run(who, stock.count_stock, request_id=uuid4(), variant_id=row.variant_id, location_id=row.location_id,
               lot_id=row.lot_id, counted=counted)  # fmt: skip


def on_hand(maker: Company) -> int:
    with begin(maker.owner) as work:
        return stock.my_locations(work)[0].on_hand


def test_a_large_correction_is_for_a_manager(maker: Company) -> None:
    production = maker.people[Variant.PRODUCTION_MANAGER]
    with pytest.raises(LargeAdjustment, match="above 1,000 the owner or a manager"):
        count(production, maker, 3999)
    assert on_hand(maker) == 5000
    assert count(production, maker, 4000) == -1000  # the limit itself
    for who, counted in ((maker.people[Variant.FACTORY_MANAGER], 1000), (maker.owner, 9000)):
        count(who, maker, counted)
        assert on_hand(maker) == counted


def test_small_corrections_of_a_day_count_together(maker: Company) -> None:
    production = maker.people[Variant.PRODUCTION_MANAGER]
    assert [count(production, maker, counted) for counted in (4600, 4100, 4000)] == [-400, -500, -100]
    assert count(production, maker, 4000) == 0  # nothing moves, nothing is too much
    for counted in (3999, 4001):
        with pytest.raises(LargeAdjustment):
            count(production, maker, counted)
    assert on_hand(maker) == 4000
    with begin(maker.owner) as work:
        tomorrow = work.now + timedelta(hours=25)
    with clock(tomorrow):
        assert count(production, maker, 3999) == -1
