"""Passwords by argon2id; the same work is done whether an account exists or not.

Rules after OWASP ASVS 5.0 (6.2) and NIST SP 800-63B-4: length, no composition rules, no rotation.
"""

from dataclasses import dataclass, field
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.kernel.errors import Invalid

SHORTEST, LONGEST = 12, 256
_hasher = PasswordHasher()  # the library's defaults follow RFC 9106, second choice


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """A password that was checked and hashed before, for accounts that are made by the hundred."""

    value: str = field(repr=False)


def hashed(password: str) -> HashedPassword:
    """The password ready for `add_member`. Raises `Invalid` when it is weak."""
    check_strength(password)
    return HashedPassword(hash_password(password))


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def is_right(password: str, stored: str | None) -> bool:
    """Whether the password fits. An unknown account (None) costs the same time and is never right."""
    try:
        fits = _hasher.verify(stored or _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def check_strength(password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"A password has between {SHORTEST} and {LONGEST} characters; a sentence is a good one.")
    if len(set(password)) < 5:
        raise Invalid("This password repeats itself too much.")


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")
