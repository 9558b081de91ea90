"""How far a business is verified: what counts when, who decides, and what cannot be begun without it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from domain import catalog, identity, orders, payments, reactions, verification
from domain.identity import OrgKind, SiteKind, Variant
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.states import IllegalMove
from domain.kernel.work import Work, begin, clock, run
from domain.orders import AboveCap, SellerNotVerified
from domain.payments import NothingToPayOut, PayeeBlocked
from domain.verification import (
    Decision,
    FourEyes,
    Listed,
    NotVerified,
    OwnerStated,
    Reason,
    Registered,
    Requirement,
    Taken,
    UnderWay,
    WrongNumber,
)
from tests.make.files import a_pdf
from tests.make.market import (
    PASSWORD,
    Company,
    Market,
    _hashed,
    accept_terms,
    buy,
    make_market,
    offer,
    orders_of,
    sheet,
    top_up,
    vouch_for,
)

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
SYSTEM = Actor.system()
R = Requirement


def newcomer(kind: OrgKind = OrgKind.MANUFACTURER, name: str = "Newcomer Works", country: str = "DE") -> Company:
    """An organisation with a place and an owner, of which nobody has seen anything."""
    org_id = run(SYSTEM, identity.register_organization, request_id=uuid4(), kind=kind, name=name,
                 country_code=country, time_zone="Europe/Berlin")  # fmt: skip
    site = run(SYSTEM, identity.add_site, request_id=uuid4(), org_id=org_id, kind=SiteKind.FACTORY, name="Works",
               street="Werkstraße 1", postal_code="04109", city="Leipzig", country_code=country)  # fmt: skip
    made = Company(org_id, name, site)
    variant = {OrgKind.MANUFACTURER: Variant.FACTORY_OWNER, OrgKind.RETAILER: Variant.BUSINESS_OWNER}[kind]
    email = f"owner@{name.lower().replace(' ', '-')}.example"
    run(SYSTEM, identity.add_member, request_id=uuid4(), org_id=org_id, email=email, name=f"Owner of {name}",
        variant=variant, password=_hashed(PASSWORD))  # fmt: skip
    with begin(SYSTEM) as work:
        made.people[variant] = identity.actor_of(identity.person_by_email(work, email=email))
    accept_terms(made)
    return made


@pytest.fixture
def market(database: sa.Connection) -> Iterator[Market]:
    with clock(NOW):
        yield make_market(makers=1, wallet="20000.00")


def compliance(market: Market) -> tuple[Actor, Actor, Actor]:
    """Three reviewers: the second and third are the same role under other people."""
    first = market.platform.people[Variant.COMPLIANCE]
    others = (market.platform.people[Variant.SUPPORT], market.platform.people[Variant.SUPER_ADMIN])
    return first, *(replace(first, user_id=other.user_id) for other in others)  # type: ignore[return-value]


def paper(who: Company, text: str = "Extract") -> UUID:
    return run(who.owner, files.store, content=a_pdf(f"{text} of {who.name}"), name="paper.pdf")


def submit(who: Company, requirement: Requirement, *, outcome: str = "review", **facts: Any) -> UUID:
    """Hand in, and do what the worker does a moment later."""
    made: UUID = run(who.owner, verification.submit_proof, request_id=uuid4(), requirement=requirement, **facts)
    for file_id in facts.get("file_ids", ()):
        run(SYSTEM, verification.record_reading, submission_id=made, file_id=file_id, outcome=outcome)
    run(SYSTEM, verification.check_submission, submission_id=made)
    return made


def state(submission: UUID) -> str:
    with begin(SYSTEM) as work:
        return str(work.session.execute(
            sa.text("select state from verification_submissions where id = :id"), {"id": submission}).scalar_one())  # fmt: skip


def case_of(who: Actor, submission: UUID | None, kind: str = "review") -> UUID:
    with begin(who) as work:
        rows, _ = verification.case_queue(work)
        return next(row.case_id for row in rows if row.submission_id == submission and row.kind == kind)


def decide(who: Actor, submission: UUID | None, decision: Decision, *, kind: str = "review", **facts: Any) -> str:
    case = case_of(who, submission, kind)
    run(who, verification.claim_case, case_id=case)
    return run(who, verification.decide_case, case_id=case, decision=decision, **facts)


def level(who: Company, at: datetime | None = None) -> int:
    with begin(who.owner) as work:
        return verification.standing_of(work, at=at).level


def missing(who: Company, upto: int) -> set[str]:
    with begin(who.owner) as work:
        return set(verification.standing_of(work).missing(upto))


def rows(table: str) -> int:
    with begin(SYSTEM) as work:
        return int(work.session.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one())


# --- levels ------------------------------------------------------------------------------------


def test_the_level_is_worked_out_from_what_is_there(market: Market) -> None:
    with clock(NOW):
        new = newcomer()
        assert level(new) == 0
        assert missing(new, 1) == {"phone_confirmed", "business_name"}
        vouch_for(new, level=1)
        assert level(new) == 1
        vouch_for(new, level=2)
        assert level(new) == 2
        vouch_for(new)
        assert level(new) == 3
        # A shop has no third level, whatever it shows.
        with begin(market.retailer.owner) as work:
            assert verification.standing_of(work).top_level == 2


def test_losing_the_last_place_takes_level_1_at_once(fresh_database: str) -> None:
    from domain.kernel import database as db

    new = newcomer()
    vouch_for(new)
    assert level(new) == 3
    with db.connect(db.Role.OWNER) as connection:
        connection.execute("delete from market.sites where org_id = %s", [new.org_id])
    assert level(new) == 0


def test_levels_as_of_other_days(market: Market) -> None:
    with clock(NOW):
        new = newcomer()
        run(SYSTEM, verification.vouch, org_ids=[new.org_id], level=2, reason="Seen", until=NOW + timedelta(days=100))
    with clock(NOW + timedelta(days=200)):
        assert level(new, NOW - timedelta(seconds=1)) == 0
        assert level(new, NOW + timedelta(days=1)) == 2
        assert level(new, NOW + timedelta(days=99)) == 2
        assert level(new) == 0


def test_everybody_knows_a_sellers_level_and_nobody_a_buyers(market: Market) -> None:
    maker, shop = market.makers[0], market.retailer
    with clock(NOW), begin(shop.owner) as work:
        assert verification.level_of(work, maker.org_id) == 3
        badge = verification.badge_of(work, org_id=maker.org_id)
        assert {proof.requirement for proof in badge.proofs} >= {"registration_document", "owners", "site_inspection"}
        assert all(proof.since == NOW for proof in badge.proofs if proof.met_by == "vouched")
    with clock(NOW), begin(maker.owner) as work:
        with pytest.raises(NotFound):
            verification.level_of(work, shop.org_id)
        with pytest.raises(NotFound):
            verification.badge_of(work, org_id=shop.org_id)


def test_a_new_rule_gives_those_who_are_here_time(market: Market) -> None:
    operations = market.platform.people[Variant.OPERATIONS]
    begins = NOW + timedelta(days=10)
    with clock(NOW):
        run(operations, verification.change_requirement, requirement=R.PRODUCTION_CAPACITY, kinds=["retailer"], level=2,
            from_when=begins, grace_days=30, version=1, reason="Shops too")  # fmt: skip
    for days, reached in ((9, 2), (39, 2), (41, 1)):
        with clock(NOW + timedelta(days=days)):
            assert level(market.retailer) == reached


# --- the gates ---------------------------------------------------------------------------------


def test_what_is_asked_of_sellers_is_what_they_ask_of_themselves(database: sa.Connection) -> None:
    bodies = database.execute(
        sa.text("select prosrc from pg_proc where proname in ('verification_items', 'verification_items_of_sellers')")
    ).scalars().all()  # fmt: skip
    assert len(bodies) == 2 and bodies[0] == bodies[1]


def test_selling_needs_level_2_and_the_refusal_names_what_is_missing(market: Market) -> None:
    with clock(NOW):
        new = newcomer()
        vouch_for(new, level=1)
        product = run(new.owner, catalog.create_product, request_id=uuid4(), name="Lamp")
        with begin(new.owner) as work:
            [(variant, _)] = catalog.variants_of_product(work, product_id=product)
        made = run(new.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant, sku="L",
                   tiers=[(1, Decimal(5))], currency="EUR")  # fmt: skip
        events = rows("events")
        with pytest.raises(NotVerified, match="level 2.*tax number.*Open Verification"):
            run(new.owner, catalog.publish_offer, offer_id=made)
        assert rows("events") == events
        vouch_for(new, level=2)
        run(new.owner, catalog.publish_offer, offer_id=made)


def test_a_regulated_category_needs_level_3_and_its_certificate(market: Market) -> None:
    maker, operations = market.makers[0], market.platform.people[Variant.OPERATIONS]
    first, second, _ = compliance(market)
    with clock(NOW):
        toys, tools = (run(operations, catalog.create_category, name=name) for name in ("Toys", "Tools"))
        run(operations, verification.regulate_category, category_id=toys, requirement=R.CE_CONFORMITY, reason="Toys need it")
        product = run(maker.owner, catalog.create_product, request_id=uuid4(), name="Bear", category_id=toys)
        with begin(maker.owner) as work:
            [(variant, _)] = catalog.variants_of_product(work, product_id=product)
        made = run(maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant, sku="B",
                   tiers=[(1, Decimal(5))], currency="EUR")  # fmt: skip
        facts = {"number": "CE-1", "issuer": "TÜV", "expires_on": date(2027, 1, 10)}
        for covers, may_publish in ((tools, False), (toys, True)):
            proof = submit(maker, R.CE_CONFORMITY, file_ids=[paper(maker, f"CE {covers}")], category_ids=[covers], **facts)
            decide(first, proof, Decision.APPROVE)
            decide(second, proof, Decision.APPROVE)
            if may_publish:
                run(maker.owner, catalog.publish_offer, offer_id=made)
            else:
                with pytest.raises(NotVerified, match="ce conformity"):
                    run(maker.owner, catalog.publish_offer, offer_id=made)
        with begin(market.retailer.owner) as work:
            [held] = verification.valid_certificates(work, org_ids=[maker.org_id])
            assert (held.number, held.category_ids) == ("CE-1", (toys,))
            assert verification.valid_certificates(work, org_ids=[maker.org_id], on=date(2027, 1, 10)) != []
            assert verification.valid_certificates(work, org_ids=[maker.org_id], on=date(2027, 1, 11)) == []
            assert verification.valid_certificates(work, org_ids=[maker.org_id], on=date(2026, 11, 1)) == []


def test_buying_needs_level_1_and_has_a_cap_below_level_2(market: Market) -> None:
    with clock(NOW):
        goods = offer(market.makers[0], "Chair", tiers=[(1, "1000.00")], tax_rate="0")
        shop = newcomer(OrgKind.RETAILER, "New Shop")
        top_up(shop, "9000.00", market.finance)
        events = rows("supplier_orders")
        with pytest.raises(NotVerified, match="To buy .*phone confirmed"):
            buy(shop, {goods: 1})
        vouch_for(shop, level=1)
        buy(shop, {goods: 2})  # and the one that is in the basket already
        with pytest.raises(AboveCap, match="5,000 EUR in 30 days; with this purchase it would be 6,000.00"):
            buy(shop, {goods: 3})
        assert rows("supplier_orders") == events + 1
        with begin(shop.owner) as work:
            basket = orders.my_basket(work).basket_id
        vouch_for(shop, level=2)
        run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, basket_id=basket, method="wallet")


def test_what_runs_out_stops_new_orders_and_open_ones_go_on(market: Market) -> None:
    shop = market.retailer
    with clock(NOW):
        maker = newcomer()
        run(SYSTEM, verification.vouch, org_ids=[maker.org_id], level=3, reason="Seen", until=NOW + timedelta(days=20))
        goods = offer(maker, "Vase")
        order = orders_of(shop, buy(shop, {goods: 2}))[maker.org_id]
    later = NOW + timedelta(days=21)
    with clock(later):
        placed = rows("supplier_orders")
        run(shop.owner, orders.add_to_basket, offer_id=goods, quantity=1)
        with pytest.raises(SellerNotVerified, match="Newcomer Works cannot take new orders"):
            run(shop.owner, orders.place_order, request_id=uuid4(), site_id=shop.site_id, method="wallet")
        assert rows("supplier_orders") == placed
        run(maker.owner, orders.confirm_order, order_id=order)
        assert sheet(shop.owner, order).state == "confirmed"


def test_a_proof_runs_out_at_the_next_tick_and_is_announced_before(market: Market) -> None:
    maker = market.makers[0]
    first, second, _ = compliance(market)
    with clock(NOW):
        proof = submit(maker, R.QUALITY_CERTIFICATE, file_ids=[paper(maker)], number="Q-1", issuer="Body",
                       expires_on=(NOW + timedelta(days=70)).date())  # fmt: skip
        decide(first, proof, Decision.APPROVE)
        decide(second, proof, Decision.APPROVE)
        reactions.deliver_new()
        assert (state(proof), level(maker)) == ("verified", 3)
    told = []
    for days in (5, 12, 13, 41, 42, 64, 65, 70):
        with clock(NOW + timedelta(days=days)):
            run(SYSTEM, verification.tick)
            run(SYSTEM, verification.tick)
            reactions.deliver_new()
        with begin(SYSTEM) as work:
            told.append(work.session.execute(
                sa.text("select count(*) from notices where kind = 'verification_runs_out' and org_id = :org"),
                {"org": maker.org_id}).scalar_one())  # fmt: skip
        assert state(proof) == ("verified" if days < 11 else "expiring")
    assert told == [0, 1, 1, 2, 2, 3, 3, 3]
    with clock(NOW + timedelta(days=71)):
        assert level(maker) == 2  # even before the tick
        assert run(SYSTEM, verification.tick) == 1
        assert state(proof) == "expired"
        with begin(market.retailer.owner) as work:
            assert verification.badge_of(work, org_id=maker.org_id).level == 2


# --- handing in and deciding -------------------------------------------------------------------


def test_what_passes_by_itself_is_verified_and_what_does_not_goes_to_a_person(market: Market) -> None:
    with clock(NOW):
        new = newcomer()
        passed = submit(new, R.REGISTRATION_DOCUMENT, number="HRB 7", file_ids=[paper(new)], outcome="pass")
        assert state(passed) == "verified"
        unsure = submit(new, R.PROOF_OF_ADDRESS, issued_on=NOW.date(), file_ids=[paper(new, "Bill")])
        assert state(unsure) == "needs_review"
        with pytest.raises(UnderWay):
            submit(new, R.PROOF_OF_ADDRESS, issued_on=NOW.date(), file_ids=[paper(new, "Bill 2")])
        # Level 3 is never decided by the machine.
        third = submit(new, R.PRODUCTION_CAPACITY, number="900", file_ids=[paper(new, "Machines")], outcome="pass")
        assert state(third) == "needs_review"


def test_a_file_that_is_not_read_yet_decides_nothing(market: Market) -> None:
    with clock(NOW):
        new = newcomer()
        file = paper(new)
        made = run(new.owner, verification.submit_proof, request_id=uuid4(), requirement=R.REGISTRATION_DOCUMENT,
                   number="HRB 7", file_ids=[file])  # fmt: skip
        reactions.deliver_new()
        assert state(made) == "submitted"
        with begin(SYSTEM) as work:
            [waiting] = verification.readings_waiting(work)
            assert (waiting.name, waiting.registration_number, waiting.paper) == (
                "Newcomer Works", "HRB 7", "registration_extract")  # fmt: skip
        for _ in range(3):
            run(SYSTEM, verification.give_up_reading, submission_id=made, file_id=file, problem="Broken")
        assert state(made) == "needs_review"


@pytest.mark.parametrize(
    ("requirement", "facts", "sentence"),
    [
        (R.PROOF_OF_ADDRESS, {"issued_on": NOW.date() - timedelta(days=91)}, "90 days old at most"),
        (R.PROOF_OF_ADDRESS, {"issued_on": NOW.date() + timedelta(days=1)}, "lies in the future"),
        (R.REGISTRATION_DOCUMENT, {"number": "HRB 7"}, "add the document"),
        (R.QUALITY_CERTIFICATE, {"number": "1", "issuer": "X", "expires_on": NOW.date()}, "has expired"),
        (R.QUALITY_CERTIFICATE, {"number": "1"}, "who issued"),
        (R.PRODUCTION_CAPACITY, {"number": "many"}, "whole number"),
        (R.EMAIL_CONFIRMED, {}, "not something"),
        (R.BANK_ACCOUNT, {}, "two small deposits"),
        (R.OWNERS, {"owners": [OwnerStated(name="Ada", share=Decimal(60), born_on=date(1980, 1, 1))]}, "less than 75 %"),
        (R.OWNERS, {"owners": [OwnerStated(name="Ada", share=Decimal(80))]}, "date of birth"),
        (R.OWNERS, {"owners": [OwnerStated(name="A" * 3, share=Decimal(101))]}, "between 0 and 100"),
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_refused_at_once(
    market: Market, requirement: Requirement, facts: dict[str, Any], sentence: str
) -> None:
    with clock(NOW), pytest.raises(Invalid, match=sentence):
        submit(market.makers[0], requirement, **facts)
    assert rows("verification_files") == 0


def test_a_tax_number_with_a_wrong_check_digit_is_refused_before_any_upload(market: Market) -> None:
    with clock(NOW):
        maker = market.makers[0]
        with pytest.raises(WrongNumber, match="not a valid tax number"):
            submit(maker, R.TAX_NUMBER, number="DE136695977")
        run(SYSTEM, verification.load_registry,
            companies=[Registered("DE", "HRB 1", maker.name, tax_number="136695976")])  # fmt: skip
        found = submit(maker, R.TAX_NUMBER, number="DE 136 695 976")
        assert state(found) == "verified"
        with begin(maker.owner) as work:
            row = verification.my_verification(work).submissions["tax_number"]
            assert (row.number, row.expires_at) == ("136695976", NOW + timedelta(days=365))


@pytest.mark.parametrize(
    ("registered", "result", "reason"),
    [
        ("NEWCOMER WORKS GmbH", "verified", None),
        ("Newcomer Workshop", "needs_review", Reason.NAME_DIFFERS),
        ("Quite Another Ltd", "needs_review", Reason.NAME_DIFFERS),
        (None, "needs_review", Reason.NOT_REGISTERED),
    ],
)
def test_the_name_is_compared_with_the_register(
    market: Market, registered: str | None, result: str, reason: Reason | None
) -> None:
    first, *_ = compliance(market)
    with clock(NOW):
        new = newcomer()
        if registered:
            run(SYSTEM, verification.load_registry, companies=[Registered("DE", "HRB 5", registered)])
        made = submit(new, R.BUSINESS_NAME, number="HRB 5")
        assert state(made) == result
        if reason:
            with begin(first) as work:
                found = verification.case_sheet(work, case_id=case_of(first, made))
            assert found.row.reasons == (reason,)
            assert registered is None or found.findings["register"]["registered"] == registered


def test_a_question_is_no_rejection_and_its_answer_comes_back_to_a_person(market: Market) -> None:
    first, second, _ = compliance(market)
    with clock(NOW):
        new = newcomer()
        made = submit(new, R.PROOF_OF_ADDRESS, issued_on=NOW.date(), file_ids=[paper(new)])
        with pytest.raises(Invalid, match="what the organisation should send"):
            decide(first, made, Decision.ASK)
        assert run(first, verification.decide_case, case_id=case_of(first, made), decision=Decision.ASK,
                   note="Which flat is it?") == "decided"  # fmt: skip
        assert state(made) == "info_requested"
        more = paper(new, "Lease")
        run(new.owner, verification.answer_request, submission_id=made, answer="The third", file_ids=[more])
        run(SYSTEM, verification.record_reading, submission_id=made, file_id=more, outcome="pass")
        assert state(made) == "needs_review"
        decide(second, made, Decision.APPROVE)
        assert state(made) == "verified"
        with pytest.raises(IllegalMove):
            run(new.owner, verification.answer_request, submission_id=made, answer="Once more")


def test_one_appeal_with_new_evidence_to_another_reviewer(market: Market) -> None:
    first, second, _ = compliance(market)
    with clock(NOW):
        new = newcomer()
        old = paper(new)
        made = submit(new, R.REGISTRATION_DOCUMENT, number="HRB 7", file_ids=[old])
        with pytest.raises(Invalid, match="at least one reason"):
            decide(first, made, Decision.REJECT)
        run(first, verification.decide_case, case_id=case_of(first, made), decision=Decision.REJECT,
            reasons=[Reason.NAME_DIFFERS])  # fmt: skip
        assert state(made) == "rejected"
        words = "This is our former name, as the deed shows."
        with pytest.raises(Invalid, match="new evidence"):
            run(new.owner, verification.appeal, submission_id=made, reason=words, file_ids=[old])
        assert state(made) == "rejected"
        new_file = paper(new, "Deed")
        run(new.owner, verification.appeal, submission_id=made, reason=words, file_ids=[new_file])
        reactions.deliver_new()
        case = case_of(first, made, "appeal")
        with pytest.raises(FourEyes, match="decided this before"):
            run(first, verification.claim_case, case_id=case)
        decide(second, made, Decision.REJECT, kind="appeal", reasons=[Reason.ALTERED])
        assert state(made) == "rejected_final"
        with pytest.raises(IllegalMove):
            run(new.owner, verification.appeal, submission_id=made, reason=words, file_ids=[paper(new, "Third")])
        with pytest.raises(Conflict, match="30 days after"):
            submit(new, R.REGISTRATION_DOCUMENT, number="HRB 7", file_ids=[old])
    with clock(NOW), begin(first) as work:
        [row] = [row for row in verification.reviewer_figures(work) if row.reviewer_id == first.user_id]
        assert (row.rejected, row.appealed, row.overturned) == (1, 1, 0)


def test_two_people_for_level_3_and_none_with_ties(market: Market) -> None:
    first, second, _ = compliance(market)
    maker = market.makers[0]
    with clock(NOW):
        made = submit(maker, R.SITE_INSPECTION, file_ids=[paper(maker, "Photo")])
        with pytest.raises(Invalid, match="whole list"):
            decide(first, made, Decision.APPROVE)
        case = case_of(first, made)
        seen = verification.CHECKLIST
        assert run(first, verification.decide_case, case_id=case, decision=Decision.APPROVE, checklist=seen) == "open"
        assert state(made) == "needs_review"
        with pytest.raises(FourEyes, match="first of two"):
            run(first, verification.claim_case, case_id=case)
        tied = replace(first, user_id=maker.owner.user_id)
        with pytest.raises(FourEyes, match="ties"):
            run(tied, verification.claim_case, case_id=case)
        run(second, verification.claim_case, case_id=case)
        assert run(second, verification.decide_case, case_id=case, decision=Decision.APPROVE, checklist=seen) == "decided"
        assert state(made) == "verified"


def test_a_case_is_decided_by_who_holds_it(market: Market) -> None:
    first, second, _ = compliance(market)
    maker = market.makers[0]
    with clock(NOW):
        made = submit(maker, R.PROOF_OF_ADDRESS, issued_on=NOW.date(), file_ids=[paper(maker)])
        case = case_of(first, made)
        with pytest.raises(Taken):
            run(first, verification.decide_case, case_id=case, decision=Decision.APPROVE)
        run(first, verification.claim_case, case_id=case)
        with pytest.raises(Taken):
            run(second, verification.claim_case, case_id=case)
        with pytest.raises(Taken):
            run(second, verification.decide_case, case_id=case, decision=Decision.APPROVE)
    with clock(NOW + timedelta(hours=9)):  # whoever forgets it does not keep it
        assert run(SYSTEM, verification.tick) == 1
        run(second, verification.claim_case, case_id=case)
    with begin(first) as work:
        # Friday 10:00 and two working days: Tuesday 10:00.
        assert verification.case_sheet(work, case_id=case).row.due_at == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_the_same_paper_of_two_organisations_is_for_two_people(market: Market) -> None:
    first, *_ = compliance(market)
    with clock(NOW):
        one, other = newcomer(), newcomer(name="Copycat Works")
        content = a_pdf("One and the same extract")
        for who, expected in ((one, "verified"), (other, "needs_review")):
            file = run(who.owner, files.store, content=content, name="extract.pdf")
            made = submit(who, R.REGISTRATION_DOCUMENT, number=f"HRB {who.name}", file_ids=[file], outcome="pass")
            assert state(made) == expected
        with begin(first) as work:
            found = verification.case_sheet(work, case_id=case_of(first, made))
        assert found.row.needs_second
        assert found.findings["same_document"] == ["Newcomer Works"]


def test_an_owner_on_both_sides_of_the_market_is_found(market: Market) -> None:
    first, *_ = compliance(market)
    ada = OwnerStated(name="Ada Müller-Lang", share=Decimal(80), born_on=date(1980, 1, 1))
    with clock(NOW):
        maker, shop = newcomer(), newcomer(OrgKind.RETAILER, "Shop of Ada")
        submit(maker, R.OWNERS, owners=[ada], file_ids=[paper(maker)])
        again = ada.model_copy(update={"name": "MULLER LANG, ada"})
        made = submit(shop, R.OWNERS, owners=[again], file_ids=[paper(shop)])
        with begin(first) as work:
            found = verification.case_sheet(work, case_id=case_of(first, made))
        assert Reason.SAME_OWNER in found.row.reasons and found.row.needs_second
        assert found.findings["same_owner"] == ["Newcomer Works"]


def test_nobody_verifies_himself_even_past_the_commands(market: Market) -> None:
    """The fence: a member's process writes what it hands in, and nothing that makes it count."""
    maker = market.makers[0]
    with clock(NOW):
        new = newcomer()
        made = submit(new, R.REGISTRATION_DOCUMENT, number="HRB 7", file_ids=[paper(new)])
    for change in (
        "state = 'verified', verified_at = :now, counts_from = :now",
        "counts_from = :now, verified_at = :now",
        "org_id = :other",
    ):
        facts = {"id": made, "now": NOW, "other": maker.org_id}

        def forge(work: Work, change: str = change, facts: dict[str, Any] = facts) -> None:
            work.session.execute(sa.text("update verification_submissions set " + change + " where id = :id"), facts)

        with pytest.raises(sa.exc.DBAPIError, match="row-level security"):
            run(new.owner, forge)
    assert state(made) == "needs_review"


