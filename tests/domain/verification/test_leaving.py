"""Cases that somebody had taken when they left are free again, for whoever may decide them."""

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain import identity, reactions, reports, verification
from domain.identity import Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import NotFound
from domain.kernel.work import begin, run
from domain.verification import Requirement, Taken
from tests.domain.verification.test_verification import case_of, newcomer, paper, submit
from tests.make.market import OrgKind, company


@pytest.mark.usefixtures("database")
def test_the_cases_of_somebody_who_left_go_back_to_the_queue() -> None:
    platform = company(OrgKind.PLATFORM, "Platform", Variant.SUPER_ADMIN, Variant.COMPLIANCE, Variant.OPERATIONS)
    admin, officer = platform.people[Variant.SUPER_ADMIN], platform.people[Variant.COMPLIANCE]
    operations = platform.people[Variant.OPERATIONS]
    works = newcomer()
    proof = submit(works, Requirement.REGISTRATION_DOCUMENT, file_ids=[paper(works)], number="HRB 12345")
    case_id = case_of(officer, proof)
    run(officer, verification.claim_case, case_id=case_id)
    run(admin, identity.change_role, person_id=operations.user_id, variant=Variant.COMPLIANCE)
    with begin(Actor.system()) as work:
        statement = sa.text("select email from people where id = :id")
        email = work.session.execute(statement, {"id": operations.user_id}).scalar_one()
        second = identity.actor_of(identity.person_by_email(work, email=email))
    with pytest.raises(Taken):
        run(second, verification.claim_case, case_id=case_id)
    with begin(admin) as work:
        found: list[Any] = reports.open_work_of(work, person_id=officer.user_id)
    assert [(one.kind, one.count) for one in found] == [("verification_cases", 1)]
    with pytest.raises(NotFound):
        run(second, verification.release_cases_of, person_id=officer.user_id)

    run(admin, identity.remove_member, person_id=officer.user_id, handed_to=operations.user_id, reason=str(uuid4()))
    reactions.deliver_new()
    run(second, verification.claim_case, case_id=case_id)
