"""The keys of phone numbers at rest, and what a number looks like under one of them (P1).

A stored number is `<key id>.<base64 of nonce, ciphertext and tag>`. The nonce is a keyed hash of the number, cut to the
96 bits that AES-GCM takes (a synthetic nonce, as in RFC 8452): under one key a number always looks the same, so that
`=`, unique constraints and indexes go on working, and two different numbers never share a nonce but with a chance of
2^-96 for each pair.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consultation.numbers import InvalidNumberError, PhoneNumber
from runtime.secret_key import HOW_TO_MAKE_ONE
from runtime.settings import Settings, SettingsError

_NONCE_BYTES = 12
# The longest E.164 number with its plus sign: padded to it, a stored number does not tell how long it is.
_LONGEST = 16


class MissingKeyError(Exception):
    """A stored number is under a key that this process does not have; the message says which, and what to do."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"LINE_NUMBER_KEY: numbers in this database are under the key {key_id}, which is not set here. Set it as "
            "LINE_NUMBER_KEY, or beside a newer one as LINE_NUMBER_KEY_PREVIOUS, and start again"
        )
        self.key_id = key_id


class UnreadableNumberError(Exception):
    """What stands in place of a stored number was not written by this program. Nothing of it is repeated (P1)."""


class NumberKey:
    """One key. `id` tells it from others and is no secret; it stands before every number that is under it."""

    __slots__ = ("_cipher", "_nonces", "_purpose", "id")

    def __init__(self, secret: bytes) -> None:
        self.id = _derived(secret, b"id")[:6].hex()
        self._cipher = AESGCM(_derived(secret, b"encryption"))
        self._nonces = _derived(secret, b"nonce")
        # Associated data: what was encrypted for anything else does not pass for a number under this key.
        self._purpose = f"consultline phone number 1 {self.id}".encode()

    def __repr__(self) -> str:
        return f"NumberKey({self.id})"

    def seal(self, number: PhoneNumber) -> str:
        """The number as it is stored: the same each time."""
        plain = number.e164.encode().ljust(_LONGEST, b"\0")
        nonce = hmac.digest(self._nonces, plain, "sha256")[:_NONCE_BYTES]
        sealed = nonce + self._cipher.encrypt(nonce, plain, self._purpose)
        return f"{self.id}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"

    def open(self, stored: str) -> PhoneNumber:
        """The number of which `seal` made this. Raises UnreadableNumberError for anything else."""
        try:
            sealed = base64.urlsafe_b64decode(stored.partition(".")[2] + "=")
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._purpose)
            number = PhoneNumber(plain.rstrip(b"\0").decode())
        except (ValueError, InvalidTag, InvalidNumberError):
            raise UnreadableNumberError("a stored number was tampered with, or damaged") from None
        if self.seal(number) != stored:
            # Right but for its nonce or its spelling: no search would find it.
            raise UnreadableNumberError("a stored number was tampered with, or damaged")
        return number


class Keyring:
    """The keys that this process has, the newest first. Which of them is in use, the database says."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[NumberKey]) -> None:
        if not keys:
            raise ValueError("a keyring has at least one key")
        self._keys = {key.id: key for key in keys}

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    @property
    def newest(self) -> NumberKey:
        """The key to change to, where it is not the one in use."""
        return next(iter(self._keys.values()))

    @property
    def ids(self) -> list[str]:
        """The ids of the keys, the newest first."""
        return list(self._keys)

    def seal(self, number: PhoneNumber) -> list[str]:
        """Every form in which the number may be stored: one under each key."""
        return [key.seal(number) for key in self._keys.values()]

    def open(self, stored: str) -> PhoneNumber:
        """The number that is stored so. Raises MissingKeyError, UnreadableNumberError."""
        key_id, dot, _ = stored.partition(".")
        if not dot:
            raise UnreadableNumberError("what stands in place of a stored number is none")
        key = self._keys.get(key_id)
        if key is None:
            raise MissingKeyError(key_id)
        return key.open(stored)


def keyring_of(settings: Settings) -> Keyring:
    """The keys of these settings. Raises SettingsError where there are none, or what is set is none."""
    keys = settings.number_keys()
    if not keys:
        raise SettingsError(
            "LINE_NUMBER_KEY: not set, and phone numbers are encrypted in the database. The key of a new one is made "
            f"with `{HOW_TO_MAKE_ONE}`; keep a copy where no copy of the database is. "
            "LINE_NUMBER_KEY_FILE names a file with it instead"
        )
    return Keyring([NumberKey(key) for key in keys])


def _derived(secret: bytes, purpose: bytes) -> bytes:
    """A key of its own for each purpose (RFC 5869)."""
    return HKDF(SHA256(), 32, salt=None, info=b"consultline phone numbers 1: " + purpose).derive(secret)
