"""What follows from a proof that was handed in, decided or runs out: the check, and the notice."""

from typing import Any
from uuid import UUID

from domain import notifications, verification
from domain.kernel.work import Work

CHECKED = frozenset({"ProofSubmitted", "ProofAppealed", "BankTestAnswered"})
# the state that a proof comes into -> kind of the notice
_STATES = {
    "verified": "verification_verified",
    "info_requested": "verification_question",
    "rejected": "verification_rejected",
    "rejected_final": "verification_appeal_refused",
    "expired": "verification_expired",
}
TOLD = frozenset({"ProofMoved", "ProofRunsOut", "BankTestSent", "WaiverMoved"})


def check_proof(work: Work, event: Any) -> None:
    """Decide what can be decided without a person; a file that is still to be read decides later."""
    verification.check_submission(work, submission_id=event.subject_id)


def screen_newcomer(work: Work, event: Any) -> None:
    """Whoever joins is compared with the lists of sanctions."""
    verification.screen(work, org_ids=[event.subject_id])


def tell_of_proof(work: Work, event: Any) -> None:
    kind = {
        "ProofMoved": lambda: _STATES.get(event.to_state),
        "ProofRunsOut": lambda: "verification_runs_out",
        "BankTestSent": lambda: "verification_deposits_sent",
        "WaiverMoved": lambda: "verification_waived" if event.to_state == "approved" else None,
    }[event.name]()
    if kind is None:
        return
    notifications.tell(
        work, org_id=UUID(event.facts["for_org_id"]), kind=kind, cause=f"{event.id}:{kind}", subject="verification",
        subject_id=event.subject_id, facts={**event.facts, "what": event.facts["requirement"]},
    )  # fmt: skip
