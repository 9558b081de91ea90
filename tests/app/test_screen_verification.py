"""The screens of business verification: what is missing, handing in, the queue and the decision."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from app.navigation import BY_URL
from domain import payments, verification
from domain.identity import OrgKind, Variant
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, run
from domain.verification import Requirement
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.app.test_screens_seller_admin import opened
from tests.make.files import a_picture
from tests.make.market import Company, company, offer

pytestmark = pytest.mark.usefixtures("database")
SYSTEM = Actor.system()


@contextmanager
def screen(who: Company, url: str, variant: Variant | None = None, **address: Any) -> Iterator[AppTest]:
    email = who.emails[variant] if variant else next(iter(who.emails.values()))
    with browser(cookie_of(session_of(email))) as at:
        at.run()
        for name, value in address.items():
            at.query_params[name] = str(value)
        at.switch_page(str(PROJECT / BY_URL[url].path)).run()
        assert not at.exception, at.exception
        yield at


def press(at: AppTest, label: str) -> None:
    at.button[next(i for i, each in enumerate(at.button) if each.label == label)].click().run()
    assert not at.exception, at.exception


@pytest.fixture
def platform(database: sa.Connection) -> Company:
    return company(OrgKind.PLATFORM, "Platform", Variant.COMPLIANCE, Variant.SUPPORT, Variant.FINANCE)


@pytest.fixture
def maker(database: sa.Connection) -> Company:
    return company(OrgKind.MANUFACTURER, "Maker <b>One</b>", Variant.FACTORY_OWNER, Variant.PRODUCTION_MANAGER)


def hand_in(maker: Company) -> UUID:
    """A proof of address whose picture the automatic check is not sure about. Returns the case's submission."""
    file = run(maker.owner, files.store, content=a_picture(), name="bill.png")
    made: UUID = run(maker.owner, verification.submit_proof, request_id=uuid4(), file_ids=[file],
                     requirement=Requirement.PROOF_OF_ADDRESS, issued_on=datetime.now(UTC).date())  # fmt: skip
    run(SYSTEM, verification.record_reading, submission_id=made, file_id=file, outcome="review",
        reasons=["The name is not in it."], fields={"name": ("Maker *One*", 0.62)})  # fmt: skip
    return made


def test_an_owner_sees_levels_and_what_became_of_it(maker: Company) -> None:
    hand_in(maker)
    with screen(maker, "account-verification") as at:
        shown = texts(at)
        assert "Business verification" in shown and "Level 3" in shown and "Reached" in shown
        assert "With a reviewer" in shown and "bill\\.png" in shown
        assert "Renew" in [each.label for each in at.button]
    with screen(maker, "account-verification", Variant.PRODUCTION_MANAGER) as at:
        assert "The owner of your organisation hands these in" in texts(at)
        assert not {"Renew", "Hand in"} & {each.label for each in at.button}


def test_a_reviewer_takes_a_case_and_decides_it(maker: Company, platform: Company) -> None:
    submission = hand_in(maker)
    with screen(platform, "admin-verification", Variant.COMPLIANCE) as at:
        assert "Proof of address" in texts(at) and "Maker" in texts(at)
    with begin(platform.people[Variant.COMPLIANCE]) as work:
        [case] = verification.case_queue(work)[0]
    assert case.submission_id == submission
    with screen(platform, "admin-case", Variant.COMPLIANCE, case=case.case_id) as at:
        assert "Maker \\*One\\*" in texts(at) or "Maker *One*" in texts(at)
        assert "The automatic check is not sure" in texts(at)
        press(at, "Take this case")
        press(at, "Approve")
        assert "Decided by" in texts(at)
    with begin(SYSTEM) as work:
        assert work.session.execute(
            sa.text("select state from verification_submissions where id = :id"), {"id": submission}
        ).scalar_one() == "verified"  # fmt: skip


def test_who_may_only_see_the_state_opens_no_case(maker: Company, platform: Company) -> None:
    hand_in(maker)
    with begin(platform.people[Variant.COMPLIANCE]) as work:
        [case] = verification.case_queue(work)[0]
    with screen(platform, "admin-verification", Variant.SUPPORT) as at:
        assert "Proof of address" in texts(at) and "Waivers" not in texts(at)
    with screen(platform, "admin-case", Variant.SUPPORT, case=case.case_id) as at:
        assert "This page is not for your role" in texts(at)