# --- the bank account, sanctions, waivers ------------------------------------------------------


def earned(market: Market, maker: Company) -> None:
    """The maker has something to be paid out."""
    goods = offer(maker, "Bowl")
    order = orders_of(market.retailer, buy(market.retailer, {goods: 2}))[maker.org_id]
    run(maker.owner, orders.confirm_order, order_id=order)
    lines = {line.line_id: line.confirmed for line in sheet(maker.owner, order).lines}
    shipment = run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order, carrier="dhl", tracking="T",
                   shipped=lines)  # fmt: skip
    run(market.retailer.owner, orders.record_receipt, request_id=uuid4(), order_id=order, shipment_id=shipment)
    run(market.retailer.owner, orders.accept_goods, request_id=uuid4(), order_id=order)


def test_another_account_is_paid_to_once_its_deposits_are_right(market: Market) -> None:
    maker, finance = market.makers[0], market.finance
    with clock(NOW):
        run(maker.owner, payments.change_bank_account, holder=maker.name, iban="DE89370400440532013000")
        assert level(maker) == 3  # vouched for
        earned(market, maker)
        run(maker.owner, payments.change_bank_account, holder=maker.name, iban="FR1420041010050500013M02606")
        assert level(maker) == 1
        with pytest.raises(NothingToPayOut):
            run(finance, payments.prepare_payouts, request_id=uuid4(), currency="EUR")
        with begin(finance) as work:
            [deposit] = verification.deposits_to_send(work)
        first, second = deposit.amounts
        typed = {"submission_id": deposit.submission_id, "first": first, "second": second}
        with pytest.raises(Conflict, match="not sent yet"):
            run(maker.owner, verification.confirm_deposits, **typed)
        run(finance, verification.record_deposits_sent, submission_ids=[deposit.submission_id])
        wrong = run(maker.owner, verification.confirm_deposits, **(typed | {"first": first + 1}))
        assert (wrong.is_right, wrong.tries_left) == (False, 2)
        assert run(maker.owner, verification.confirm_deposits, **(typed | {"first": second, "second": first})).is_right
        reactions.deliver_new()
        assert state(deposit.submission_id) == "verified"
        assert level(maker) == 1  # a changed account cools down for a day
    with clock(NOW + timedelta(hours=25)):
        assert level(maker) == 3
        run(finance, payments.prepare_payouts, request_id=uuid4(), currency="EUR")


