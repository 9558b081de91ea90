"""The screen of automatic checks, and what a case shows of a file: the scanner's word, and whose picture it looks like."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain import verification
from domain.identity import OrgKind, Variant
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.work import begin, run
from domain.verification import Requirement
from tests.app.test_screen_verification import screen
from tests.make.files import a_pdf, a_picture
from tests.make.market import Company, company


@pytest.fixture
def platform(database: sa.Connection) -> Company:
    return company(OrgKind.PLATFORM, "Platform", Variant.COMPLIANCE, Variant.SUPPORT)


def hand_in(name: str, requirement: Requirement, content: bytes, file_name: str) -> None:
    maker = company(OrgKind.MANUFACTURER, name)
    file = run(maker.owner, files.store, content=content, name=file_name)
    made = run(maker.owner, verification.submit_proof, request_id=uuid4(), requirement=requirement, file_ids=[file],
               number="HRB 1" if requirement is Requirement.REGISTRATION_DOCUMENT else "")  # fmt: skip
    run(Actor.system(), verification.record_reading, submission_id=made, file_id=file, outcome="review")


def texts(at: object) -> str:
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning")
    return " ".join(str(each.value) for kind in kinds for each in getattr(at, kind, []))


def test_the_figures_of_automatic_checks_are_for_compliance(platform: Company) -> None:
    with screen(platform, "admin-papers", Variant.COMPLIANCE) as at:
        assert "No paper was read yet" in texts(at)
    hand_in("Maker", Requirement.REGISTRATION_DOCUMENT, a_pdf("Extract"), "extract.pdf")
    with screen(platform, "admin-papers", Variant.COMPLIANCE) as at:
        assert [each.value for each in at.metric][:2] == ["1", "0%"]
        assert list(at.dataframe[0].value["Proof"]) == ["Registration document"]
    with screen(platform, "admin-papers", Variant.SUPPORT) as at:
        assert not at.metric and not at.dataframe


def test_a_case_says_that_a_file_was_not_scanned_and_whose_picture_it_looks_like(platform: Company) -> None:
    for name in ("One", "Two"):
        hand_in(name, Requirement.SITE_INSPECTION, a_picture("JPEG"), "hall.jpg")
    with begin(platform.people[Variant.COMPLIANCE]) as work:
        cases = verification.case_queue(work)[0]
    with screen(platform, "admin-case", Variant.COMPLIANCE, case=cases[0].case_id) as at:
        shown = texts(at)
        assert "Not scanned for viruses" in shown and "Taken at" in shown
        assert "Looks like a picture of" in shown
