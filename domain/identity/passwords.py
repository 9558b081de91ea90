"""Passwords by argon2id; the same work is done whether an account exists or not.

Rules after OWASP ASVS 5.0 (6.2) and NIST SP 800-63B-4: length, no common ones, none made of the words that
stand on the account; no composition rules, no rotation, nothing cut off. The length is asked of new passwords;
older ones go on working.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.kernel.errors import Invalid

SHORTEST, LONGEST = 15, 256
FEWEST_OWN_CHARACTERS = 8  # what has to be left when the account's words are taken away
_WORD = re.compile(r"[^\W_]{4,}")
# Fingers that walk along: the digits, the letters, the rows of the keyboards of our languages.
_WALKS = ("1234567890" * 4, "0987654321" * 4, "abcdefghijklmnopqrstuvwxyz" * 2, "qwertyuiopasdfghjklzxcvbnm" * 2,
          "qwertzuiopasdfghjklyxcvbnm" * 2, "azertyuiopqsdfghjklmwxcvbn" * 2, "1q2w3e4r5t6y7u8i9o0p" * 2,
          "1qaz2wsx3edc4rfv5tgb6yhn" * 2)  # fmt: skip
_OURS = ("wholesale", "password", "passphrase", "letmein", "welcome")
_hasher = PasswordHasher()  # the library's defaults follow RFC 9106, second choice


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """A password that was checked and hashed before, for accounts that are made by the hundred."""

    value: str = field(repr=False)


def hashed(password: str, *, own_words: Iterable[str] = (), is_for_show: bool = False) -> HashedPassword:
    """The password ready for `add_member`. `own_words` are names and addresses that stand on the account.

    Raises `Invalid` when it is weak. A demo prints its one password for everybody to read (`is_for_show`), so
    nothing is gained by asking it to be strong.
    """
    if not is_for_show:
        check_strength(password, own_words=own_words)
    return HashedPassword(hash_password(password))


def hash_password(password: str) -> str:
    return _hasher.hash(_typed(password))


def is_right(password: str, stored: str | None) -> bool:
    """Whether the password fits. An unknown account (None) costs the same time and is never right."""
    try:
        fits = _hasher.verify(stored or _decoy(), _typed(password))
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def check_strength(password: str, *, own_words: Iterable[str] = ()) -> None:
    """Refuse a password that others guess soon: too short, a common one, or made of the account's own words."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"A password has between {SHORTEST} and {LONGEST} characters; a sentence is a good one.")
    plain = password.casefold()
    if len(set(plain)) < 5:
        raise Invalid("This password repeats itself too much.")
    # "password2026!!!!" and "dragondragon1234" are as common as what they are made of.
    core = "".join(character for character in plain if character.isalpha())
    if any(_is_common(text) or _is_walk(text) for text in (plain, _unit(plain), core, _unit(core))):
        raise Invalid("This password is among those that are tried first. Please choose another; a sentence is good.")
    words = {word for text in own_words for word in _WORD.findall(text.casefold())} | set(_OURS)
    left = plain
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    if len(set(left)) < FEWEST_OWN_CHARACTERS // 2 or sum(map(str.isalnum, left)) < FEWEST_OWN_CHARACTERS:
        raise Invalid("This password is mostly made of names that others know. Please add words of your own.")


def _typed(password: str) -> str:
    # Keyboards write the same letter with its accent in one piece or in two.
    return unicodedata.normalize("NFC", password)


def _is_common(text: str) -> bool:
    return len(text) >= 4 and text in _common()


def _is_walk(text: str) -> bool:
    return len(text) >= 8 and any(text in walk for walk in _WALKS)


def _unit(text: str) -> str:
    """What a text repeats: "dragon" for "dragondragon"; a text that repeats nothing is its own unit."""
    return text[: (text + text).find(text, 1)] if text else text


@cache
def _common() -> frozenset[str]:
    """The most frequent passwords by frequency, from the library that counts them; loaded at the first new password."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")
