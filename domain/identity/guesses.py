"""How often somebody may be wrong: counted per account and address together, so that nobody locks a victim out.

A bucket is a hash, so neither the account nor the address can be read from what is counted.
"""

import hashlib
from datetime import datetime, timedelta

from domain.kernel.errors import Conflict

GUESSES, GUESSES_WINDOW = 5, timedelta(minutes=15)
GUESSES_PER_ADDRESS = 50


class TooManyTries(Conflict):
    """Nothing was looked at; when it is time again stands in the sentence."""


def bucket_of(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def wait_for(first: datetime, now: datetime) -> TooManyTries:
    """The refusal that says when the first of the counted guesses is forgotten."""
    minutes = max(1, -(-int((first + GUESSES_WINDOW - now).total_seconds()) // 60))
    return TooManyTries(f"Too many attempts. Please try again in {minutes} minute{'s' if minutes > 1 else ''}.")
