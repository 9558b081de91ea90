"""Bringing in the files that sellers have started: part by part, each a transaction, in the name of who started it.

A worker that dies leaves a file as far as it came, and the next tick goes on from there. What cannot go on says why.
"""

from __future__ import annotations

import logging

from sqlalchemy.exc import DataError, IntegrityError, InternalError

from domain import catalog
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.work import Busy, begin, run

_log = logging.getLogger(__name__)
UNUSABLE = "A row of this file cannot be stored as it is, so nothing more of it came in. Please tell our support."
LEFT = "Whoever started this file no longer works for the company. Please check it again and start it yourself."


def bring_waiting() -> None:
    """Bring in whatever waits, one file after the other."""
    system = Actor.system()
    with begin(system) as reading:
        waiting = catalog.uploads_waiting(reading)
    for upload in waiting:
        problem = LEFT if upload.actor is None else _bring(upload.actor, upload)
        if problem:
            run(system, catalog.fail_upload, upload_id=upload.upload_id, problem=problem)


def _bring(actor: Actor, upload: catalog.WaitingUpload) -> str | None:
    try:
        while run(actor, catalog.carry_on_upload, upload_id=upload.upload_id):
            pass
    except Busy:
        return None  # somebody works on the same products right now; the next tick goes on
    except DomainError as refusal:
        _log.warning("upload %s cannot go on: %s", upload.upload_id, type(refusal).__name__)
        return refusal.sentence
    except (DataError, IntegrityError, InternalError) as problem:
        # What the database refuses it refuses at every tick, and other companies' files wait behind this one.
        _log.error("upload %s cannot be stored: %s", upload.upload_id, type(problem.orig).__name__)
        return UNUSABLE
    return None
