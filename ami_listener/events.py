"""What an AMI event means to us. Pure: an event in, a fact out, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from consultation.evidence import DialStatus, Fact, Kind, Leg
from schema.queries.calls import Sighting

WITNESS = "ami"

Event = Mapping[str, str]

# Asterisk writes both with C's printf. Python's own parsers take far more: NaN, 1e999, digits of other scripts.
_SECONDS = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,6})?")
_Q850 = re.compile(r"[0-9]{1,3}")
_EPOCH = datetime.fromtimestamp(0, UTC)


class MalformedEventError(ValueError):
    """An event that Asterisk would not send; the message names the field, never its value."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Asterisk refused a call by itself, because no server of ours decided on it (A10).

    `caller` and `dialled` are empty where the witness does not know them.
    """

    channel: str
    caller: str
    dialled: str
    at: datetime
    witness: str = WITNESS
    asterisk_start: str = ""

    def sighting(self) -> Sighting:
        """The same as a fact: it says who ended the call."""
        fact = Fact(Kind.UNAVAILABLE, Leg.PROVIDER, self.at)
        return Sighting(self.witness, self.channel, self.channel, fact, self.asterisk_start)


def read(event: Event) -> Sighting | Unavailable | None:
    """The fact that an event tells, or None for an event that tells none. Raises MalformedEventError."""
    name = _text(event, "Event")
    if name == "UserEvent" and event.get("UserEvent") == "LineUnavailable":
        return Unavailable(
            channel=_text(event, "Uniqueid"),
            caller=_perhaps(event, "Caller"),
            dialled=_perhaps(event, "Dialled"),
            at=_at(event),
            asterisk_start=_perhaps(event, "AccountCode"),
        )
    if name == "DialState" and event.get("DialStatus") == "RINGING":
        return _dialled_leg(event, Kind.RINGING)
    if name == "DialEnd":
        return _dialled_leg(event, Kind.DIALLED, dial_status=_dial_status(event))
    if name in _BRIDGE:
        return _leg(event, _BRIDGE[name], bridge=_text(event, "BridgeUniqueid"))
    if name in _HANGUP:
        return _leg(event, _HANGUP[name], cause=_cause(event))
    return None


_BRIDGE = {"BridgeEnter": Kind.BRIDGE_ENTER, "BridgeLeave": Kind.BRIDGE_LEAVE}
_HANGUP = {"HangupRequest": Kind.HANGUP_REQUEST, "Hangup": Kind.HANGUP}


# The dialplan puts the life of Asterisk that a leg belongs to into its account code (extensions.conf).
def _leg(event: Event, kind: Kind, *, bridge: str | None = None, cause: int | None = None) -> Sighting:
    channel, leg_channel = _text(event, "Linkedid"), _text(event, "Uniqueid")
    leg = Leg.PROVIDER if leg_channel == channel else Leg.CLIENT
    fact = Fact(kind, leg, _at(event), bridge=bridge, cause=cause)
    return Sighting(WITNESS, channel, leg_channel, fact, _perhaps(event, "AccountCode"))


def _dialled_leg(event: Event, kind: Kind, *, dial_status: DialStatus | None = None) -> Sighting:
    """Dial events speak of the leg that is dialled, which is the client's."""
    channel, leg_channel = _text(event, "DestLinkedid"), _text(event, "DestUniqueid")
    fact = Fact(kind, Leg.CLIENT, _at(event), dial_status=dial_status)
    return Sighting(WITNESS, channel, leg_channel, fact, _perhaps(event, "DestAccountCode"))


def _text(event: Event, field: str) -> str:
    value = _perhaps(event, field)
    if not value:
        raise MalformedEventError(f"no {field}")
    return value


def _perhaps(event: Event, field: str) -> str:
    """The field's text; empty if it is not there."""
    value = event.get(field, "")
    # panoramisk makes a list of a header that comes twice: no event of ours has one, so somebody slipped it in.
    if not isinstance(value, str):
        raise MalformedEventError(f"more than one {field}")
    return value


def _at(event: Event) -> datetime:
    """When Asterisk saw it (`timestampevents = yes`): seconds since the epoch with microseconds."""
    seconds = _text(event, "Timestamp")
    if not _SECONDS.fullmatch(seconds):
        raise MalformedEventError("Timestamp is not seconds since the epoch")
    return _EPOCH + timedelta(microseconds=int(Decimal(seconds) * 1_000_000))


def _cause(event: Event) -> int | None:
    """The hangup cause; None where there is none that means anything. The end of a leg counts without it."""
    value = _perhaps(event, "Cause")
    return int(value) if _Q850.fullmatch(value) else None


def _dial_status(event: Event) -> DialStatus:
    try:
        return DialStatus(_text(event, "DialStatus"))
    except ValueError:
        raise MalformedEventError("DialStatus is none that Asterisk documents") from None
