"""What is asked of whom: changed from a day on, seen before, and never for what was."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain import catalog, identity, verification
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import Conflict, Invalid, NotAllowed
from domain.kernel.work import begin, clock, run
from domain.verification import Decision, NotVerified, Reason, RuleRow
from tests.domain.verification.test_verification import (
    NOW,
    SYSTEM,
    R,
    case_of,
    compliance,
    decide,
    level,
    market,  # noqa: F401
    newcomer,
    paper,
    rows,
    state,
    submit,
)
from tests.make.market import Company, Market, vouch_for

BEGINS = NOW + timedelta(days=10)
DAY = timedelta(days=1)


def officer(market: Market) -> Actor:  # noqa: F811
    return market.platform.people[Variant.COMPLIANCE]


def rules(who: Actor, requirement: R, *, with_ended: bool = False) -> list[RuleRow]:
    with begin(who) as work:
        return [row for row in verification.requirement_rules(work, with_ended=with_ended)
                if row.requirement == requirement]  # fmt: skip


def change(who: Actor, requirement: R, **facts: Any) -> Any:
    usual = {"kinds": ["retailer"], "level": 2, "from_when": BEGINS, "reason": "The law has changed"}
    facts = usual | {"version": rules(who, requirement)[0].version} | facts
    return run(who, verification.change_requirement, requirement=requirement, **facts)


def asked(who: Company) -> set[str]:
    with begin(who.owner) as work:
        return {item.requirement for item in verification.standing_of(work).items}


def test_a_planned_rule_binds_from_its_day_on_and_the_past_stays(market: Market) -> None:  # noqa: F811
    who, shop = officer(market), market.retailer
    with clock(NOW):
        rule = change(who, R.PRODUCTION_CAPACITY)
        assert [(row.state, row.set_by is not None, row.reason) for row in rules(who, R.PRODUCTION_CAPACITY)
                if row.kinds == ("retailer",)] == [("planned", True, "The law has changed")]  # fmt: skip
        assert level(shop) == 2 and "production_capacity" not in asked(shop)
    with clock(BEGINS - timedelta(seconds=1)):
        assert level(shop) == 2
    with clock(BEGINS):
        assert level(shop) == 1
    with clock(BEGINS + 5 * DAY):
        run(who, verification.end_requirement, rule_id=rule, from_when=BEGINS + 6 * DAY, version=2, reason="A mistake")
        assert level(shop) == 1
        assert level(shop, NOW) == 2  # the past stays what it was
    with clock(BEGINS + 7 * DAY):
        assert level(shop) == 2 and level(shop, BEGINS + DAY) == 1
        assert [row.state for row in rules(who, R.PRODUCTION_CAPACITY, with_ended=True)
                if row.kinds == ("retailer",)] == ["ended"]  # fmt: skip
    with begin(SYSTEM) as work:
        first, second = work.session.execute(
            sa.text("select facts from events where name = 'RequirementChanged' order by id")).scalars()  # fmt: skip
    assert first["before"] == {} and first["after"]["level"] == "2" and first["after"]["kinds"] == "retailer"
    assert second["before"]["until"] == "no end" and second["after"]["until"] == (BEGINS + 6 * DAY).isoformat()


def test_who_has_time_for_a_change_is_asked_for_what_was_asked_before(market: Market) -> None:  # noqa: F811
    """A rule that is followed by another holds on for those who are here until the other binds them."""
    who = officer(market)
    with clock(NOW):
        old = newcomer(OrgKind.RETAILER, "Old Shop")
        vouch_for(old, level=1)
        everybody = ["manufacturer", "retailer", "distributor"]
        change(who, R.BUSINESS_NAME, kinds=everybody, level=2, grace_days=30)
    with clock(BEGINS + DAY):
        young = newcomer(OrgKind.RETAILER, "Young Shop")
        with begin(old.owner) as work:
            was = {item.requirement: item.level for item in verification.standing_of(work).items}
        with begin(young.owner) as work:
            now = {item.requirement: item.level for item in verification.standing_of(work).items}
        assert (was["business_name"], now["business_name"]) == (1, 2)
    with clock(BEGINS + 31 * DAY), begin(old.owner) as work:
        assert {item.requirement: item.level for item in verification.standing_of(work).items}["business_name"] == 2


def test_a_rule_of_a_country_goes_before_the_rule_of_all(market: Market) -> None:  # noqa: F811
    who = officer(market)
    with clock(NOW):
        german, french = newcomer(OrgKind.RETAILER, "Laden"), newcomer(OrgKind.RETAILER, "Magasin", "FR")
        change(who, R.PROOF_OF_ADDRESS, countries=["fr"], level=1)
    with clock(BEGINS):
        for shop, expected in ((german, 2), (french, 1)):
            with begin(shop.owner) as work:
                found = [item for item in verification.standing_of(work).items if item.requirement == "proof_of_address"]
            assert [item.level for item in found] == [expected]
        change(who, R.PROOF_OF_ADDRESS, countries=["FR", "BE"], from_when=BEGINS + DAY, level=1)
    with clock(BEGINS + 2 * DAY), pytest.raises(Conflict, match="more countries"):
        change(who, R.PROOF_OF_ADDRESS, countries=["BE"], from_when=BEGINS + 3 * DAY, level=1)


def test_a_look_ahead_says_who_would_lose_a_level_and_writes_nothing(market: Market) -> None:  # noqa: F811
    who = officer(market)
    with clock(NOW):
        other = newcomer(OrgKind.RETAILER, "Not yet verified")
        before = rows("verification_requirements"), rows("events")
        with begin(who) as work:
            facts = {"requirement": R.PRODUCTION_CAPACITY, "kinds": ["retailer"], "from_when": BEGINS}
            seen = verification.preview_requirement(work, level=2, grace_days=3, **facts)
            optional = verification.preview_requirement(work, level=2, is_optional=True, **facts)
            lower = verification.preview_requirement(work, level=1, **facts)
        assert (seen.asked, seen.lost, seen.names) == (2, {2: 1}, (market.retailer.name,))
        assert seen.at.date() == (BEGINS + 3 * DAY).date()
        assert optional.lost == {} and lower.lost == {2: 1}
        assert (rows("verification_requirements"), rows("events")) == before
        assert level(other) == 0
        # And so it comes.
        change(who, R.PRODUCTION_CAPACITY, grace_days=3)
    with clock(seen.at):
        assert level(market.retailer) == 1


@pytest.mark.parametrize(("facts", "kind", "sentence"), [
    ({"from_when": NOW}, Invalid, "later time"),
    ({"from_when": NOW - DAY}, Invalid, "later time"),
    ({"version": 99}, Conflict, "Somebody else"),
    ({"reason": "no"}, Invalid, "say why"),
    ({"level": 4}, Invalid, "level of 1 to 3"),
    ({"kinds": ["bank"]}, Invalid, "kind of organisation"),
    ({"countries": ["Germany"]}, Invalid, "two letters"),
    ({"grace_days": 400}, Invalid, "Grace"),
    ({"kinds": ["manufacturer"]}, Conflict, "more kinds"),  # tax numbers are asked of everybody by one rule
])  # fmt: skip
def test_what_cannot_be_asked_is_refused(market: Market, facts: Any, kind: type[Exception], sentence: str) -> None:  # noqa: F811
    with clock(NOW):
        before = rows("verification_requirements"), rows("events")
        with pytest.raises(kind, match=sentence):
            change(officer(market), R.TAX_NUMBER, **facts)
        assert (rows("verification_requirements"), rows("events")) == before


def test_only_compliance_and_operations_change_it_and_a_plan_is_not_overtaken(market: Market) -> None:  # noqa: F811
    with clock(NOW):
        for variant in (Variant.FINANCE, Variant.SUPPORT, Variant.ANALYTICS):
            with pytest.raises(NotAllowed):
                change(market.platform.people[variant], R.PRODUCTION_CAPACITY)
        change(market.platform.people[Variant.OPERATIONS], R.PRODUCTION_CAPACITY)
        with pytest.raises(Conflict, match="planned already"):
            change(officer(market), R.PRODUCTION_CAPACITY, from_when=BEGINS - DAY)
        with pytest.raises(NotAllowed), begin(market.retailer.owner) as work:
            verification.requirement_rules(work)


def test_a_proof_counts_on_for_the_grace_of_its_requirement(market: Market) -> None:  # noqa: F811
    """Proof of address lasts a year and two weeks; what has no grace ends on its day."""
    with clock(NOW):
        maker = newcomer()
        until = NOW + timedelta(days=20)
        run(SYSTEM, verification.vouch, org_ids=[maker.org_id], level=2, reason="Seen")
        for requirement in (R.PROOF_OF_ADDRESS, R.TAX_NUMBER):
            with begin(SYSTEM) as work:
                assert work.session.execute(sa.text(
                    "select grace_days from verification_items(:org, :now, :r)"),
                    {"org": maker.org_id, "now": NOW, "r": requirement}).scalar_one() == (
                        14 if requirement is R.PROOF_OF_ADDRESS else 0)  # fmt: skip

        def end(work: Any) -> None:
            work.session.execute(sa.text("update verification_submissions set expires_at = :until where org_id = :org"
                                         " and requirement = 'proof_of_address'"), {"until": until, "org": maker.org_id})  # fmt: skip

        run(SYSTEM, end)
    with clock(until + 13 * DAY):
        run(SYSTEM, verification.tick)
        assert level(maker) == 2
    with clock(until + 14 * DAY):
        assert level(maker) == 1
        run(SYSTEM, verification.tick)
        with begin(maker.owner) as work:
            assert verification.my_verification(work).submissions["proof_of_address"].state == "expired"


def test_a_category_is_regulated_by_country_and_from_a_day_on(market: Market) -> None:  # noqa: F811
    maker, who = market.makers[0], officer(market)  # a maker in Germany
    with clock(NOW):
        [german, french] = [
            run(market.platform.people[Variant.OPERATIONS], catalog.create_category, name=name) for name in ("Toys", "Tea")]  # fmt: skip
        offers = {}
        for category in (german, french):
            product = run(maker.owner, catalog.create_product, request_id=uuid4(), name="Thing", category_id=category)
            with begin(maker.owner) as work:
                [(variant, _)] = catalog.variants_of_product(work, product_id=product)
            offers[category] = run(maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=variant,
                                   sku=str(category), tiers=[(1, Decimal(5))], currency="EUR")  # fmt: skip
        for category, country in ((german, "DE"), (french, "FR")):
            run(who, verification.regulate_category, category_id=category, requirement=R.CE_CONFORMITY,
                reason="By law from then on", from_when=BEGINS, countries=[country])  # fmt: skip
        with begin(who) as work:
            planned = {row.category: (row.state, row.countries) for row in verification.regulations(work)}
        assert planned == {"Tea": ("planned", ("FR",)), "Toys": ("planned", ("DE",))}
        run(maker.owner, catalog.publish_offer, offer_id=offers[german])  # a plan binds nobody yet
        run(maker.owner, catalog.pause_offer, offer_id=offers[german])
    with clock(BEGINS):
        with pytest.raises(NotVerified, match="ce conformity"):
            run(maker.owner, catalog.publish_offer, offer_id=offers[german])
        run(maker.owner, catalog.publish_offer, offer_id=offers[french])  # of sellers in France only
    with clock(BEGINS + DAY):
        run(who, verification.end_regulation, category_id=german, requirement=R.CE_CONFORMITY, reason="No longer law")
        run(maker.owner, catalog.publish_offer, offer_id=offers[german])
    with clock(BEGINS + 2 * DAY), pytest.raises(Conflict):
        run(who, verification.end_regulation, category_id=german, requirement=R.CE_CONFORMITY, reason="Once more")


# --- deadlines and pace ------------------------------------------------------------------------


def test_the_platforms_closed_days_do_not_count(market: Market) -> None:  # noqa: F811
    """NOW is a Friday, 10:00. Two working days later is Tuesday; with Monday closed it is Wednesday."""
    maker, operations = market.makers[0], market.platform.people[Variant.OPERATIONS]
    with clock(NOW):
        with pytest.raises(NotAllowed):
            run(officer(market), identity.set_holidays, holidays={date(2026, 11, 23): "Closed"})
        run(operations, identity.set_holidays, holidays={date(2026, 11, 23): "Closed"})
        # Those of the other side are no matter here.
        run(maker.owner, identity.set_holidays, holidays={date(2026, 11, 24): "Closed"})
        proof = submit(maker, R.PROOF_OF_ADDRESS, issued_on=NOW.date(), file_ids=[paper(maker)])
        with begin(officer(market)) as work:
            due = verification.case_sheet(work, case_id=case_of(officer(market), proof)).row.due_at
    assert due == NOW.replace(day=25)


def test_the_queue_says_what_will_be_late_at_the_pace_of_late(market: Market) -> None:  # noqa: F811
    first, second, _ = compliance(market)
    maker = market.makers[0]

    def figures() -> Any:
        with begin(first) as work:
            return verification.queue_figures(work)

    with clock(NOW):
        news = [newcomer(name=f"Works {number}") for number in range(3)]
        decided = submit(maker, R.PROOF_OF_ADDRESS, issued_on=NOW.date(), file_ids=[paper(maker)])
        assert figures().likely_late is None  # nothing was decided: no pace
        decide(first, decided, Decision.REJECT, reasons=[Reason.TOO_OLD])
    with clock(NOW + timedelta(hours=1)):
        for new in news:
            submit(new, R.PROOF_OF_ADDRESS, issued_on=NOW.date(), file_ids=[paper(new, f"Bill {new.name}")])
        # One in four weeks: each of the three will wait longer than its two working days.
        assert figures().likely_late == 3
        with begin(first) as work:
            waiting, _ = verification.case_queue(work)
            assert all(row.expected_at is not None and row.expected_at > row.due_at for row in waiting)
    with clock(NOW + timedelta(hours=2)):
        for _ in range(12):  # twelve more in four weeks: one in forty hours, so the first is in time
            new = newcomer(name=f"More {uuid4().hex[:6]}")
            proof = submit(new, R.PROOF_OF_ADDRESS, issued_on=NOW.date(), file_ids=[paper(new, f"Bill {new.name}")])
            decide(second, proof, Decision.APPROVE)
            assert state(proof) == "verified"
        assert figures().likely_late == 2
