"""The second factor: an authenticator app (TOTP, RFC 6238), ten recovery codes, and the step up before money.

The secret is sealed with the installation's key. A code counts once: the half minute it stands for has to be later
than that of the last one, under a lock of the person's row, so the same code at the same instant counts once
as well. Wrong codes are counted per person and address; who has not given the password never gets here.
"""

import hmac
import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import pyotp
from sqlalchemy import delete, select, text

from domain.identity.events import (
    FactorEnrolled,
    FactorRefused,
    FactorRemoved,
    FactorShown,
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
    SignInLocked,
)
from domain.identity.guesses import GUESSES, GUESSES_WINDOW, bucket_of, wait_for
from domain.identity.models import FactorTry, Person, RecoveryCode, SecondFactor, SignInSession
from domain.identity.sessions import end_sessions_of
from domain.identity.tries import knows_password
from domain.identity.views import FactorDraft, FactorSheet
from domain.kernel.actor import Actor
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Conflict, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.sealing import keyed_hash, seal, unseal
from domain.kernel.work import Work

ISSUER = "Wholesale OS"
PURPOSE, PAPER = "second factor", "recovery code"
STEP_SECONDS = 30
SHOWN_FOR = timedelta(minutes=10)
RECOVERY_CODES = 10
CLOSED_AFTER_LOSS = timedelta(hours=72)  # in which whoever got in without the factor moves no money
GUESSES_IN_ALL = 20  # per person from everywhere: all of them come from somebody who has the password
_PAPER_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another


class Factor(StrEnum):
    APP = "app"
    RECOVERY = "recovery"


class StepUpNeeded(NotAllowed):
    """The person has a second factor and has to show it once more before this."""


class FactorMissing(NotAllowed):
    """The platform asks for a second factor here, and the person has none."""


class ClosedAfterLoss(NotAllowed):
    """A lost second factor was taken off a short while ago: what it guarded stays closed to the person."""


class FactorExists(Conflict):
    pass


# --- setting it up -----------------------------------------------------------------------------


def start_factor(work: Work, *, password: str) -> FactorDraft | None:
    """Begin to set up one's own second factor: the secret for the app. It counts once `confirm_factor` has seen a code.

    Beginning again makes a new secret. None when the password was wrong, which is written down. Raises
    `FactorExists`, and `TooManyTries`.
    """
    person = _me(work)
    if person.password_hash is not None and not knows_password(work, person, password):
        return None
    factor = work.session.get(SecondFactor, person.id, with_for_update=True)
    if factor is not None and factor.confirmed_at is not None:
        raise FactorExists("A second factor is set up already. Turn it off first to use another app.")
    secret = pyotp.random_base32()
    if factor is None:
        factor = SecondFactor(person_id=person.id)
        work.session.add(factor)
    factor.sealed_secret = seal(secret, purpose=PURPOSE, owner=str(person.id))
    factor.last_step, factor.created_at = 0, work.now
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER)
    return FactorDraft(secret=secret, uri=uri)


def confirm_factor(work: Work, *, code: str, address: str) -> list[str] | None:
    """Turn the second factor on by its first code; the answer is the ten recovery codes, which are shown this once.

    None means that the code was wrong, which is written down. Every other session of the person ends: it was
    opened by the password alone. Raises `TooManyTries`, `NotFound` when nothing was begun, `FactorExists`.
    Announces `FactorEnrolled`.
    """
    person = _me(work)
    factor = work.session.get(SecondFactor, person.id, with_for_update=True)
    if factor is None:
        raise NotFound("Please begin again.")
    if factor.confirmed_at is not None:
        raise FactorExists("The second factor is on already.")
    if shown(work, person_id=person.id, code=code, address=address, org_id=work.actor.org_id) is None:
        return None
    factor.confirmed_at = work.now
    _mark_session(work)
    end_sessions_of(work, person_id=person.id, but=work.actor.sign_in_session_id)
    work.record(FactorEnrolled(subject_id=person.id, before={"second_factor": "off"}, after={"second_factor": "app"}))
    return _new_paper(work, person.id)


def remove_factor(work: Work, *, code: str, address: str) -> bool:
    """Turn the second factor off; that takes a code. False when it was wrong, which is written down.

    Raises `NotFound` without one and `TooManyTries`. Announces `FactorRemoved`.
    """
    person = _me(work)
    if not _is_enrolled(work, person.id):
        raise NotFound("No second factor is set up.")
    if shown(work, person_id=person.id, code=code, address=address, org_id=work.actor.org_id) is None:
        return False
    take_factor_off(work, person_id=person.id)
    work.record(FactorRemoved(subject_id=person.id, before={"second_factor": "app"}, after={"second_factor": "off"}))
    return True


