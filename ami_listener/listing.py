"""What is up on Asterisk right now, asked for and read whole (E4). A list that was cut off is no list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ami_listener.connection import Connection, NotConnectedError

WITNESS = "list"

_SECONDS = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,6})?")
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class UpLeg:
    """One leg that is up; `bridge` is empty where it is in none."""

    channel: str
    leg_channel: str
    bridge: str
    asterisk_start: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Every leg that was up; `at` is Asterisk's time just before it was asked."""

    at: datetime
    legs: Sequence[UpLeg]

    @property
    def channels(self) -> frozenset[str]:
        """The calls that are up, by their provider's leg."""
        return frozenset(leg.leg_channel for leg in self.legs)


async def take(connection: Connection) -> Listing:
    """Ask what is up. Raises NotConnectedError, also for an answer that is not whole."""
    at = await asterisk_time(connection)
    answer = await connection.ask("CoreShowChannels")
    *legs, last = answer
    if last.get("Event") != "CoreShowChannelsComplete":
        raise NotConnectedError
    found = [leg for leg in legs if leg.get("Event") == "CoreShowChannel"]
    if last.get("ListItems") != str(len(found)):
        raise NotConnectedError
    return Listing(at, [_leg(leg) for leg in found])


async def asterisk_time(connection: Connection) -> datetime:
    """What Asterisk's clock says. Raises NotConnectedError."""
    (pong,) = await connection.ask("Ping")
    seconds = pong.get("Timestamp", "")
    if not isinstance(seconds, str) or not _SECONDS.fullmatch(seconds):
        raise NotConnectedError
    return _EPOCH + timedelta(microseconds=int(Decimal(seconds) * 1_000_000))


def _leg(message: Mapping[str, str]) -> UpLeg:
    fields = [message.get(name, "") for name in ("Linkedid", "Uniqueid", "BridgeId", "AccountCode")]
    # A header that comes twice is a list to panoramisk: no answer of Asterisk's has one.
    if not all(isinstance(field, str) for field in fields) or not fields[0] or not fields[1]:
        raise NotConnectedError
    return UpLeg(*fields)
