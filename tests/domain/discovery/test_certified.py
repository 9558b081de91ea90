"""The filter for certificates: only what is valid today and covers the product, and what was valid on a day."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import catalog, discovery, verification
from domain.identity import Variant
from domain.kernel.errors import Invalid
from domain.kernel.work import begin, clock, run
from domain.verification import Decision, Requirement
from tests.domain.verification.test_verification import NOW, compliance, decide, paper, submit
from tests.make.market import Company, Market, make_market, receive

ORGANIC = Requirement.ORGANIC_CERTIFICATE


@pytest.fixture
def market(database: sa.Connection) -> Iterator[Market]:
    with clock(NOW):
        yield make_market(makers=2)


def sell(maker: Company, name: str, category: UUID | None) -> None:
    product = run(maker.owner, catalog.create_product, request_id=uuid4(), name=name, category_id=category)
    with begin(maker.owner) as work:
        [(variant, _)] = catalog.variants_of_product(work, product_id=product)
    offer = run(maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant, sku=name, tiers=[(1, Decimal(5))],
                currency="EUR")  # fmt: skip
    run(maker.owner, catalog.publish_offer, offer_id=offer)
    receive(maker, variant, 10)


def certify(market: Market, maker: Company, until: date, *categories: UUID, issued: date | None = None) -> UUID:
    first, second, _ = compliance(market)
    proof = submit(maker, ORGANIC, file_ids=[paper(maker, f"Organic until {until}")], number=f"BIO-{maker.name}",
                   issuer="Control body", issued_on=issued, expires_on=until, category_ids=categories)  # fmt: skip
    decide(first, proof, Decision.APPROVE)
    decide(second, proof, Decision.APPROVE)
    return proof


def found(market: Market, certificate: Requirement | None = ORGANIC) -> set[str]:
    with begin(market.retailer.owner) as work:
        return {row.name for row in discovery.search_products(work, certificate=certificate, size=50).rows}


def test_certified_organic_finds_what_is_valid_today_and_in_scope(market: Market) -> None:
    one, other = market.makers
    operations = market.platform.people[Variant.OPERATIONS]
    with clock(NOW):
        tea, tools = (run(operations, catalog.create_category, name=name) for name in ("Tea", "Tools"))
        for maker, name, category in (
            (one, "Green tea", tea), (one, "Axe", tools), (one, "Loose thing", None), (other, "Black tea", tea),
        ):  # fmt: skip
            sell(maker, name, category)
        everything = {"Green tea", "Axe", "Loose thing", "Black tea", "Thing 1", "Thing 2"}
        assert found(market, None) == everything
        assert found(market) == set()
        last = (NOW + timedelta(days=30)).date()
        certify(market, one, last, tea)
        assert found(market) == {"Green tea"}  # of the categories it covers, of the one who holds it
        assert found(market, Requirement.CE_CONFORMITY) == set()
        certify(market, other, last + timedelta(days=30))
        assert found(market) == {"Green tea", "Black tea", "Thing 2"}  # without categories it covers all
        with pytest.raises(Invalid, match="certificate covers"), begin(market.retailer.owner) as work:
            discovery.search_products(work, certificate=Requirement.OWNERS)
    with clock(NOW + timedelta(days=30)):
        assert "Green tea" in found(market)  # its last day counts
    with clock(NOW + timedelta(days=31)):
        assert found(market) == {"Black tea", "Thing 2"}
        with begin(market.retailer.owner) as work:  # what was valid on a day can be asked
            valid = verification.valid_certificates(work, org_ids=[one.org_id, other.org_id], on=last)
        assert [(row.org_id, row.number) for row in valid] == sorted(
            [(one.org_id, "BIO-Maker 1"), (other.org_id, "BIO-Maker 2")])  # fmt: skip
    with clock(NOW + timedelta(days=61)):
        assert found(market) == set()
