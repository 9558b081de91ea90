"""The platform says who somebody is, where an organisation has nobody else to say it: on what it has proved."""

from uuid import UUID

from sqlalchemy import text

from domain import identity
from domain.identity import LossRow, Permission
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.work import Work
from domain.verification.reviewing import TIES, FourEyes
from domain.verification.states import Requirement

# What says whose an organisation is: a paper of the register, its owners, its bank account.
PROOFS = (Requirement.REGISTRATION_DOCUMENT, Requirement.OWNERS, Requirement.BANK_ACCOUNT)


class NothingProved(Conflict):
    """There is nothing against which somebody's word could be held."""


def proofs_of_owner(work: Work, *, org_id: UUID) -> list[str]:
    """Which requirements of an organisation that say whose it is are proved now; for whoever vouches for people."""
    work.actor.require(Permission.VOUCH_FOR_PEOPLE)
    rows = work.session.scalars(
        text(
            "select requirement from verification_items(:org, :now)"
            " where requirement = any(:asked) and is_met and met_by <> 'waived' order by requirement"
        ),
        {"org": org_id, "asked": list(PROOFS), "now": work.now},
    )
    return list(rows)


def vouch_for_person(work: Work, *, loss_id: UUID, is_approved: bool, reason: str) -> None:
    """Decide, as one of the platform's two people, whether somebody gets in again who has lost the second factor.

    Raises `NothingProved` for a yes when the organisation has proved nothing that says whose it is, `FourEyes` for
    whoever has ties to it, and what `identity.vouch_for_lost_factor` raises. Announces `FactorLossApproved` or
    `FactorLossRefused`.
    """
    work.actor.require(Permission.VOUCH_FOR_PEOPLE)
    loss: LossRow | None = next((row for row in identity.lost_factors(work) if row.loss_id == loss_id), None)
    if loss is None:
        raise NotFound
    ties = text("select 1 from memberships where org_id = :org and person_id = :me")
    if work.session.execute(ties, {"org": loss.org_id, "me": work.actor.user_id}).first():
        raise FourEyes(TIES)
    if is_approved and not proofs_of_owner(work, org_id=loss.org_id):
        raise NothingProved(
            "This organisation has proved nothing yet that says whose it is (register, owners or bank account)."
        )
    identity.vouch_for_lost_factor(work, loss_id=loss_id, is_approved=is_approved, reason=reason)
