"""How a provider's PIN is kept: hashed with argon2, compared in constant time, never logged (A9)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

# RFC 9106's second recommendation, with less memory: a PIN of 4 to 8 digits is guessed offline whatever the hash
# costs, and a practice's members are all tried while a caller waits. What protects a PIN is the lock-out.
_hasher = PasswordHasher(time_cost=2, memory_cost=8 * 1024, parallelism=1)


def hashed(pin: str) -> str:
    """What to store for a PIN. Another salt each time."""
    return _hasher.hash(pin)


def fits(pin: str, stored: str) -> bool:
    """Whether this is the PIN of which `stored` was made."""
    try:
        return _hasher.verify(stored, pin)
    except (VerifyMismatchError, InvalidHashError):
        return False