def test_three_wrong_answers_are_for_a_person(market: Market) -> None:
    maker = newcomer()
    with clock(NOW):
        run(maker.owner, payments.change_bank_account, holder=maker.name, iban="DE89370400440532013000")
        with begin(market.finance) as work:
            [deposit] = verification.deposits_to_send(work)
        run(market.finance, verification.record_deposits_sent, submission_ids=[deposit.submission_id])
        typed = {"submission_id": deposit.submission_id, "first": Decimal(5), "second": Decimal(6)}
        assert [run(maker.owner, verification.confirm_deposits, **typed).tries_left for _ in range(3)] == [2, 1, 0]
        reactions.deliver_new()
        assert state(deposit.submission_id) == "needs_review"
        with pytest.raises(Conflict):
            run(maker.owner, verification.confirm_deposits, **typed)


def test_a_name_on_a_list_blocks_payouts_until_two_people_clear_it(market: Market) -> None:
    maker, finance = market.makers[0], market.finance
    first, second, _ = compliance(market)
    with clock(NOW):
        run(maker.owner, payments.change_bank_account, holder=maker.name, iban="DE89370400440532013000")
        earned(market, maker)
        batch = run(finance, payments.prepare_payouts, request_id=uuid4(), currency="EUR")
        colleague = replace(finance, user_id=market.platform.people[Variant.SUPPORT].user_id)
        entries = [Listed("1", "Somebody Quite Else"), Listed("2", "MAKER 1 GmbH")]
        assert run(SYSTEM, verification.load_sanctions, list="Test", entries=entries) == 1
        assert run(SYSTEM, verification.load_sanctions, list="Test", entries=entries) == 0
        with pytest.raises(PayeeBlocked, match="Maker 1 may not be paid"):
            run(colleague, payments.send_payouts, batch_id=batch)
        assert level(maker) == 3  # alike is not the same
        decide(first, None, Decision.APPROVE, kind="sanctions", note="Another country")
        with pytest.raises(PayeeBlocked):
            run(colleague, payments.send_payouts, batch_id=batch)
        decide(second, None, Decision.APPROVE, kind="sanctions")
        run(colleague, payments.send_payouts, batch_id=batch)
        # The list changes: whoever is new on it is found, who was cleared is not asked again.
        more = [*entries, Listed("3", "Corner Shop Ltd")]
        assert run(SYSTEM, verification.load_sanctions, list="Test", entries=more) == 1
        decide(first, None, Decision.REJECT, kind="sanctions", reasons=[Reason.SANCTIONS_HIT])
        assert level(market.retailer) == 0
        with pytest.raises(NotVerified, match="sanctions clear"):
            buy(market.retailer, {market.makers[0].offers[0]: 1})


