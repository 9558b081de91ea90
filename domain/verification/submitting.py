"""What an organisation does: hand in, answer a question, appeal, and prove that a bank account is its own."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text

from domain import ledger
from domain.identity import Permission
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import StoredFile
from domain.kernel.ids import new_id
from domain.kernel.settings import settings
from domain.kernel.work import Work
from domain.ledger import Draft, Family, Kind, Leg
from domain.verification.events import BankTestAnswered, BankTestSent, ProofAppealed, ProofMoved, ProofSubmitted
from domain.verification.models import Deposit, EvidenceFile, Owner, Submission
from domain.verification.naming import person_key
from domain.verification.numbers import check_tax_number
from domain.verification.requirements import ADDRESS_DAYS_MAX, CERTIFICATES, COMPUTED, FILE_NEEDED
from domain.verification.states import UNDER_WAY, Requirement, Source, SubmissionState
from domain.verification.views import BankTestAnswer, OwnerStated

FILES_MAX = 8
TRIES_MAX = 3
APPEAL_DAYS = 30
COOL_DOWN = timedelta(hours=24)
DEPOSIT_DAYS = 14  # so long the amounts can be typed in
DEPOSIT_CURRENCY = "EUR"
UBO_SHARE = Decimal(25)
SHARES_LEAST = Decimal(75)


class UnderWay(Conflict):
    """The same is being looked at already."""


class WrongNumber(Invalid):
    """The number cannot exist: its check digits or its form are wrong."""


def submit_proof(
    work: Work,
    *,
    request_id: UUID,
    requirement: Requirement,
    number: str = "",
    issuer: str = "",
    scope: str = "",
    note: str = "",
    issued_on: date | None = None,
    expires_on: date | None = None,
    category_ids: Sequence[UUID] = (),
    file_ids: Sequence[UUID] = (),
    owners: Sequence[OwnerStated] = (),
) -> UUID:
    """Hand in what proves one requirement: numbers, dates, papers of one's own. Returns the submission.

    What counted before goes on counting until this one is verified. Raises `WrongNumber` for a number that cannot
    exist, `UnderWay`, or `Invalid` naming what is missing. Announces `ProofSubmitted`.
    """
    work.actor.require(Permission.SUBMIT_VERIFICATION)
    requirement, org_id = Requirement(requirement), work.actor.require_org()
    country = _asked_of(work, requirement)
    if requirement is Requirement.BANK_ACCOUNT:
        raise Invalid("A bank account is proven by two small deposits. Please enter the account under Payouts.")
    stated = {"number": number.strip(), "issuer": issuer.strip(), "scope": scope.strip(), "note": note.strip()}
    for name, value in stated.items():
        if len(value) > (2000 if name == "note" else 300):
            raise Invalid(f"The {name} is too long.")
    stated["number"] = _check_facts(work, requirement, country, stated, issued_on, expires_on, owners)
    _check_free(work, org_id, requirement)
    if category_ids and requirement not in CERTIFICATES:
        raise Invalid("Only a certificate covers categories.")
    files = _own_files(work, file_ids)
    if requirement in FILE_NEEDED and not files:
        raise Invalid("Please add the document as a PDF, JPG or PNG file.")
    submission = _new(work, org_id, requirement, stated, issued_on, expires_on, category_ids)
    work.session.add(submission)
    work.session.flush()
    _add_files(work, submission, files)
    work.session.add_all(
        Owner(id=new_id(), submission_id=submission.id, org_id=org_id, name=owner.name.strip(), born_on=owner.born_on,
              country=owner.country, share=owner.share, is_director=owner.is_director,
              person_key=person_key(owner.name, owner.born_on))
        for owner in owners
    )  # fmt: skip
    _tell_submitted(work, submission, None, len(files))
    return submission.id


def answer_request(work: Work, *, submission_id: UUID, answer: str, file_ids: Sequence[UUID] = ()) -> None:
    """Answer a reviewer's question, with more papers if they help. Announces `ProofSubmitted`."""
    work.actor.require(Permission.SUBMIT_VERIFICATION)
    submission = _own(work, submission_id)
    if not 1 <= len(answer.strip()) <= 2000:
        raise Invalid("Please answer in 1 to 2,000 characters.")
    files = _own_files(work, file_ids)
    was = submission.state
    submission.move_to(SubmissionState.SUBMITTED)
    submission.answer, submission.submitted_by = answer.strip(), work.actor.user_id
    _add_files(work, submission, files)
    _tell_submitted(work, submission, was, len(files))


