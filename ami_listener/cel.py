"""What a CEL row means to us: the second witness (E4). Pure: a line of Asterisk's file in, facts out.

Rows are made by dialplan/cel.conf and cel_custom.conf; Asterisk writes them to its own disk, whoever listens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from ami_listener.events import Unavailable
from consultation.evidence import DialStatus, Fact, Kind, Leg
from schema.queries.calls import Sighting

WITNESS = "cel"

_BEGIN = '{"eventtype":'
_EPOCH = datetime.fromtimestamp(0, UTC)
_TIME = re.compile(r"([0-9]{1,11})\.([0-9]{6})")
_WORD = re.compile(r"[A-Za-z0-9._-]{1,80}")
_BRIDGE = {"BRIDGE_ENTER": Kind.BRIDGE_ENTER, "BRIDGE_EXIT": Kind.BRIDGE_LEAVE}


class MalformedRowError(ValueError):
    """A row that Asterisk would not write, or wrote only half of; the message says what is wrong, and no value."""


def read_row(line: str) -> Sequence[Sighting | Unavailable]:
    """The facts that a row tells; none for a row that tells none. Raises MalformedRowError.

    A full disk tears a row, and the next one is then written behind it on the same line: each that is whole counts.
    """
    _, *begun = line.split(_BEGIN)
    if not begun:
        raise MalformedRowError("not a row")
    *before, last = begun
    seen: list[Sighting | Unavailable] = []
    for rest in before:
        with suppress(MalformedRowError):
            seen += _read(_parsed(_BEGIN + rest))
    return [*seen, *_read(_parsed(_BEGIN + last))]


def is_torn(line: str) -> bool:
    """Whether something stands before the row: half of another one, or one whose line did not end."""
    return line.rfind(_BEGIN) > 0


def _read(row: dict[str, Any]) -> list[Sighting | Unavailable]:
    channel, leg_channel, at = _word(row, "linkedid"), _word(row, "uniqueid"), _at(row)
    start = row.get("accountcode")
    start = start if isinstance(start, str) and _WORD.fullmatch(start) else ""
    if row.get("eventtype") == "LINE_UNAVAILABLE":
        # No field of a row may hold a number: who called, and which number, the other witness knows.
        return [Unavailable(channel, "", "", at, WITNESS, start)]
    leg = Leg.PROVIDER if leg_channel == channel else Leg.CLIENT
    return [Sighting(WITNESS, channel, leg_channel, fact, start) for fact in _facts(row, leg, at)]


def _facts(row: dict[str, Any], leg: Leg, at: datetime) -> list[Fact]:
    event = row.get("eventtype")
    if not isinstance(event, str):
        raise MalformedRowError("no eventtype")
    if event == "ANSWER":
        # The provider's leg is also answered for an announcement or a PIN; that is no dial that ended.
        return [Fact(Kind.DIALLED, leg, at, dial_status=DialStatus.ANSWER)] if leg is Leg.CLIENT else []
    if event == "HANGUP":
        return _hangup(row, leg, at)
    kind = _BRIDGE.get(event) if isinstance(event, str) else None
    return [Fact(kind, leg, at, bridge=_word(_extra(row), "bridge_id"))] if kind else []


def _hangup(row: dict[str, Any], leg: Leg, at: datetime) -> list[Fact]:
    extra = _extra(row)
    cause = extra.get("hangupcause")
    # To Python, true is a number as well; to PostgreSQL it is none.
    facts = [Fact(Kind.HANGUP, leg, at, cause=cause if type(cause) is int and 0 <= cause < 1000 else None)]
    status = extra.get("dialstatus")
    # An answer has a row of its own, with its own time.
    if leg is Leg.PROVIDER and isinstance(status, str) and status in set(DialStatus) - {DialStatus.ANSWER}:
        facts.append(Fact(Kind.DIALLED, leg, at, dial_status=DialStatus(status)))
    source = extra.get("hangupsource")
    if source and source == row.get("channame"):
        facts.append(Fact(Kind.HANGUP_REQUEST, leg, at))
    return facts


def _parsed(text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedRowError("half of a row") from None
    if not isinstance(row, dict):
        raise MalformedRowError("not a row")
    return row


def _extra(row: dict[str, Any]) -> dict[str, Any]:
    extra = row.get("eventextra")
    return _parsed(extra) if isinstance(extra, str) and extra else {}


def _word(row: dict[str, Any], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise MalformedRowError(f"no {field}")
    return value


def _at(row: dict[str, Any]) -> datetime:
    """When Asterisk saw it: seconds since the epoch with microseconds."""
    match = _TIME.fullmatch(str(row.get("eventtime")))
    if not match:
        raise MalformedRowError("no eventtime")
    return _EPOCH + timedelta(seconds=int(match[1]), microseconds=int(match[2]))
