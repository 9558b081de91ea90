"""Who asked colleagues for an approval is named to them, until the person is erased."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain import identity, notifications, pricing, privacy, reactions
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin, clock, run
from domain.notifications import EmailWish, Topic
from tests.make.market import buy, company, make_market

SYSTEM = Actor.system()


def texts() -> str:
    """All that notices and letters hold."""
    with begin(SYSTEM) as work:
        rows = work.session.scalars(sa.text("select facts::text from notices union all select facts::text"
                                            " from outgoing_emails"))  # fmt: skip
        return " ".join(rows)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("wish", [EmailWish.NOW, EmailWish.DAILY])
def test_an_erased_person_is_not_named_in_what_colleagues_were_told(wish: EmailWish) -> None:
    shop = company(OrgKind.RETAILER, "Shop", Variant.BUSINESS_OWNER, Variant.PURCHASING_AGENT, Variant.STORE_MANAGER)
    asker, other = shop.people[Variant.PURCHASING_AGENT], shop.people[Variant.STORE_MANAGER]
    run(shop.owner, notifications.choose_emails, topic=Topic.ORDERS, email=wish)
    for person, name in ((asker, "Zerlinde Quappenbach"), (other, "Somebody Else")):
        facts = {"person_id": str(person.user_id), "asked_by": name, "total": "5", "currency": "EUR"}
        run(SYSTEM, notifications.tell, org_id=shop.org_id, person_id=shop.owner.user_id, kind="approval_asked",
            cause=name, subject="purchase_request", subject_id=uuid4(), facts=facts)  # fmt: skip
    run(SYSTEM, notifications.mail_notices)
    with begin(SYSTEM) as work:
        tomorrow = work.now + timedelta(days=1)
    with clock(tomorrow.replace(hour=12)):
        run(SYSTEM, notifications.write_digests)
    assert texts().count("Quappenbach") == texts().count("Somebody Else") == 2
    run(shop.owner, identity.remove_member, person_id=asker.user_id)
    run(SYSTEM, privacy.erase_person, person_id=asker.user_id, reason="Asked for it")
    assert "Quappenbach" not in texts()
    assert texts().count("Somebody Else") == texts().count("Somebody who left") == 2


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("wish", [EmailWish.NOW, EmailWish.DAILY])
def test_an_erased_person_is_not_named_where_a_price_or_a_look_was_asked_for(wish: EmailWish) -> None:
    market = make_market(makers=1)
    [maker], shop = market.makers, market.retailer
    sales = maker.people[Variant.SALES_REPRESENTATIVE]
    run(maker.owner, notifications.choose_emails, topic=Topic.ORDERS, email=wish)
    with begin(SYSTEM) as work:
        tomorrow = work.now + timedelta(days=1)
    buy(shop, {maker.offers[0]: 1})
    run(sales, pricing.ask_price, request_id=uuid4(), offer_id=maker.offers[0], customer_id=shop.org_id,
        unit_price=Decimal("7.00"), ends_at=tomorrow, reason="They buy much")  # fmt: skip
    run(market.platform.people[Variant.SUPPORT], identity.ask_to_view, request_id=uuid4(), org_id=maker.org_id,
        person_id=sales.user_id, reason="The price looks wrong")  # fmt: skip
    reactions.deliver_new()
    run(SYSTEM, notifications.mail_notices)
    with clock(tomorrow.replace(hour=12)):
        run(SYSTEM, notifications.write_digests)
    name = f"{Variant.SALES_REPRESENTATIVE} of {maker.name}"
    told = texts().count(name)
    assert told >= 4  # of the price and of the look, each in the bell and in a letter
    run(maker.owner, identity.remove_member, person_id=sales.user_id)
    run(SYSTEM, privacy.erase_person, person_id=sales.user_id, reason="Asked for it")
    assert name not in texts()
    assert texts().count("Somebody who left") == told - 1  # the letter to the person of the look is gone itself