def take_factor_off(work: Work, *, person_id: UUID) -> None:
    """The step by which a person's app and recovery codes go. The caller had the right to it."""
    for table in (RecoveryCode, SecondFactor):
        work.session.execute(delete(table).where(table.person_id == person_id))


def renew_recovery_codes(work: Work) -> list[str]:
    """Ten new recovery codes, shown this once; those of before are worth nothing any more.

    Raises `StepUpNeeded`, and `NotFound` without a second factor. Announces `RecoveryCodesRenewed`.
    """
    person = _me(work)
    if not _is_enrolled(work, person.id):
        raise NotFound("No second factor is set up.")
    require_recent_factor(work)
    work.record(RecoveryCodesRenewed(subject_id=person.id, codes=RECOVERY_CODES))
    return _new_paper(work, person.id)


def my_factor(work: Work) -> FactorSheet | None:
    """One's own second factor, and how many recovery codes are left; None when none is on."""
    work.actor.require_self()
    if work.actor.user_id is None:
        raise NotFound
    row = work.session.execute(
        text(
            "select f.confirmed_at as since, (select count(*) from recovery_codes c where c.person_id = f.person_id"
            " and c.used_at is null) as codes_left"
            " from second_factors f where f.person_id = :me and f.confirmed_at is not null"
        ),
        {"me": work.actor.user_id},
    ).one_or_none()
    return None if row is None else FactorSheet.model_validate(row._asdict())


# --- showing it --------------------------------------------------------------------------------


def show_factor(work: Work, *, code: str, address: str) -> bool:
    """Show one's second factor once more in this session; what asks for it is open for ten minutes then.

    False when the code was wrong, which is written down. Raises `NotFound` without a second factor or a session,
    and `TooManyTries`. Announces `FactorShown`.
    """
    person = _me(work)
    session_id = work.actor.sign_in_session_id
    if session_id is None or not _is_enrolled(work, person.id):
        raise NotFound("No second factor is set up.")
    factor = shown(work, person_id=person.id, code=code, address=address, org_id=work.actor.org_id)
    if factor is None:
        return False
    _mark_session(work)
    work.record(FactorShown(subject_id=person.id, session_id=session_id, factor=factor))
    return True


