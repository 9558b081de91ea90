"""A history whose suppliers and buyers are organisations that exist, and a look at what would come in."""

from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from domain.identity import OrgKind
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid
from domain.kernel.work import begin, run
from domain.orders.history import HistoryNameTaken, ImportedHistory, import_history
from domain.orders.history_files import BadHistory
from tests.domain.orders.test_history import FILES, counts, folder, rows
from tests.make.market import Company, company, offer


def load(path: Path, name: str = "past", **facts: object) -> ImportedHistory:
    return run(Actor.system(), import_history, folder=path, name=name, **facts)


def sku_of(offer_id: UUID) -> str:
    with begin(Actor.system()) as work:
        return work.session.scalar(text("select sku from offers where id = :id"), {"id": offer_id})


@pytest.fixture
def maker(database: sa.Connection) -> Company:
    made = company(OrgKind.MANUFACTURER, "Dairy of today")
    offer(made, "Milk of today", on_hand=0)
    return made


@pytest.fixture
def path(maker: Company, tmp_path: Path) -> Path:
    """Product P3 of supplier S2 has the SKU of the maker's offer."""
    products = FILES["products"].replace("MILK,Milk", f"{sku_of(maker.offers[0])},Milk") + "P4,S2,CREAM,Cream,Fats,,\n"
    lines = FILES["order_lines"] + "5,1,P4,2,3.00,0\n"
    return folder(tmp_path / "past", products=products, order_lines=lines)


def test_the_past_of_an_organisation_that_exists_is_its_own(maker: Company, path: Path) -> None:
    shop = company(OrgKind.RETAILER, "Shop of today")
    done = load(path, suppliers={"S2": maker.org_id}, buyers={"B2": shop.org_id})
    assert done.report is not None
    assert (done.report.new_suppliers, done.report.new_buyers) == (1, 1)
    assert (done.report.new_products, done.report.matched_products) == (3, 1)
    assert done.report.gmv_by_month[0] == (done.report.first_on.replace(day=1), Decimal("28.12"))
    assert rows("select external_id from organizations where history_id is not null order by 1") == [("B1",), ("S1",)]
    assert rows(
        "select l.name, l.sku = f.sku, o.seller_name, o.buyer_name from order_lines l"
        " join supplier_orders o on o.id = l.order_id join offers f on f.id = l.offer_id"
        f" where o.seller_id = '{maker.org_id}' order by o.number"
    ) == [
        ("Milk of today", True, "Dairy of today", "Corner shop"),
        ("Milk of today", True, "Dairy of today", "Shop of today"),
        ("Cream", True, "Dairy of today", "Shop of today"),
    ]
    # No second product for what is sold already, and none of it can be ordered.
    assert rows("select external_id from products where history_id is not null order by 1") == [("P1",), ("P2",), ("P4",)]
    assert rows(f"select sku, state from offers where seller_id = '{maker.org_id}' order by state") == [
        ("CREAM", "discontinued"), (sku_of(maker.offers[0]), "published"),
    ]  # fmt: skip
    assert rows("select coalesce(sum(violations), 0) from invariants") == [(0,)]
    assert not load(path, suppliers={"S2": maker.org_id}, buyers={"B2": shop.org_id}).is_new


def test_the_next_year_is_the_same_products(maker: Company, path: Path) -> None:
    load(path, suppliers={"S1": maker.org_id, "S2": maker.org_id})
    before = rows("select count(*) from products")
    done = load(path, name="next", suppliers={"S1": maker.org_id, "S2": maker.org_id})
    assert done.report is not None and (done.report.new_products, done.report.matched_products) == (0, 4)
    assert rows("select count(*) from products") == before
    # Two suppliers of the files that are one organisation share an order.
    assert rows("select number, total from supplier_orders where number like 'H-next-1-%'") == [
        ("H-next-1-1", Decimal("29.12"))
    ]


def test_organisations_that_cannot_be_meant_are_refused(maker: Company, path: Path) -> None:
    shop = company(OrgKind.RETAILER, "Shop of today")
    before = counts()
    for wrong in (
        {"suppliers": {"S2": uuid4()}},
        {"suppliers": {"S2": shop.org_id}},
        {"buyers": {"B2": maker.org_id}},
        {"suppliers": {"S9": maker.org_id}},
    ):
        with pytest.raises(Invalid, match=r"S2|B2|S9"):
            load(path, **wrong)
    trader = company(OrgKind.DISTRIBUTOR, "Trader of today")
    before = counts()
    with pytest.raises(BadHistory, match="the buyer and the seller of this line are one organisation"):
        load(path, suppliers={"S2": trader.org_id}, buyers={"B2": trader.org_id})
    assert counts() == before


def test_another_meaning_of_the_same_files_is_another_history(maker: Company, path: Path) -> None:
    load(path)
    with pytest.raises(HistoryNameTaken):
        load(path, suppliers={"S2": maker.org_id})


def test_a_dry_run_tells_what_would_come_and_moves_nothing(maker: Company, path: Path) -> None:
    before = counts()
    would = load(path, suppliers={"S2": maker.org_id}, dry_run=True)
    assert counts() == before
    assert would.is_dry_run and would.is_new
    done = load(path, suppliers={"S2": maker.org_id})
    assert counts() != before
    assert (done.orders, done.lines, done.report, done.notes) == (would.orders, would.lines, would.report, would.notes)
    with pytest.raises(BadHistory):
        load(folder(path, orders="order_id\n"), name="broken", dry_run=True)
