"""What a maker can make: the claim beside what was shipped, and which of the two counts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain import orders, reports
from domain.identity import Variant
from domain.kernel.errors import NotFound
from domain.kernel.work import begin, clock, run
from domain.reports import MonthShipped, what_counts
from domain.verification import Decision, Requirement
from tests.domain.verification.test_verification import compliance, decide, paper, submit
from tests.make.market import Company, Market, buy, make_market, orders_of, sheet

NOW = datetime(2026, 8, 20, 10, tzinfo=UTC)


@pytest.fixture
def market(database: sa.Connection) -> Iterator[Market]:
    with clock(NOW):
        yield make_market(makers=1, wallet="20000.00")


def ship(market: Market, maker: Company, quantity: int, at: datetime, *, days: int = 1) -> None:
    """Ordered and confirmed so many days before it leaves; three days are promised."""
    with clock(at - timedelta(days=days)):
        order = orders_of(market.retailer, buy(market.retailer, {maker.offers[0]: quantity}))[maker.org_id]
        run(maker.owner, orders.confirm_order, order_id=order)
    with clock(at):
        lines = {line.line_id: line.confirmed for line in sheet(maker.owner, order).lines}
        run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order, carrier="dhl", tracking="T",
            shipped=lines)  # fmt: skip


def month(number: int, shipped: int, late: int = 0) -> MonthShipped:
    return MonthShipped(month=datetime(2026, number, 1, tzinfo=UTC), shipped=shipped, late=late)


@pytest.mark.parametrize(("months", "counts"), [
    ((), (100, "claim")),
    ((month(1, 40), month(2, 60)), (100, "claim")),  # nothing was late: there was no more to do
    ((month(1, 130),), (130, "more")),
    ((month(1, 40, 30),), (100, "claim")),  # one bad month is no rule
    ((month(1, 40, 30), month(2, 60, 6), month(3, 55)), (60, "late")),
    ((month(1, 40, 30), month(2, 60, 5)), (100, "claim")),  # a few stragglers are none either
    ((month(1, 40, 30), month(2, 120, 90)), (120, "more")),
])  # fmt: skip
def test_what_counts(months: tuple[MonthShipped, ...], counts: tuple[int, str]) -> None:
    assert what_counts(100, months) == counts


def test_a_claim_is_shown_beside_what_was_shipped_and_corrected_by_it(market: Market) -> None:
    maker, shop = market.makers[0], market.retailer
    first, second, _ = compliance(market)
    with clock(NOW):
        with begin(shop.owner) as work:
            assert reports.seller_capacity(work, org_id=maker.org_id) is None  # vouched for is no claim
        proof = submit(maker, Requirement.PRODUCTION_CAPACITY, number="90", file_ids=[paper(maker, "Machines")])
        decide(first, proof, Decision.APPROVE)
        decide(second, proof, Decision.APPROVE)
    for at, quantity, days in (
        (NOW + timedelta(days=1), 30, 1), (datetime(2026, 9, 10, tzinfo=UTC), 47, 9),
        (datetime(2026, 10, 10, tzinfo=UTC), 20, 9), (datetime(2026, 10, 12, tzinfo=UTC), 12, 1),
        (datetime(2026, 11, 3, tzinfo=UTC), 300, 1),  # this month is not whole yet
    ):  # fmt: skip
        ship(market, maker, quantity, at, days=days)
    with clock(datetime(2026, 11, 20, tzinfo=UTC)):
        for who in (maker.owner, first):
            with begin(who) as work:
                found = reports.capacity_of(work, org_id=maker.org_id)
            assert [(m.month.month, m.shipped, m.late) for m in found.months] == [(8, 30, 0), (9, 47, 47), (10, 32, 20)]
            assert (found.claimed, found.best, found.counts, found.because) == (90, 47, 47, "late")
        with begin(shop.owner) as work:
            seen = reports.seller_capacity(work, org_id=maker.org_id)
            assert seen is not None and (seen.claimed, seen.months, seen.best) == (90, 3, 40)  # the first digit only
            with pytest.raises(NotFound):
                reports.capacity_of(work, org_id=maker.org_id)
        with begin(market.platform.people[Variant.FINANCE]) as work, pytest.raises(NotFound):
            reports.capacity_of(work, org_id=maker.org_id)
    with clock(datetime(2026, 12, 1, tzinfo=UTC)), begin(maker.owner) as work:
        found = reports.capacity_of(work)
        assert (found.counts, found.because) == (300, "more")
