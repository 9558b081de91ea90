"""Photographs as evidence are recognised in other hands, and papers' automatic verdicts are set beside people's."""

import io
from random import Random
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from PIL import Image, ImageFilter

from domain import verification
from domain.identity import OrgKind, Variant
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.work import begin, run
from domain.verification import CheckRow, Decision, Requirement
from tests.make.files import a_pdf
from tests.make.market import Company, company


def photograph(seed: int, *, size: tuple[int, int] = (320, 240), quality: int = 90) -> bytes:
    random = Random(seed)
    picture = Image.new("L", (16, 12))
    picture.putdata([random.randint(0, 255) for _ in range(16 * 12)])
    made = io.BytesIO()
    picture.resize((320, 240), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2)).resize(size).convert("RGB").save(made, "JPEG", quality=quality)
    return made.getvalue()


def stored(who: Company, content: bytes) -> UUID:
    return run(who.owner, files.store, content=content, name="factory.jpg")


def test_a_photograph_that_another_company_has_shown_is_named(database: sa.Connection) -> None:
    one, other = company(OrgKind.MANUFACTURER, "One"), company(OrgKind.MANUFACTURER, "Other")
    first, own_again = stored(one, photograph(1)), stored(one, photograph(1, size=(300, 225)))
    smaller, another = stored(other, photograph(1, size=(200, 150), quality=60)), stored(other, photograph(2))
    reviewer = company(OrgKind.PLATFORM, "Platform", Variant.COMPLIANCE).owner
    with begin(reviewer) as work:
        sheets = {sheet.file_id: sheet for sheet in verification.photo_sheets(work, file_ids=[smaller, another])}
    assert {like.file_id for like in sheets[smaller].shown_by_others} == {first, own_again}
    assert {like.organization for like in sheets[smaller].shown_by_others} == {"One"}
    assert sheets[another].shown_by_others == () and sheets[another].taken_at is None
    with begin(other.owner) as work, pytest.raises(DomainError):
        verification.photo_sheets(work, file_ids=[smaller])


def test_the_way_between_two_places_is_known() -> None:
    assert round(verification.distance_km(52.52, 13.405, 48.137, 11.575)) == 504
    assert verification.distance_km(1, 2, 1, 2) == 0


def test_the_automatic_check_is_measured_against_people(database: sa.Connection) -> None:
    system, platform = Actor.system(), company(OrgKind.PLATFORM, "Platform", Variant.COMPLIANCE)
    for name, outcome, decision in (("A", "pass", None), ("B", "review", Decision.APPROVE), ("C", "review", Decision.REJECT)):
        maker = company(OrgKind.MANUFACTURER, f"Maker {name}")
        paper = run(maker.owner, files.store, content=a_pdf(f"Extract {name}"), name="extract.pdf")
        made = run(maker.owner, verification.submit_proof, request_id=uuid4(), file_ids=[paper], number=f"HRB {ord(name)}",
                   requirement=Requirement.REGISTRATION_DOCUMENT)  # fmt: skip
        run(system, verification.record_reading, submission_id=made, file_id=paper, outcome=outcome)
        if decision:
            with begin(platform.owner) as work:
                [case] = [row for row in verification.case_queue(work)[0] if row.submission_id == made]
            run(platform.owner, verification.claim_case, case_id=case.case_id)
            run(platform.owner, verification.decide_case, case_id=case.case_id, decision=decision, note="Looked at it",
                reasons=[verification.Reason.WRONG_DOCUMENT] if decision is Decision.REJECT else [])  # fmt: skip
    with begin(platform.owner) as work:
        [row] = [row for row in verification.automatic_check_figures(work) if row.requirement == "registration_document"]
    assert row == CheckRow(
        requirement="registration_document", read=3, passed=1, passed_approved=0, passed_rejected=0, unsure_approved=1,
        unsure_rejected=1, waiting=0, precision=None, recall=0.5,
    )  # fmt: skip