def require_recent_factor(work: Work) -> None:
    """Refuse unless the second factor was shown in this session within the last ten minutes.

    For what moves money or says where it goes. Who has no second factor passes, as long as the platform does not
    ask for one (`FACTOR_REQUIRED_FOR_MONEY`). Who got in without a lost factor waits three days, whatever he
    has set up since. Raises `StepUpNeeded`, `FactorMissing` and `ClosedAfterLoss`.
    """
    me: Actor = work.actor
    if me.is_system:
        return
    if me.user_id is None:
        raise NotFound
    found = work.session.execute(
        text(
            "select exists (select 1 from second_factors f where f.person_id = :me and f.confirmed_at is not null)"
            " as is_enrolled, (select max(l.ended_at) from factor_losses l where l.person_id = :me and l.state = 'done'"
            "   and l.ended_at > :closed_since) as lost_at, (select s.factor_shown_at from sign_in_sessions s"
            "   where s.id = :session and s.person_id = :me and s.revoked_at is null and s.expires_at > :now)"
            " as shown_at"
        ),
        {
            "me": me.user_id, "session": me.sign_in_session_id, "now": work.now,
            "closed_since": work.now - CLOSED_AFTER_LOSS,
        },
    ).one()  # fmt: skip
    if found.lost_at is not None:
        hours = -(-int((found.lost_at + CLOSED_AFTER_LOSS - work.now).total_seconds()) // 3600)
        raise ClosedAfterLoss(
            "Your lost second factor was taken off a short while ago. Until it is clear that it was you, this stays"
            f" closed to you for another {hours} hour{'s' if hours != 1 else ''}. A colleague with the right can do it."
        )
    if not found.is_enrolled:
        if value_of(work, Setting.FACTOR_REQUIRED_FOR_MONEY):
            raise FactorMissing("This needs a second factor. Please set one up under Sign-in & security.")
        return
    if found.shown_at is None or found.shown_at < work.now - SHOWN_FOR:
        raise StepUpNeeded("Please confirm this with a code of your second factor.")


def shown(work: Work, *, person_id: UUID, code: str, address: str, org_id: UUID | None) -> Factor | None:
    """How the code proves the person's second factor; None when it does not, which is written down.

    Raises `TooManyTries`. The caller has made sure that the actor is the person, or the system on its behalf.
    """
    factor = work.session.get(SecondFactor, person_id, with_for_update=True)
    if factor is None:
        raise NotFound("No second factor is set up.")
    bucket = bucket_of(str(person_id), address)
    _heed_tries(work, person_id, bucket)
    typed = re.sub(r"[\s-]", "", code).upper()
    proof = None
    if typed.isdecimal() and typed.isascii():
        proof = _by_app(work, factor, typed)
    elif factor.confirmed_at is not None:
        proof = _by_paper(work, person_id, typed, org_id)
    if proof is not None:
        work.session.execute(delete(FactorTry).where(FactorTry.person_id == person_id, FactorTry.bucket == bucket))
        return proof
    work.session.add(FactorTry(id=new_id(), person_id=person_id, bucket=bucket, tried_at=work.now))
    work.record(FactorRefused(subject_id=person_id, bucket=bucket, for_org_id=org_id))
    if len([at for one, at in _tries(work, person_id) if one == bucket]) == GUESSES:
        until = work.now + GUESSES_WINDOW
        work.record(SignInLocked(subject_id=person_id, bucket=bucket, step="code", until=until, for_org_id=org_id))
    return None


def _by_app(work: Work, factor: SecondFactor, typed: str) -> Factor | None:
    app = pyotp.TOTP(unseal(factor.sealed_secret, purpose=PURPOSE, owner=str(factor.person_id)))
    this_step = int(work.now.timestamp()) // STEP_SECONDS
    # One step to either side, for clocks that differ and for fingers that are slow.
    fitting = [step for step in range(this_step - 1, this_step + 2) if _same(app.generate_otp(step), typed)]
    later = [step for step in fitting if step > factor.last_step]
    if not later:
        return None
    factor.last_step = max(later)
    work.session.flush()
    return Factor.APP


def _by_paper(work: Work, person_id: UUID, typed: str, org_id: UUID | None) -> Factor | None:
    used = work.session.execute(
        text(
            "update recovery_codes set used_at = :now"
            " where person_id = :person and code_hash = :hash and used_at is null returning id"
        ),
        {"now": work.now, "person": person_id, "hash": _paper_hash(person_id, typed)},
    ).first()
    if used is None:
        return None
    left: int = work.session.execute(
        text("select count(*) from recovery_codes where person_id = :person and used_at is null"),
        {"person": person_id},
    ).scalar_one()
    work.record(RecoveryCodeUsed(subject_id=person_id, left=left, for_org_id=org_id))
    return Factor.RECOVERY


def _heed_tries(work: Work, person_id: UUID, bucket: str) -> None:
    tries = _tries(work, person_id)
    here = [at for one, at in tries if one == bucket]
    if len(here) >= GUESSES:
        raise wait_for(here[-GUESSES], work.now)
    if len(tries) >= GUESSES_IN_ALL:
        raise wait_for(tries[-GUESSES_IN_ALL][1], work.now)


def _tries(work: Work, person_id: UUID) -> list[tuple[str, datetime]]:
    work.session.flush()
    rows = work.session.execute(
        select(FactorTry.bucket, FactorTry.tried_at)
        .where(FactorTry.person_id == person_id, FactorTry.tried_at > work.now - GUESSES_WINDOW)
        .order_by(FactorTry.tried_at, FactorTry.id)
    )
    return [(row[0], row[1]) for row in rows]


def _new_paper(work: Work, person_id: UUID) -> list[str]:
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = ["".join(secrets.choice(_PAPER_LETTERS) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    work.session.add_all(
        RecoveryCode(id=new_id(), person_id=person_id, code_hash=_paper_hash(person_id, code), created_at=work.now)
        for code in codes
    )
    return ["-".join(code[at : at + 4] for at in range(0, 12, 4)) for code in codes]


def _paper_hash(person_id: UUID, code: str) -> bytes:
    # Sixty bits under a key that the database does not have need no slow hash.
    return keyed_hash(f"{person_id}|{code}", purpose=PAPER)


def _mark_session(work: Work) -> None:
    session = work.session.get(SignInSession, work.actor.sign_in_session_id) if work.actor.sign_in_session_id else None
    if session is not None and session.person_id == work.actor.user_id:
        session.factor_shown_at = work.now


def _is_enrolled(work: Work, person_id: UUID) -> bool:
    factor = work.session.get(SecondFactor, person_id)
    return factor is not None and factor.confirmed_at is not None


def _me(work: Work) -> Person:
    """The acting person."""
    person = work.session.get(Person, work.actor.user_id) if work.actor.user_id else None
    if person is None:
        raise NotFound
    return person


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
