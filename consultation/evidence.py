"""What witnesses can see of a call: the facts that its outcome is folded from (E1-E4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Leg(StrEnum):
    """Whose side of the call."""

    PROVIDER = "provider"
    CLIENT = "client"


class Kind(StrEnum):
    """What a witness can see."""

    RINGING = "ringing"
    DIALLED = "dialled"  # the client's leg was set up and reached its end: answer, busy, …
    BRIDGE_ENTER = "bridge_enter"
    BRIDGE_LEAVE = "bridge_leave"
    HANGUP_REQUEST = "hangup_request"  # this leg is asked to end: by its phone, or by us
    HANGUP = "hangup"  # this leg is gone
    UNAVAILABLE = "unavailable"  # Asterisk refused by itself: no server of ours decided in time (A10)
    SEEN = "seen"  # this leg was up when Asterisk was asked, in a bridge or in none
    GONE = "gone"  # the call was not up any more when Asterisk was asked, and nobody had seen it end (E4)
    CLOCK_STEPPED = "clock_stepped"  # Asterisk's clock was set while the call was up: its instants cannot be compared


class DialStatus(StrEnum):
    """Asterisk's word on how a dial ended (app_dial, DialEnd)."""

    ABORT = "ABORT"
    ANSWER = "ANSWER"
    BUSY = "BUSY"
    CANCEL = "CANCEL"
    CHANUNAVAIL = "CHANUNAVAIL"
    CONGESTION = "CONGESTION"
    CONTINUE = "CONTINUE"
    GOTO = "GOTO"
    NOANSWER = "NOANSWER"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a witness saw on one leg, at an instant of Asterisk's clock.

    `cause` is a Q.850 hangup cause, `bridge` the bridge's id, `dial_status` how the dial ended.
    """

    kind: Kind
    leg: Leg
    at: datetime
    bridge: str | None = None
    dial_status: DialStatus | None = None
    cause: int | None = None


def order(fact: Fact) -> tuple[datetime, str, str, str, str, int]:
    """By time; facts of one instant in an order that is the same however they came."""
    cause = -1 if fact.cause is None else fact.cause
    return fact.at, fact.kind, fact.leg, fact.bridge or "", fact.dial_status or "", cause
