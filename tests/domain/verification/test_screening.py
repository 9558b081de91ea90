"""Names on lists: whoever was cleared of one name is still held against the others, and ties keep reviewers away."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain import verification
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.work import begin, clock, run
from domain.verification import CaseRow, Decision, FourEyes, Listed, Requirement
from tests.domain.verification.test_verification import NOW, decide, rows
from tests.make.market import Company, company

SYSTEM = Actor.system()


@pytest.fixture
def platform(database: sa.Connection) -> Iterator[Company]:
    with clock(NOW):
        yield company(OrgKind.PLATFORM, "Platform", Variant.COMPLIANCE, Variant.SUPPORT)


@pytest.fixture
def reviewers(platform: Company) -> tuple[Actor, Actor]:
    first = platform.people[Variant.COMPLIANCE]
    return first, replace(first, user_id=platform.people[Variant.SUPPORT].user_id)


def load(name: str, *entries: Listed) -> int:
    return run(SYSTEM, verification.load_sanctions, list=name, entries=entries)


def cases(who: Actor) -> list[CaseRow]:
    with begin(who) as work:
        return [row for row in verification.case_queue(work)[0] if row.kind == "sanctions"]


def test_a_name_that_was_cleared_of_one_entry_is_found_under_the_next(reviewers: tuple[Actor, Actor]) -> None:
    first, second = reviewers
    company(OrgKind.MANUFACTURER, "Northern Lamp Works")
    assert load("One", Listed("1", "Northern Lamp Works Ltd")) == 1
    decide(first, None, Decision.APPROVE, kind="sanctions", note="Another country")
    decide(second, None, Decision.APPROVE, kind="sanctions")
    assert load("One", Listed("1", "Northern Lamp Works Ltd")) == 0
    # Not as like as the one that was cleared, and listed later.
    assert load("Two", Listed("1", "Northern Lamp Work"), Listed("2", "Somebody Quite Else")) == 1
    assert [case.state for case in cases(first)] == ["open"]


def test_entries_that_name_the_same_are_one_case(reviewers: tuple[Actor, Actor]) -> None:
    first, second = reviewers
    company(OrgKind.MANUFACTURER, "Northern Lamp Works")
    assert load("One", Listed("1", "Northern Lamp Works"), Listed("2", "Works, Northern Lamp", aliases=("Lamp",))) == 2
    [case] = cases(first)
    with begin(first) as work:
        assert len(verification.case_sheet(work, case_id=case.case_id).hits) == 2
    decide(first, None, Decision.APPROVE, kind="sanctions")
    decide(second, None, Decision.APPROVE, kind="sanctions")
    with begin(SYSTEM) as work:
        assert set(work.session.scalars(sa.text("select state from sanctions_hits"))) == {"cleared"}


def test_nobody_with_ties_proposes_a_waiver_or_ends_one(platform: Company, reviewers: tuple[Actor, Actor]) -> None:
    first, _ = reviewers
    maker = company(OrgKind.MANUFACTURER, "Maker")
    facts = {"org_id": maker.org_id, "requirement": Requirement.OWNERS, "reason": "Known for years",
             "waived_until": NOW + timedelta(days=30)}  # fmt: skip
    tied, before = replace(first, user_id=maker.owner.user_id), rows("verification_waivers")
    with pytest.raises(FourEyes, match="ties"):
        run(tied, verification.propose_waiver, request_id=uuid4(), **facts)
    assert rows("verification_waivers") == before
    proposed = run(first, verification.propose_waiver, request_id=uuid4(), **facts)
    with pytest.raises(FourEyes, match="ties"):
        run(tied, verification.end_waiver, waiver_id=proposed)
    run(first, verification.end_waiver, waiver_id=proposed)  # whoever has none may