def appeal(work: Work, *, submission_id: UUID, reason: str, file_ids: Sequence[UUID] = ()) -> None:
    """Ask once for another reviewer after a rejection, with new evidence. Announces `ProofAppealed`.

    Raises `Conflict` when it was appealed before or more than 30 days ago, `Invalid` without new evidence.
    """
    work.actor.require(Permission.SUBMIT_VERIFICATION)
    submission = _own(work, submission_id)
    if not 20 <= len(reason.strip()) <= 2000:
        raise Invalid("Please say in 20 to 2,000 characters what the reviewer should look at again.")
    if submission.ended_at is not None and submission.ended_at + timedelta(days=APPEAL_DAYS) < work.now:
        raise Conflict("An appeal is possible within 30 days. Please hand the document in anew.")
    known = set(work.session.scalars(select(EvidenceFile.sha256).where(EvidenceFile.submission_id == submission_id)))
    files = _own_files(work, file_ids)
    was = submission.state
    submission.move_to(SubmissionState.APPEALED)
    if Requirement(submission.requirement) in FILE_NEEDED and not any(file.sha256 not in known for file in files):
        raise Invalid("An appeal needs new evidence: please add a document that we have not seen yet.")
    submission.answer, submission.ended_at = reason.strip(), None
    _add_files(work, submission, files)
    work.record(
        ProofAppealed(subject_id=submission.id, for_org_id=submission.org_id, requirement=submission.requirement,
                      from_state=was, to_state=submission.state, files=len(files))
    )  # fmt: skip


# --- the bank account --------------------------------------------------------------------------


def bank_account_changed(work: Work, *, holder: str, iban: str, is_first: bool) -> None:
    """The actor's organisation has stated where it is paid: what was verified of another account ends.

    Two small deposits are asked for; a changed account is paid to a day after the change at the earliest. Called
    by the module that keeps the account. Announces `ProofSubmitted` and `ProofMoved`.
    """
    work.actor.require(Permission.CHANGE_BANK_ACCOUNT)
    org_id, requirement = work.actor.require_org(), Requirement.BANK_ACCOUNT
    earlier = work.session.scalars(
        select(Submission)
        .where(Submission.org_id == org_id, Submission.requirement == requirement.value, Submission.ended_at.is_(None))
        .with_for_update()
    ).all()
    counting = [s for s in earlier if s.counts_from is not None]
    if is_first and counting:
        return  # vouched for before the account was entered
    for submission in earlier:
        if SubmissionState(submission.state) in (SubmissionState.REJECTED, SubmissionState.REJECTED_FINAL):
            continue
        end_as_replaced(work, submission)
    if not is_first:
        _end_bank_waivers(work, org_id)
    work.session.flush()
    stated = {"number": f"…{iban[-4:]}", "issuer": holder, "scope": "", "note": ""}
    submission = _new(work, org_id, requirement, stated, None, None, ())
    submission.facts = {"account": fingerprint(iban), "country": iban[:2]}
    submission.not_before = None if is_first else work.now + COOL_DOWN
    _begin_test(work, submission)


def _begin_test(work: Work, submission: Submission) -> None:
    work.session.add(submission)
    work.session.flush()
    work.session.add_all(
        Deposit(submission_id=submission.id, position=position, org_id=submission.org_id, created_at=work.now)
        for position in (1, 2)
    )
    _tell_submitted(work, submission, None, 0)


def ask_for_new_deposits(work: Work, *, submission_id: UUID) -> UUID:
    """Two other amounts for the same account: those of before have expired, or the test was rejected.

    Returns the new submission. Raises `Conflict` while a test is under way. Announces `ProofSubmitted`.
    """
    work.actor.require(Permission.CHANGE_BANK_ACCOUNT)
    old = _own(work, submission_id)
    newest = work.session.scalar(
        select(Submission.id)
        .where(Submission.org_id == old.org_id, Submission.requirement == Requirement.BANK_ACCOUNT.value)
        .order_by(Submission.submitted_at.desc(), Submission.id.desc())
        .limit(1)
    )
    if newest != old.id or "account" not in old.facts:
        raise NotFound
    if old.state == SubmissionState.SUBMITTED and _has_expired(work, _sent_at(work, submission_id)):
        end_as_replaced(work, old)
        work.session.flush()
    elif old.state not in (SubmissionState.REJECTED, SubmissionState.REJECTED_FINAL):
        raise Conflict("A test of this account is under way. Please type the amounts in, or wait for our answer.")
    stated = {"number": old.number or "", "issuer": old.issuer or "", "scope": "", "note": ""}
    submission = _new(work, old.org_id, Requirement.BANK_ACCOUNT, stated, None, None, ())
    submission.facts = {name: old.facts[name] for name in ("account", "country")}
    submission.not_before = old.not_before
    _begin_test(work, submission)
    return submission.id


