"""What must be kept but not read: sealed with a key that is derived from the installation's secret.

Each purpose has a key of its own, and what was sealed for one owner opens for no other: a row that is copied
to somebody else is worth nothing. The database alone opens nothing.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.kernel.errors import Conflict
from domain.kernel.settings import settings

NONCE_BYTES = 12


class CannotOpen(Conflict):
    """It was sealed with another key, or for another owner, or was changed since."""


def seal(text: str, *, purpose: str, owner: str) -> bytes:
    """The text as bytes that only this installation opens, for this purpose and owner."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_key(purpose)).encrypt(nonce, text.encode(), owner.encode())


def unseal(sealed: bytes, *, purpose: str, owner: str) -> str:
    """What `seal` was given. Raises `CannotOpen`."""
    try:
        return AESGCM(_key(purpose)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner.encode()).decode()
    except InvalidTag:
        raise CannotOpen("This was kept under a key that we no longer have. Please tell our support.") from None


def keyed_hash(text: str, *, purpose: str) -> bytes:
    """A hash that nobody can make who does not have the key, for short secrets that could be tried one by one."""
    return hmac.digest(_key(purpose), text.encode(), hashlib.sha256)


def _key(purpose: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"wholesale {purpose}".encode())
    return derived.derive(settings().secret_key.get_secret_value().encode())
