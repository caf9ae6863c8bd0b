"""What an AMI event means to us. Pure: an event in, a fact out, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from consultation.outcome import DialStatus, Fact, Kind, Leg
from schema.queries.calls import Sighting

WITNESS = "ami"

Event = Mapping[str, str]


class MalformedEventError(ValueError):
    """An event that Asterisk would not send; the message names the field, never its value."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Asterisk refused a call by itself, because no server of ours decided on it (A10)."""

    channel: str
    caller: str
    dialled: str
    at: datetime

    def sighting(self) -> Sighting:
        """The same as a fact: it says who ended the call."""
        return Sighting(WITNESS, self.channel, self.channel, Fact(Kind.UNAVAILABLE, Leg.PROVIDER, self.at))


def read(event: Event) -> Sighting | Unavailable | None:
    """The fact that an event tells, or None for an event that tells none. Raises MalformedEventError."""
    name = _text(event, "Event")
    if name == "UserEvent" and event.get("UserEvent") == "LineUnavailable":
        return Unavailable(
            channel=_text(event, "Uniqueid"),
            caller=event.get("Caller", ""),
            dialled=event.get("Dialled", ""),
            at=_at(event),
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


def _leg(event: Event, kind: Kind, *, bridge: str | None = None, cause: int | None = None) -> Sighting:
    channel, leg_channel = _text(event, "Linkedid"), _text(event, "Uniqueid")
    leg = Leg.PROVIDER if leg_channel == channel else Leg.CLIENT
    return Sighting(WITNESS, channel, leg_channel, Fact(kind, leg, _at(event), bridge=bridge, cause=cause))


def _dialled_leg(event: Event, kind: Kind, *, dial_status: DialStatus | None = None) -> Sighting:
    """Dial events speak of the leg that is dialled, which is the client's."""
    channel, leg_channel = _text(event, "DestLinkedid"), _text(event, "DestUniqueid")
    return Sighting(WITNESS, channel, leg_channel, Fact(kind, Leg.CLIENT, _at(event), dial_status=dial_status))


def _text(event: Event, field: str) -> str:
    value = event.get(field)
    # panoramisk makes a list of a header that comes twice: no event of ours has one, so somebody slipped it in.
    if not isinstance(value, str) or not value:
        raise MalformedEventError(f"no single {field}")
    return value


def _at(event: Event) -> datetime:
    """When Asterisk saw it (`timestampevents = yes`): seconds since the epoch with microseconds."""
    try:
        microseconds = int(Decimal(_text(event, "Timestamp")) * 1_000_000)
    except InvalidOperation:
        raise MalformedEventError("Timestamp is not a number") from None
    seconds, fraction = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=fraction)


def _cause(event: Event) -> int | None:
    value = event.get("Cause", "")
    return int(value) if value.isdecimal() else None


def _dial_status(event: Event) -> DialStatus:
    try:
        return DialStatus(_text(event, "DialStatus"))
    except ValueError:
        raise MalformedEventError("DialStatus is none that Asterisk documents") from None