def submit_bank_statement(work: Work, *, request_id: UUID, submission_id: UUID, file_ids: Sequence[UUID]) -> None:
    """Prove that an account is one's own by a statement instead of the deposits: the name and the whole IBAN on it.

    Raises `Conflict` when the account is not waiting for a proof, `Invalid` without a file. Announces
    `ProofSubmitted`.
    """
    work.actor.require(Permission.SUBMIT_VERIFICATION)
    submission = _own(work, submission_id)
    if submission.requirement != Requirement.BANK_ACCOUNT:
        raise NotFound
    if submission.state != SubmissionState.SUBMITTED:
        raise Conflict("This account does not wait for a proof.")
    files = _own_files(work, file_ids)
    if not files:
        raise Invalid("Please add the statement as a PDF file.")
    submission.submitted_by = work.actor.user_id
    _add_files(work, submission, files)
    _tell_submitted(work, submission, submission.state, len(files))


def _sent_at(work: Work, submission_id: UUID) -> Sequence[datetime | None]:
    return work.session.scalars(select(Deposit.sent_at).where(Deposit.submission_id == submission_id)).all()


def _has_expired(work: Work, sent: Sequence[datetime | None]) -> bool:
    return any(at is not None and at + timedelta(days=DEPOSIT_DAYS) <= work.now for at in sent)


def confirm_deposits(work: Work, *, submission_id: UUID, first: Decimal, second: Decimal) -> BankTestAnswer:
    """Type in the two amounts that came. Three tries; then a person looks at it. Announces `BankTestAnswered`.

    A wrong answer is an answer, not a refusal: it has to be remembered. Raises `Conflict` before they are sent and
    when they have expired.
    """
    work.actor.require(Permission.CHANGE_BANK_ACCOUNT)
    submission = _own(work, submission_id)
    sent = _sent_at(work, submission_id)
    if submission.state != SubmissionState.SUBMITTED or len(sent) != 2 or submission.tries >= TRIES_MAX:
        raise Conflict("There are no deposits to confirm for this account.")
    if None in sent:
        raise Conflict("The two deposits are not sent yet. They take one to two working days.")
    if _has_expired(work, sent):
        raise Conflict(f"The amounts counted for {DEPOSIT_DAYS} days. Please ask for new deposits.")
    is_right = deposits_match(submission_id, [str(first), str(second)])
    submission.tries += 1
    submission.facts = {**submission.facts, "typed": [str(first), str(second)]}
    work.record(
        BankTestAnswered(subject_id=submission.id, for_org_id=submission.org_id, requirement=submission.requirement,
                         is_right=is_right, tries=submission.tries)
    )  # fmt: skip
    return BankTestAnswer(is_right=is_right, tries_left=0 if is_right else TRIES_MAX - submission.tries)


def deposit_amounts(submission_id: UUID) -> tuple[Decimal, Decimal]:
    """The two amounts, worked out from the id and the secret key, so that they stand nowhere."""
    digest = hmac.new(
        settings().secret_key.get_secret_value().encode(), f"deposit:{submission_id}".encode(), hashlib.sha256
    ).digest()
    first = 10 + digest[0] % 89
    second = 10 + (first - 10 + 1 + digest[1] % 88) % 89
    return Decimal(first) / 100, Decimal(second) / 100


def deposits_match(submission_id: UUID, typed: Sequence[str]) -> bool:
    """In either order, as people read them off a statement."""
    try:
        return sorted(Decimal(amount) for amount in typed) == sorted(deposit_amounts(submission_id))
    except ArithmeticError:
        return False


def fingerprint(iban: str) -> str:
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, f"iban:{iban}".encode(), hashlib.sha256).hexdigest()


# --- steps -------------------------------------------------------------------------------------


def end_as_replaced(work: Work, submission: Submission) -> None:
    """Something newer counts from now on."""
    was = submission.state
    submission.move_to(SubmissionState.REPLACED)
    submission.ended_at = work.now
    work.record(
        ProofMoved(subject_id=submission.id, for_org_id=submission.org_id, requirement=submission.requirement,
                   from_state=was, to_state=submission.state)
    )  # fmt: skip


