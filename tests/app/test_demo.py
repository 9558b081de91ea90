"""The demo market: the same twice, another with another seed, whole, and with something in every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from app.accounts import accounts
from app.demo import market, pictures
from app.demo.companies import Size
from app.demo.goods import makers
from app.demo.market import PASSWORD, make_market
from app.demo.names import slug_of
from domain import identity
from domain.identity import VARIANTS
from domain.kernel.actor import Actor
from domain.kernel.work import begin, clock
from domain.orders import OrderState
from domain.reports import violations
from tests.conftest import _clone, _named, pointed_to

TODAY = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
SMALL = Size(makers=4, shops=8, distributors=1, days=70, live_days=16)
TINY = Size(makers=1, shops=2, distributors=0, days=40, live_days=6)

# What the screens of the newer parts have to show, and how many at least.
SHOWN = {
    "promotion_budgets where units_spent = unit_limit": 1, "price_rules where step = 'promotion'": 8,
    "price_rules where starts_at > '2026-12-24'": 1, "customer_groups": 4, "price_plans": 4, "price_floors": 5,
    "price_requests where state = 'waiting'": 1, "stock_counts where state = 'open'": 2,
    "stock_count_lines where state = 'posted' and counted <> expected": 2, "stock_transfers where state = 'sent'": 2,
    "stock_transfers where state = 'received'": 2, "locations where kind = 'bin'": 6,
    "stock_holds where state = 'held'": 3, "stock_allocations": 2, "lots where state = 'on_hold'": 2,
    "lots where expires_on < '2026-12-31'": 1, "saved_lists": 3, "saved_searches": 3,
    "catalog_uploads where state = 'done' and rows_bad = 2": 1, "sale_policies": 3,
    "stock_movements where kind = 'sold'": 1, "catalog_changes where state = 'pending'": 2, "product_media": 5,
}  # fmt: skip

Making = Callable[..., AbstractContextManager[str]]


@pytest.fixture
def making(server: str, template: str, drop_database: Callable[[str], None]) -> Making:
    """Make a small market in a database of its own and look at it before it goes."""

    @contextmanager
    def make(seed: int = market.SEED, today: datetime = TODAY, size: Size = SMALL) -> Iterator[str]:
        name = _clone(server, template)
        try:
            with pointed_to(_named(server, name)):
                yield make_market(today=today, seed=seed, size=size)
        finally:
            drop_database(name)

    return make


def test_the_same_hour_and_seed_make_the_same_market(making: Making) -> None:
    with making() as first:
        _is_whole_and_alive()
    with making(today=TODAY.replace(minute=55)) as again:
        assert again == first


def test_another_seed_makes_another_market(making: Making) -> None:
    with making(size=TINY) as one, making(size=TINY, seed=7) as other:
        assert one != other


def _is_whole_and_alive() -> None:
    with clock(TODAY), begin(Actor.system()) as work:
        assert [row for row in violations(work) if row.violations] == []
    with begin(Actor.system()) as work:
        states = work.session.scalars(text("select distinct state from supplier_orders where origin = 'live'")).all()
        assert set(states) == set(OrderState)
        payments = work.session.scalars(text("select distinct state from payments")).all()
        assert sorted(payments) == ["awaiting_transfer", "captured", "expired"]
        waiting = work.session.scalars(text("select total from purchase_requests where state = 'waiting'")).all()
        assert len(waiting) == 1 and waiting[0] > 250  # above the limit of whoever asks
        imported = work.session.execute(
            text("select count(*) from supplier_orders o join organizations g on g.id = o.seller_id"
                 " where o.origin = 'imported' and g.origin = 'live'")
        ).scalar_one()
        assert imported > 0
        for _, email in accounts():
            assert identity.person_by_email(work, email=email).email == email
        for what, least in SHOWN.items():
            assert work.session.execute(text(f"select count(*) from {what}")).scalar_one() >= least, what
        late = work.session.execute(
            text("select count(*) from events where recorded_at > :today"), {"today": TODAY}
        ).scalar_one()
        assert late == 0


def test_an_account_is_shown_for_every_role() -> None:
    shown = " ".join(who.lower() for who, _ in accounts())
    variants = [variant for kind in VARIANTS.values() for variant in kind]
    assert [variant for variant in variants if variant.replace("_", " ") not in shown] == []
    assert len(PASSWORD) >= 12


def test_goods_read_like_goods() -> None:
    items = [item for maker in makers() for item in maker.items]
    assert len(makers()) == 50
    assert min(len(maker.items) for maker in makers()) >= 5
    assert len({item.sku for item in items}) == len(items)
    assert all(item.minimum % item.pack == 0 and item.attributes and item.about for item in items)
    assert all(len(pictures.draw(item.drawing, "2f6f73", "a8d5cf")) <= 4096 for item in items[:6])
    assert pictures.draw("cup", "2f6f73", "a8d5cf") == pictures.draw("cup", "2f6f73", "a8d5cf")
    with pytest.raises(KeyError):
        pictures.draw("nothing that anybody has drawn", "2f6f73", "a8d5cf")


def test_slugs_are_plain() -> None:
    assert slug_of("Haus & Hof Leipzig") == "haus-hof-leipzig"
    assert slug_of("Épicerie d'Annecy") == "epicerie-dannecy"
    assert slug_of("Møller Køkken") == "moller-kokken"
