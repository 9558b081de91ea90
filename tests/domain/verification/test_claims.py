"""Two reviewers reach for one case in the same moment: one has it, the other is told."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from domain import verification
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.work import begin, run
from domain.verification import Requirement
from tests.domain.verification.test_verification import paper
from tests.make.market import company


def test_two_reviewers_cannot_take_one_case(fresh_database: str) -> None:
    platform = company(OrgKind.PLATFORM, "Platform", Variant.COMPLIANCE, Variant.SUPPORT)
    first = platform.people[Variant.COMPLIANCE]
    second = replace(first, user_id=platform.people[Variant.SUPPORT].user_id)
    maker = company(OrgKind.MANUFACTURER, "Maker")
    file = paper(maker)
    made = run(maker.owner, verification.submit_proof, request_id=uuid4(), requirement=Requirement.PROOF_OF_ADDRESS,
               issued_on=datetime.now(UTC).date(), file_ids=[file])  # fmt: skip
    run(Actor.system(), verification.record_reading, submission_id=made, file_id=file, outcome="review")
    with begin(first) as work:
        [case] = verification.case_queue(work)[0]
    ready, taken, refused = threading.Barrier(6), [], []

    def reach(who: Actor) -> None:
        ready.wait()
        try:
            run(who, verification.claim_case, case_id=case.case_id)
            taken.append(who.user_id)
        except DomainError as refusal:
            refused.append(str(refusal))

    threads = [threading.Thread(target=reach, args=(who,)) for who in (first, second) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with begin(first) as work:
        holder = verification.case_sheet(work, case_id=case.case_id).row.claimed_by
    assert set(taken) == {holder} and len(taken) == 3  # whoever holds it may press again
    assert refused == ["A colleague has taken this case. Please choose another one."] * 3