def test_a_buyer_sees_what_stands_behind_the_badge(maker: Company) -> None:
    offer(maker, "Teapot")
    shop = company(OrgKind.RETAILER, "Shop")
    with screen(shop, "retailer-supplier", org=maker.org_id) as at:
        at.session_state[f"badge-{maker.org_id}"] = True  # as who opens it does
        at.run()
        assert "Registration document" in texts(at) and "Level 3" in texts(at)
    with screen(shop, "retailer-products") as at:
        assert "material/verified: Verified" in texts(at)


def test_finance_sends_test_deposits(maker: Company, platform: Company) -> None:
    from domain import payments

    for iban in ("DE89370400440532013000", "FR1420041010050500013M02606"):
        run(maker.owner, payments.change_bank_account, holder=maker.name, iban=iban)
    with screen(platform, "admin-payouts", Variant.FINANCE, show="deposits") as at:
        assert "…2606" in texts(at)
        press(at, "Mark as sent")
        assert "No test deposits" in texts(at)
    with screen(maker, "account-verification") as at:
        assert "Enter the amounts" in [each.label for each in at.button]


# --- what is asked for ---------------------------------------------------------------------------


def test_a_rule_is_looked_at_and_written_down(maker: Company, platform: Company) -> None:
    with screen(platform, "admin-requirements", Variant.COMPLIANCE) as at:
        assert list(at.dataframe[0].value["Level"])[:1] == ["1"] and "No category is regulated" in texts(at)
        with opened(at, "Ask for something"):
            at.selectbox(key="rule-what").set_value(Requirement.PRODUCTION_CAPACITY)
            at.multiselect(key="rule-kinds").set_value(["manufacturer"])
            at.number_input(key="rule-grace").set_value(0)
            press(at, "See who it hits")
            said = " ".join(each.value for each in at.success)
            assert "Asked of 1 organisation; nobody would lose a level" in said
            at.text_area(key="rule-why").set_value("It has to be seen by all")
            press(at, "Write it down")
    with begin(platform.people[Variant.COMPLIANCE]) as work:
        rules = [row for row in verification.requirement_rules(work) if row.state == "planned"]
    assert [(row.requirement, row.level, row.reason) for row in rules] == [
        ("production_capacity", 2, "It has to be seen by all")]  # fmt: skip
    with screen(platform, "admin-requirements", Variant.COMPLIANCE, show="planned") as at:
        assert list(at.dataframe[0].value["Why"]) == ["It has to be seen by all"]
    with screen(platform, "admin-requirements", Variant.SUPPORT) as at:  # reads
        assert at.dataframe and "Ask for something" not in [each.label for each in at.button]
    with screen(maker, "admin-requirements") as at:
        assert not at.dataframe


def test_a_maker_proves_an_account_by_deposits_or_a_statement(maker: Company, platform: Company) -> None:
    for iban in ("DE89370400440532013000", "FR1420041010050500013M02606"):  # another one is proved anew
        run(maker.owner, payments.change_bank_account, holder="Maker", iban=iban)
    with screen(maker, "account-verification") as at:
        assert "or you hand in a statement of the account" in texts(at)
        assert "Hand in a statement" in [each.label for each in at.button]
        assert "Enter the amounts" not in [each.label for each in at.button]
    with begin(platform.people[Variant.FINANCE]) as work:
        [deposit] = verification.deposits_to_send(work)
    run(platform.people[Variant.FINANCE], verification.record_deposits_sent, submission_ids=[deposit.submission_id])
    with screen(maker, "account-verification") as at:
        shown = texts(at)
        assert "3 of 3 tries are left" in shown
        assert not [amount for amount in deposit.amounts if str(amount) in shown]
        press(at, "Hand in a statement")
        assert "the whole IBAN" in texts(at)
    with screen(maker, "manufacturer-payouts") as at:
        assert "FR·· ···· ···· 2606" in texts(at) and "FR14" not in texts(at)


def test_the_filter_for_certificates_stands_in_the_address(maker: Company, platform: Company) -> None:
    offer(maker, "Linen")
    shop = company(OrgKind.RETAILER, "Shop")
    with screen(shop, "retailer-products") as at:
        assert "Linen" in texts(at) + str([each.label for each in at.get("page_link")])
    with screen(shop, "retailer-products", certificate="organic_certificate") as at:
        assert "No product fits" in texts(at)
        at.session_state["more-filters"] = True  # as who opens them does
        at.run()
        [chosen] = [box.value for box in at.selectbox if box.label == "Any certificate"]
        assert chosen == "organic_certificate"
