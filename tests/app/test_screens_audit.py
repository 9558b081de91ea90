"""The screens of the audit log, the settings and the territories, as each role sees them."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

import domain
from app import words
from app.navigation import BY_URL
from app.parts import audit_words
from domain import identity, payments, territories
from domain.identity import Variant
from domain.kernel.actor import Actor
from domain.kernel.events import Event
from domain.kernel.settings import PROJECT
from domain.kernel.work import run
from domain.reports import AuditRow, Who
from domain.territories import Mode
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.make.market import Company, Market, make_market

IBAN = "DE89370400440532013000"


@pytest.fixture
def market(database: sa.Connection) -> Market:
    return make_market(makers=1, wallet="0")


def open_as(who: Company, variant: Variant, url: str, **address: str) -> Iterator[AppTest]:
    with browser(cookie_of(session_of(who.emails[variant]))) as at:
        at.run()
        at.query_params.clear()
        for name, value in address.items():
            at.query_params[name] = value
        at.switch_page(str(PROJECT / BY_URL[url].path)).run()
        assert not at.exception
        assert "Something went wrong" not in texts(at)
        yield at


def shown(who: Company, variant: Variant, url: str, **address: str) -> str:
    """All texts and all cells of the tables, whole."""
    found = []
    for at in open_as(who, variant, url, **address):
        cells = [str(cell) for frame in at.dataframe for column in frame.value.columns for cell in frame.value[column]]
        found += [texts(at), *cells]
    return "\n".join(found)


def test_an_owner_reads_in_plain_words_what_happened_in_the_own_organisation(market: Market) -> None:
    shop, maker = market.retailer, market.makers[0]
    run(shop.owner, payments.change_bank_account, holder="Corner Shop GmbH", iban=IBAN)
    run(maker.owner, payments.change_bank_account, holder="Maker 1 GmbH", iban=IBAN)
    seen = shown(shop, Variant.BUSINESS_OWNER, "account-audit")
    assert "Business_owner of Corner Shop changed the bank account for payouts" in seen
    assert "Business_owner of Corner Shop signed in" in seen
    assert "Maker 1" not in seen and IBAN not in seen
    only = shown(shop, Variant.BUSINESS_OWNER, "account-audit", topic="money")
    assert "changed the bank account" in only and "signed in" not in only
    agent = str(shop.people[Variant.PURCHASING_AGENT].user_id)
    assert "changed the bank account" not in shown(shop, Variant.BUSINESS_OWNER, "account-audit", person=agent)
    assert "This page is not for your role" in shown(shop, Variant.PURCHASING_AGENT, "account-audit")


def test_staff_read_everybodys_log_and_check_the_chain(market: Market) -> None:
    run(market.retailer.owner, payments.change_bank_account, holder="Corner Shop GmbH", iban=IBAN)
    seen = shown(market.platform, Variant.COMPLIANCE, "admin-audit", find="corner", topic="money")
    assert "Corner Shop" in seen and "changed the bank account" in seen
    assert "Thing 1" not in seen
    for at in open_as(market.platform, Variant.COMPLIANCE, "admin-audit"):
        next(button for button in at.button if button.label == "Check the chain").click().run()
        assert not at.exception
        assert "The chain is whole" in " ".join(str(box.value) for box in at.success)
    assert "This page is not for your role" in shown(market.platform, Variant.FINANCE, "admin-audit")


def test_operations_change_a_setting_and_others_see_it(market: Market) -> None:
    operations = market.platform.people[Variant.OPERATIONS]
    assert "Nothing was changed yet" in shown(market.platform, Variant.OPERATIONS, "admin-settings")
    run(operations, identity.change_setting, request_id=uuid4(), setting="review_blind_days", value=Decimal(10),
        effective_from=datetime(2100, 1, 1, tzinfo=UTC), reason="Buyers asked for it", version=0)  # fmt: skip
    seen = shown(market.platform, Variant.ANALYTICS, "admin-settings")
    assert "7 → 10 days" in seen and "Buyers asked for it" in seen and "operations of Platform" in seen
    assert "you see what they are" in seen


def test_territories_are_drawn_assigned_and_seen_by_their_distributor(market: Market) -> None:
    operations, distributor = market.platform.people[Variant.OPERATIONS], market.distributor
    assert "No region is drawn yet" in shown(market.platform, Variant.OPERATIONS, "admin-territories")
    assert "No region is assigned to you yet" in shown(distributor, Variant.DISTRIBUTOR_OWNER, "distributor-territory")
    region = run(operations, territories.create_region, request_id=uuid4(), name="North", areas=[("DE", "20", "29")])
    run(
        operations, territories.assign_territory, request_id=uuid4(), region_id=region, mode=Mode.RESALE,
        distributor_id=distributor.org_id, is_exclusive=True, valid_from=_today(), reason="Agreed",
    )  # fmt: skip
    seen = shown(market.platform, Variant.OPERATIONS, "admin-territories")
    assert "North" in seen and "DE 20-29" in seen and "Regional Trade" in seen
    sheet = shown(market.platform, Variant.SUPPORT, "admin-territories", region=str(region))
    assert "For resale" in sheet and "Current" in sheet
    theirs = shown(distributor, Variant.DISTRIBUTOR_OWNER, "distributor-territory")
    assert "You serve 1 region today" in theirs and "DE 20-29" in theirs
    log = shown(distributor, Variant.DISTRIBUTOR_OWNER, "account-audit", topic="territories")
    assert "The platform's staff assigned North to Regional Trade" in log and "operations of" not in log


def _today() -> object:
    from domain.kernel.work import begin

    with begin(Actor.system()) as work:
        return work.now.date()


# --- words -------------------------------------------------------------------------------------


def every_event() -> list[type[Event]]:
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        if not module.name.startswith("domain.migrations."):
            importlib.import_module(module.name)

    def below(kind: type[Event]) -> Iterator[type[Event]]:
        for found in kind.__subclasses__():
            yield found
            yield from below(found)

    of_the_product = [kind for kind in below(Event) if kind.__module__.startswith("domain.")]
    # What others build on is never recorded itself.
    return [kind for kind in of_the_product if not kind.__subclasses__()]


def test_every_kind_of_event_has_its_words() -> None:
    missing = sorted(kind.__name__ for kind in every_event() if kind.__name__ not in audit_words.SENTENCES)
    assert missing == []
    known = {kind.__name__ for kind in every_event()}
    assert sorted(set(audit_words.SENTENCES) - known) == [], "words for what no longer happens"


def test_every_gap_of_a_sentence_is_filled_by_its_event() -> None:
    always = {"who", "subject", "before", "after", "role"}
    wrong = []
    for kind in every_event():
        line = audit_words.SENTENCES.get(kind.__name__, "")
        gaps = {part.split("}")[0] for part in line.split("{")[1:]}
        facts = {field.name for field in fields(kind)}
        wrong += [(kind.__name__, gap) for gap in gaps - always if not {gap, f"{gap}_id"} & facts]
    assert wrong == []


def row(**more: object) -> AuditRow:
    facts = {
        "event_id": 1, "at": datetime(2026, 1, 1, tzinfo=UTC), "name": "MemberRemoved", "subject": "organization",
        "subject_id": UUID(int=1), "who": Who.PERSON, "actor_id": UUID(int=2), "actor_name": "Ada", "org_id": UUID(int=1),
        "org_name": "Shop", "from_state": None, "to_state": None, "changes": (), "reason": None,
        "facts": {"person_id": str(UUID(int=3))}, "names": {str(UUID(int=3)): "Bo"}, "command": "remove_member",
        "sealed_in": None, "is_erased": False,
    }  # fmt: skip
    return AuditRow.model_validate(facts | more)


def test_who_was_erased_is_named_as_such() -> None:
    assert audit_words.sentence(row()) == "Ada removed Bo from the team"
    assert audit_words.sentence(row(names={})) == "Ada removed an erased person from the team"
    erased = row(who=Who.ERASED, actor_name=None)
    assert audit_words.sentence(erased) == "An erased person removed Bo from the team"
    assert audit_words.sentence(row(name="NewKindOfThing")) == "New kind of thing"


def test_the_words_of_the_log_need_nothing_of_the_domain_but_its_views() -> None:
    source = Path(audit_words.__file__).read_text()
    assert "sqlalchemy" not in source and words.territory_mode("agency") == "As an agency"
