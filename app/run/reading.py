"""Papers that were handed in are read by the worker: it takes seconds and happens in a confined child.

Whatever goes wrong is tried again, three times at most; then a person reads the paper.
"""

from __future__ import annotations

import logging

from domain import payments, verification
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.work import begin, run
from domain.verification import Expected, Paper, WaitingFile, judge_paper, read_paper

_AT_A_TIME = 5
_log = logging.getLogger(__name__)


def read_waiting() -> int:
    """Read the oldest papers that wait, and keep what stands in them. Returns how many were read."""
    system = Actor.system()
    with begin(system) as work:
        waiting = verification.readings_waiting(work, limit=_AT_A_TIME)
    return sum(_read_one(system, one) for one in waiting)


def _read_one(system: Actor, one: WaitingFile) -> int:
    try:
        with begin(system) as work:
            content, media_type = files.read(work, file_id=one.file_id)
            today = work.now.date()
            iban = payments.stated_iban(work, org_id=one.org_id) if one.account else None
        if iban is not None and verification.fingerprint(iban) != one.account:
            iban = None  # another account was entered meanwhile: nothing to compare with, so a person looks
        expected = Expected(
            name=one.name, country=one.country, today=today, registration_number=one.registration_number,
            tax_number=one.tax_number, address=one.address, iban=iban,
        )  # fmt: skip
        verdict = judge_paper(Paper(one.paper), read_paper(content, media_type), expected)
    except files.NotScannedYet:
        return 0  # the next tick asks again
    except (DomainError, OSError) as problem:
        _log.warning("file %s could not be read: %s", one.file_id, type(problem).__name__)
        run(
            system, verification.give_up_reading, submission_id=one.submission_id, file_id=one.file_id,
            problem="This file could not be read by itself.",
        )  # fmt: skip
        return 0
    run(
        system, verification.record_reading, submission_id=one.submission_id, file_id=one.file_id,
        outcome=verdict.outcome, reasons=list(verdict.reasons),
        fields={name: (found.value, found.confidence) for name, found in verdict.fields.items()},
    )  # fmt: skip
    return 1