def _end_bank_waivers(work: Work, org_id: UUID) -> None:
    """A waiver was for the account of then. Only the platform changes waivers, so it ends by its own rule."""
    work.session.execute(text("select end_bank_waiver(:org_id, :now)"), {"org_id": org_id, "now": work.now})


def _new(
    work: Work, org_id: UUID, requirement: Requirement, stated: dict[str, str], issued_on: date | None,
    expires_on: date | None, category_ids: Sequence[UUID],
) -> Submission:  # fmt: skip
    return Submission(
        id=new_id(), org_id=org_id, requirement=requirement.value, state=SubmissionState.SUBMITTED.value,
        source=Source.MEMBER.value, number=stated["number"] or None, issuer=stated["issuer"] or None,
        scope=stated["scope"] or None, category_ids=list(category_ids) or None, issued_on=issued_on,
        expires_on=expires_on, facts={}, findings={}, reasons=[], note=stated["note"] or None, tries=0,
        submitted_by=work.actor.user_id, submitted_at=work.now,
    )  # fmt: skip


def _tell_submitted(work: Work, submission: Submission, was: str | None, files: int) -> None:
    work.record(
        ProofSubmitted(subject_id=submission.id, for_org_id=submission.org_id, requirement=submission.requirement,
                       from_state=was, to_state=submission.state, files=files)
    )  # fmt: skip


def _asked_of(work: Work, requirement: Requirement) -> str:
    """The country of the actor's organisation, if the requirement is asked of it and can be handed in."""
    row = work.session.execute(
        text(
            "select o.country_code, exists (select 1 from verification_items(o.id, :now, :requirement)) as is_asked"
            " from organizations o where o.id = :org_id"
        ),
        {"org_id": work.actor.require_org(), "now": work.now, "requirement": requirement.value},
    ).one_or_none()
    if row is None:
        raise NotFound
    if not row.is_asked or requirement in COMPUTED:
        raise Invalid("This is not something that your organisation hands in.")
    return str(row.country_code or "")


def _check_free(work: Work, org_id: UUID, requirement: Requirement) -> None:
    newest = work.session.scalars(
        select(Submission)
        .where(Submission.org_id == org_id, Submission.requirement == requirement.value)
        .order_by(Submission.submitted_at.desc())
        .limit(1)
    ).one_or_none()
    if newest is None:
        return
    state = SubmissionState(newest.state)
    if state is SubmissionState.INFO_REQUESTED:
        raise UnderWay("There is an open question about this. Please answer it instead of handing it in anew.")
    if state in UNDER_WAY:
        raise UnderWay("This is being looked at already. We will tell you as soon as it is decided.")
    if state is SubmissionState.REJECTED_FINAL and newest.ended_at and newest.ended_at + timedelta(days=30) > work.now:
        raise Conflict("The appeal was decided. You can hand this in anew 30 days after the decision.")


def _check_facts(
    work: Work, requirement: Requirement, country: str, stated: dict[str, str], issued_on: date | None,
    expires_on: date | None, owners: Sequence[OwnerStated],
) -> str:  # fmt: skip
    """See that what is stated can be true. Returns the number as it is kept."""
    today, number = work.now.date(), stated["number"]
    needs_number = CERTIFICATES | {
        Requirement.BUSINESS_NAME, Requirement.REGISTRATION_DOCUMENT, Requirement.TAX_NUMBER,
        Requirement.PRODUCTION_CAPACITY,
    }  # fmt: skip
    if requirement in needs_number and not number:
        word = "capacity in units a month" if requirement is Requirement.PRODUCTION_CAPACITY else "number"
        raise Invalid(f"Please enter the {word}.")
    if issued_on is not None and issued_on > today:
        raise Invalid("The date of issue lies in the future.")
    if requirement is Requirement.PROOF_OF_ADDRESS:
        if issued_on is None:
            raise Invalid("Please enter the date that stands on the document.")
        if (today - issued_on).days > ADDRESS_DAYS_MAX:
            raise Invalid(f"A proof of address may be {ADDRESS_DAYS_MAX} days old at most. Please use a newer one.")
    if requirement in CERTIFICATES:
        if not stated["issuer"] or expires_on is None:
            raise Invalid("Please enter who issued the certificate and until when it is valid.")
        if expires_on <= today:
            raise Invalid("This certificate has expired. Please use one that is valid.")
    if requirement is Requirement.PRODUCTION_CAPACITY and not (number.isdigit() and 0 < int(number) < 10**9):
        raise Invalid("Please enter the capacity as a whole number of units a month.")
    if requirement is Requirement.OWNERS:
        _check_owners(stated["note"], owners)
    elif owners:
        raise Invalid("Owners are stated for owners and directors only.")
    return checked_tax_number(country, number) if requirement is Requirement.TAX_NUMBER else number


