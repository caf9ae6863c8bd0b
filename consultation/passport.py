"""What Asterisk's own check of a signed call says of the caller number (A8; RFC 8224, 8225 and 8588).

Asterisk checks the signature, its freshness and the certificate. Whether the signed numbers are those of this call is
judged here, in E.164 like every comparison of numbers (A1): Asterisk compares the caller's as text, and the dialled
one not at all, so that a signature for a call to somebody else would pass.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from consultation.attestation import Attestation
from consultation.numbers import Caller, PhoneNumber

_LEVELS = {"A": Attestation.A, "B": Attestation.B, "C": Attestation.C}


@dataclass(frozen=True, slots=True)
class Signature:
    """What Asterisk found. `found` is `1:` and the level that the signer gave, where signature and certificate hold.

    `1:` alone where they do not, and anything else where Asterisk did not look. `passport` is the Identity header.
    """

    found: str
    passport: str


def verification(signature: Signature, caller: Caller, line_number: PhoneNumber | None) -> Attestation:
    """The level of a call from `caller` to `line_number`. Total: what cannot be read has failed.

    No Identity header says nothing, and nor does one of another kind (`ppt`), as RFC 8224, 6.2 has it. That Asterisk
    should have looked and did not is a fault on our side, and a failure (A10).
    """
    result, _, level = signature.found.partition(":")
    if result != "1":
        return Attestation.FAILED
    if not signature.passport:
        return Attestation.NONE
    try:
        header, claims = (_decoded(part) for part in signature.passport.partition(";")[0].split(".")[:2])
        if header.get("ppt") != "shaken":
            return Attestation.NONE
        origin, destinations = claims["orig"]["tn"], claims["dest"]["tn"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return Attestation.FAILED
    dialled = destinations if isinstance(destinations, list) else [destinations]
    fits = _is(origin, caller) and any(_is(destination, line_number) for destination in dialled)
    return _LEVELS.get(level, Attestation.FAILED) if fits else Attestation.FAILED


def _is(signed: object, number: Caller | None) -> bool:
    """Signed numbers are E.164 without the plus sign (RFC 8225, 5.2.1)."""
    return isinstance(number, PhoneNumber) and isinstance(signed, str) and f"+{signed.lstrip('+')}" == number.e164


def _decoded(part: str) -> dict[str, Any]:
    found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(found, dict):
        raise TypeError
    return found