def test_two_people_waive_and_it_ends_on_its_day(market: Market) -> None:
    first, second, _ = compliance(market)
    with clock(NOW):
        new = newcomer()
        vouch_for(new, level=1)
        for requirement in sorted(missing(new, 2)):
            facts = {"org_id": new.org_id, "requirement": requirement, "waived_until": NOW + timedelta(days=30)}
            waiver = run(first, verification.propose_waiver, request_id=uuid4(), reason="Known for years", **facts)
            assert level(new) == 1
            with pytest.raises(FourEyes):
                run(first, verification.approve_waiver, waiver_id=waiver)
            run(second, verification.approve_waiver, waiver_id=waiver)
        assert level(new) == 2
        with pytest.raises(Invalid, match="within a year"):
            run(first, verification.propose_waiver, request_id=uuid4(), org_id=new.org_id, requirement=R.OWNERS,
                reason="Known for years", waived_until=NOW + timedelta(days=400))  # fmt: skip
    with clock(NOW + timedelta(days=31)):
        assert level(new) == 1


def test_colleagues_see_and_only_owners_hand_in(market: Market) -> None:
    maker = market.makers[0]
    clerk = maker.people[Variant.PRODUCTION_MANAGER]
    with clock(NOW):
        proof = submit(maker, R.PROOF_OF_ADDRESS, issued_on=NOW.date(), file_ids=[file := paper(maker)])
        with begin(clerk) as work:
            assert verification.my_verification(work).submissions["proof_of_address"].submission_id == proof
            with pytest.raises(NotFound):
                verification.my_proof_file(work, file_id=file)
        with pytest.raises(NotAllowed):
            run(clerk, verification.submit_proof, request_id=uuid4(), requirement=R.TAX_NUMBER, number="DE136695976")
        with begin(maker.owner) as work:
            assert verification.my_proof_file(work, file_id=file)[1] == "application/pdf"
        with pytest.raises(NotFound):
            run(market.makers[0].owner, verification.submit_proof, request_id=uuid4(),
                requirement=R.REGISTRATION_DOCUMENT, number="1", file_ids=[paper(market.retailer)])  # fmt: skip