def checked_tax_number(country: str, number: str) -> str:
    """The tax number in its compact form. Raises `WrongNumber`; a country without a known form passes as it is."""
    verdict = check_tax_number(country, number)
    if verdict is None:
        if not 4 <= len(number) <= 30:
            raise WrongNumber("A tax number has between 4 and 30 characters.")
        return number
    if not verdict.valid or verdict.normalised is None:
        raise WrongNumber(
            f"{number} is not a valid tax number of this country. {verdict.sentence} Please compare it with your tax"
            " certificate."
        )
    return verdict.normalised


def _check_owners(explanation: str, owners: Sequence[OwnerStated]) -> None:
    if not 1 <= len(owners) <= 25:
        raise Invalid("Please name between 1 and 25 owners and directors.")
    for owner in owners:
        if not 2 <= len(owner.name.strip()) <= 120:
            raise Invalid("Each owner needs a name of 2 to 120 characters.")
        if not (owner.share.is_finite() and 0 <= owner.share <= 100 and owner.share == round(owner.share, 2)):
            raise Invalid(f"The share of {owner.name.strip()} must be between 0 and 100 %, with two decimals at most.")
        if owner.share >= UBO_SHARE and owner.born_on is None:
            raise Invalid(f"{owner.name.strip()} owns a quarter or more: please enter the date of birth.")
    shares = sum((owner.share for owner in owners), Decimal(0))
    if shares > 100:
        raise Invalid("The shares add up to more than 100 %.")
    if shares < SHARES_LEAST and len(explanation) < 20:
        raise Invalid("The shares add up to less than 75 %. Please explain in the note who owns the rest.")


def _own(work: Work, submission_id: UUID) -> Submission:
    submission = work.session.scalar(
        select(Submission)
        .where(Submission.id == submission_id, Submission.org_id == work.actor.require_org())
        .with_for_update()
    )
    if submission is None:
        raise NotFound
    return submission


def _own_files(work: Work, file_ids: Sequence[UUID]) -> list[StoredFile]:
    if len(set(file_ids)) > FILES_MAX:
        raise Invalid(f"Please add at most {FILES_MAX} files.")
    files = work.session.scalars(
        select(StoredFile).where(StoredFile.id.in_(list(file_ids)), StoredFile.org_id == work.actor.require_org())
    ).all()
    if len(files) != len(set(file_ids)):
        raise NotFound
    return sorted(files, key=lambda file: file.id)


def _add_files(work: Work, submission: Submission, files: Sequence[StoredFile]) -> None:
    known = set(work.session.scalars(select(EvidenceFile.file_id).where(EvidenceFile.submission_id == submission.id)))
    work.session.add_all(
        EvidenceFile(submission_id=submission.id, file_id=file.id, org_id=submission.org_id, sha256=file.sha256,
                     added_at=work.now, attempts=0, reading={})
        for file in files
        if file.id not in known
    )  # fmt: skip


def record_deposits_sent(work: Work, *, submission_ids: Sequence[UUID]) -> int:
    """Finance has sent the test deposits of these accounts. Returns how many accounts. Announces `BankTestSent`.

    They are booked as a cost of payments out of the platform's own cash, once an account and as one sum, so that
    nobody who reads the ledger reads the two amounts.
    """
    work.actor.require(Permission.PREPARE_PAYOUTS)
    work.actor.require_staff()
    sent: Sequence[UUID] = work.session.execute(
        text(
            "update verification_deposits set sent_at = :now, sent_by = :person"
            " where submission_id = any(:ids) and sent_at is null returning submission_id"
        ),
        {"now": work.now, "person": work.actor.user_id, "ids": list(submission_ids)},
    ).scalars().all()  # fmt: skip
    ledger.post(work, entries=[_booked(submission_id) for submission_id in sorted(set(sent))])
    for submission_id in sorted(set(sent)):
        submission = work.session.get_one(Submission, submission_id)
        work.record(
            BankTestSent(subject_id=submission.id, for_org_id=submission.org_id, requirement=submission.requirement)
        )
    return len(set(sent))


def _booked(submission_id: UUID) -> Draft:
    amount = sum(deposit_amounts(submission_id), Decimal(0))
    legs = [Leg(Family.PAYMENT_COST, amount), Leg(Family.BANK_OPERATING, -amount)]
    return Draft(Kind.ACCOUNT_TESTED, str(submission_id), DEPOSIT_CURRENCY, legs)
