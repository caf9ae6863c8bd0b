"""Whether a call is admitted, and if not, why (A1-A7, W1-W6). Calls and `consultline explain` share this code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from consultation.attestation import Attestation
from consultation.numbers import Caller, NoNumber, PhoneNumber
from consultation.toll import may_be_called
from consultation.window import PRECEDENCE, Phase, Window

NEAR = timedelta(hours=24)  # A7
MOST_CALLS = 3  # of one consultation up at a time (A11)


class Reason(StrEnum):
    """Why a call was refused."""

    CALLER_WITHHELD = "caller_withheld"
    CALLER_UNKNOWN = "caller_unknown"
    CALLER_UNVERIFIED = "caller_unverified"
    WRONG_LINE_NUMBER = "wrong_line_number"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    NO_CONSULTATION = "no_consultation"
    LINE_UNAVAILABLE = "line_unavailable"
    PIN_LOCKED = "pin_locked"
    PIN_MISSING = "pin_missing"
    PIN_WRONG = "pin_wrong"
    TOO_MANY_CALLS = "too_many_calls"
    DESTINATION_DENIED = "destination_denied"


class Standing(StrEnum):
    """How one consultation stands to one call."""

    REACHED = "reached"
    OUTRANKED = "outranked"  # W6: another open consultation on this line number goes first
    OTHER_LINE_NUMBER = "other_line_number"  # A6
    NOT_OPEN_YET = "not_open_yet"
    CLOSED = "closed"  # W4
    NOT_REFERRED = "not_referred"  # A5
    WITHDRAWN = "withdrawn"  # A5: cancelled, or superseded by a reschedule


@dataclass(frozen=True, slots=True)
class Candidate:
    """One consultation of the caller, near enough to the call to matter."""

    consultation_id: UUID
    appointment_id: str
    window: Window
    line_number: PhoneNumber | None
    client_number: PhoneNumber
    referred: bool
    withdrawn: bool
    provider_id: str = ""
    slots: frozenset[int] = frozenset()  # taken by calls that are up (A11)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that arrived: who calls, and which number was dialled.

    `trunk_full`: the trunk has its fill of calls (A11). `attestation`: what the network says of the number, and
    `verified`: that this is enough to trust it to be the caller's (A8). `proven_by_pin`: a PIN was entered that may
    take its place. `denied`: how numbers begin that the line never calls.
    """

    caller: Caller
    line_number: PhoneNumber | None
    trunk_full: bool = False
    attestation: Attestation = Attestation.NONE
    verified: bool = True
    proven_by_pin: bool = False
    denied: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """Whose number the caller's is, and how to speak to them."""

    provider_id: str
    time_zone: str = "UTC"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Admit:
    """Connect the caller with this consultation's client."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not connect. `opens_at` says when the caller may come back; `candidate` is what the reason rests on."""

    reason: Reason
    opens_at: datetime | None = None
    candidate: Candidate | None = None


Decision = Admit | Refuse


def decide(attempt: Attempt, profile: Profile | None, candidates: Sequence[Candidate], now: datetime) -> Decision:
    """The one decision on a call, taken once, when it arrives (W2).

    `profile` is whoever has the caller number, or None (A3); `candidates` are that profile's consultations;
    `now` is the database's time (W5). Total: any input gives a decision, and only a consultation that A5, A6
    and W1 all allow is admitted.
    """
    if attempt.caller is NoNumber.WITHHELD:
        return Refuse(Reason.CALLER_WITHHELD)
    if not attempt.verified and not attempt.proven_by_pin:
        return Refuse(Reason.CALLER_UNVERIFIED)
    if profile is None or attempt.caller is NoNumber.IMPOSSIBLE:
        return Refuse(Reason.CALLER_UNKNOWN)
    eligible = [candidate for candidate in candidates if candidate.referred and not candidate.withdrawn]
    opened = [candidate for candidate in eligible if candidate.window.phase(now) in PRECEDENCE]
    here = [candidate for candidate in opened if _is_on(candidate, attempt.line_number)]
    if here:
        best = min(here, key=lambda candidate: _rank(candidate, now))
        return _connect(attempt, best)
    elsewhere = [candidate for candidate in opened if candidate.line_number is not None]
    if elsewhere:
        return Refuse(Reason.WRONG_LINE_NUMBER, candidate=min(elsewhere, key=lambda c: _rank(c, now)))
    return _nearest(eligible, now)


def standings(
    attempt: Attempt, profile: Profile | None, candidates: Sequence[Candidate], now: datetime
) -> list[tuple[Candidate, Standing]]:
    """How every candidate stands to the call, from the same decision that `decide` takes."""
    decision = decide(attempt, profile, candidates, now)
    reached = decision.candidate if isinstance(decision, Admit) else None
    return [(candidate, _standing(candidate, attempt, reached, now)) for candidate in candidates]


def _standing(candidate: Candidate, attempt: Attempt, reached: Candidate | None, now: datetime) -> Standing:
    phase = candidate.window.phase(now)
    if not candidate.referred:
        return Standing.NOT_REFERRED
    if candidate.withdrawn:
        return Standing.WITHDRAWN
    if phase is Phase.NOT_YET:
        return Standing.NOT_OPEN_YET
    if phase is Phase.OVER:
        return Standing.CLOSED
    if not _is_on(candidate, attempt.line_number):
        return Standing.OTHER_LINE_NUMBER
    return Standing.REACHED if candidate is reached else Standing.OUTRANKED


def _connect(attempt: Attempt, candidate: Candidate) -> Decision:
    """What the rules allow may still be more than the line can carry (A11), or a number that it never calls."""
    if not may_be_called(candidate.client_number, attempt.denied):
        return Refuse(Reason.DESTINATION_DENIED, candidate=candidate)
    if attempt.trunk_full or len(candidate.slots) >= MOST_CALLS:
        return Refuse(Reason.TOO_MANY_CALLS, candidate=candidate)
    return Admit(candidate)


def _is_on(candidate: Candidate, line_number: PhoneNumber | None) -> bool:
    return line_number is not None and candidate.line_number == line_number


def _rank(candidate: Candidate, now: datetime) -> tuple[int, float, str]:
    """W6: the phase, then the later start; the id makes the order total, so that exactly one wins."""
    window = candidate.window
    return PRECEDENCE[window.phase(now)], -window.starts_at.timestamp(), str(candidate.consultation_id)


def _nearest(eligible: Sequence[Candidate], now: datetime) -> Refuse:
    """A7: what the caller most likely meant is the window nearest in time, at most 24 h away."""
    distances = [
        (candidate.window.opens_at - now, Reason.TOO_EARLY, candidate)
        if candidate.window.phase(now) is Phase.NOT_YET
        else (now - candidate.window.closes_at, Reason.TOO_LATE, candidate)
        for candidate in eligible
        if candidate.window.phase(now) not in PRECEDENCE
    ]
    near = [entry for entry in distances if entry[0] <= NEAR]
    if not near:
        return Refuse(Reason.NO_CONSULTATION)
    # As near in the past as in the future: the one that can still be reached is the more useful answer. The id makes
    # the order total, so that the order in which candidates come decides nothing.
    _, reason, candidate = min(near, key=lambda e: (e[0], e[1] is Reason.TOO_LATE, str(e[2].consultation_id)))
    opens_at = candidate.window.opens_at if reason is Reason.TOO_EARLY else None
    return Refuse(reason, opens_at=opens_at, candidate=candidate)
