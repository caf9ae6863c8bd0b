"""What the network says of a caller number, by STIR/SHAKEN, and whether that is enough (A8)."""

from __future__ import annotations

import re
from enum import StrEnum

_VERSTAT = re.compile(r"verstat=\"?([A-Za-z0-9-]+)", re.IGNORECASE)


class Attestation(StrEnum):
    """How sure the caller's own carrier is of the number; `failed` if its signature does not hold."""

    A = "a"
    B = "b"
    C = "c"
    FAILED = "failed"
    NONE = "none"


class Policy(StrEnum):
    """What is done about it (`LINE_ATTESTATION`)."""

    OFF = "off"
    REFUSE_FAILED = "refuse-failed"
    REQUIRE_A = "require-a"


# 3GPP TS 24.229, 7.2A.20, and the levels that carriers append. What no table knows counts as nothing said.
_VALUES = {
    "tn-validation-passed": Attestation.A,
    "tn-validation-passed-a": Attestation.A,
    "tn-validation-passed-b": Attestation.B,
    "tn-validation-passed-c": Attestation.C,
    "tn-validation-failed": Attestation.FAILED,
    "tn-validation-failed-a": Attestation.FAILED,
    "tn-validation-failed-b": Attestation.FAILED,
    "tn-validation-failed-c": Attestation.FAILED,
}
_WORST_FIRST = (Attestation.FAILED, Attestation.NONE, Attestation.C, Attestation.B, Attestation.A)
# Who forges a number reaches the lower ones at will, and never the highest: its carrier vouches for the number.
_TRUST = {
    Attestation.FAILED: 0,
    Attestation.NONE: 1,
    Attestation.C: 1,
    Attestation.B: 1,
    Attestation.A: 2,
}


def attestation(*identities: str) -> Attestation:
    """What the headers that name the caller (P-Asserted-Identity, From) say in `verstat`; the worst if they differ."""
    said = {
        _VALUES.get(match[1].lower(), Attestation.NONE)
        for identity in identities
        for match in _VERSTAT.finditer(identity)
    }
    return next((level for level in _WORST_FIRST if level in said), Attestation.NONE)


def combined(*levels: Attestation) -> Attestation:
    """What several witnesses say together: the worst. One that says nothing is no witness."""
    said = [level for level in levels if level is not Attestation.NONE]
    return min(said, key=_WORST_FIRST.index, default=Attestation.NONE)


def acceptable(level: Attestation, policy: Policy) -> bool:
    """Whether a caller number so attested may be trusted."""
    match policy:
        case Policy.OFF:
            return True
        case Policy.REFUSE_FAILED:
            return level is not Attestation.FAILED
        case Policy.REQUIRE_A:
            return level is Attestation.A


def as_trusted(level: Attestation) -> frozenset[Attestation]:
    """The levels that are trusted as much as this one or more (A9).

    Only wrong PINs of calls that came with one of them count against a call of this level, so that whoever borrows a
    number cannot lock its owner out.
    """
    return frozenset(other for other in Attestation if _TRUST[other] >= _TRUST[level])
