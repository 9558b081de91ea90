"""Telephones: confirmed by a code of six digits in a text message.

The code is derived from its row and the installation's key and stands nowhere. Three wrong tries, or three codes,
within a quarter of an hour, and the person waits for a quarter of an hour.
"""

import hmac
import re
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from domain.identity.events import PhoneCodeRefused, PhoneCodeRequested, PhoneConfirmed
from domain.identity.models import Person, PhoneCode
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.sealing import keyed_hash
from domain.kernel.work import Work

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES, CODES_AT_ONCE = 3, 3
COOL_DOWN = timedelta(minutes=15)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class CoolingDown(Conflict):
    pass


def code_of(code_id: UUID) -> str:
    """The six digits of a code, for the message that carries them. Never store them, never log them."""
    return f"{int.from_bytes(keyed_hash(str(code_id), purpose='phone code')[:8]) % 1_000_000:06d}"


def normal_phone(written: str) -> str:
    """A number as it is stored: a plus, the country and the rest. Raises `Invalid` for anything else."""
    number = re.sub(r"[\s()./-]", "", written)
    number = f"+{number[2:]}" if number.startswith("00") else number
    if not _E164.fullmatch(number):
        raise Invalid("Please write the number with its country, for example +49 30 1234567.")
    return number


def request_phone_code(work: Work, *, phone: str) -> None:
    """Send oneself a code to a telephone number; earlier codes stop working.

    Raises `Invalid` for no number, and `CoolingDown` after three wrong tries or three codes within a quarter
    of an hour. Announces `PhoneCodeRequested`.
    """
    person = _me(work)
    number = normal_phone(phone)
    _refuse_while_cooling(work, person.id)
    recent = select(func.count()).where(PhoneCode.person_id == person.id, PhoneCode.created_at > work.now - COOL_DOWN)
    if work.session.scalars(recent).one() >= CODES_AT_ONCE:
        raise CoolingDown("We have sent you three codes already. Please wait a quarter of an hour.")
    code = PhoneCode(
        id=new_id(), person_id=person.id, phone=number, created_at=work.now, expires_at=work.now + CODE_LIFE,
        wrong_tries=0,
    )  # fmt: skip
    work.session.add(code)
    work.record(
        PhoneCodeRequested(subject_id=person.id, code_id=code.id),
        personal={"before": {"phone": person.phone}, "after": {"phone": number}},
    )


def confirm_phone(work: Work, *, code: str) -> bool:
    """Confirm the number that the last code was sent to. False means a wrong code, which counts as a try.

    Raises `NotFound` when no code is waiting, and `CoolingDown` after three wrong tries. Announces
    `PhoneConfirmed` or `PhoneCodeRefused`.
    """
    person = _me(work)
    _refuse_while_cooling(work, person.id)
    last = work.session.scalar(
        select(PhoneCode)
        .where(PhoneCode.person_id == person.id)
        .order_by(PhoneCode.created_at.desc(), PhoneCode.id.desc())
        .limit(1)
        .with_for_update()
    )
    if last is None or last.used_at is not None or last.expires_at <= work.now:
        raise NotFound("This code is too old. Please have a new one sent.")
    digits = re.sub(r"\s", "", code)
    if not hmac.compare_digest(digits.encode(), code_of(last.id).encode()):
        last.wrong_tries += 1
        last.last_wrong_at = work.now
        work.record(PhoneCodeRefused(subject_id=person.id, code_id=last.id))
        return False
    last.used_at = work.now
    before = person.phone
    person.phone, person.phone_confirmed_at = last.phone, work.now
    work.record(
        PhoneConfirmed(subject_id=person.id),
        personal={"before": {"phone": before}, "after": {"phone": person.phone}},
    )
    return True


def cooling_until(work: Work, *, person_id: UUID) -> datetime | None:
    """When the person may try again; None when now."""
    tries, last = work.session.execute(
        select(func.coalesce(func.sum(PhoneCode.wrong_tries), 0), func.max(PhoneCode.last_wrong_at)).where(
            PhoneCode.person_id == person_id, PhoneCode.last_wrong_at > work.now - COOL_DOWN
        )
    ).one()
    return last + COOL_DOWN if last is not None and tries >= CODE_TRIES else None


def _refuse_while_cooling(work: Work, person_id: UUID) -> None:
    if cooling_until(work, person_id=person_id) is not None:
        raise CoolingDown("Three codes were wrong. Please wait a quarter of an hour, then have a new one sent.")


def _me(work: Work) -> Person:
    # The lock makes tries that arrive together count one after the other.
    person = work.session.get(Person, work.actor.user_id, with_for_update=True) if work.actor.user_id else None
    if person is None or person.state != "active":
        raise NotFound
    return person
