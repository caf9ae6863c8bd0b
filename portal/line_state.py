"""How the line is, derived from what its observers last saw (F1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from schema.engine import Transaction
from schema.queries import line as queries
from schema.queries.line import FRESH, Seen


class State(StrEnum):
    """Of a part, or of the whole line."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Part:
    """A part's state, and since when; None where that is not known."""

    state: State
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Parts:
    """Every part without which no call connects."""

    asterisk: Part
    trunk: Part
    admission: Part
    database: Part
    listener: Part


@dataclass(frozen=True, slots=True)
class Line:
    """The line: up only if all its parts are, and have been for a while.

    `holds_until` is set while all of them are and the line still counts as down: it is up then if they stay so.
    """

    state: State
    since: datetime | None
    parts: Parts
    holds_until: datetime | None

    @property
    def down_parts(self) -> list[str]:
        """The names of the parts that are down."""
        return [name for name in _NAMES if getattr(self.parts, name).state is State.DOWN]


_NAMES = ("asterisk", "trunk", "admission", "database", "listener")
_UNKNOWN = Part(State.DOWN, None)
# Without the database nobody can say anything of the other parts either.
WITHOUT_DATABASE = Line(State.DOWN, None, Parts(*[_UNKNOWN] * 5), None)


def current(session: Transaction, hold: timedelta) -> Line:
    """The line now, the same to every process: it follows from what the parts' observers wrote, and from the time.

    It waits for no supervisor. What a supervisor wrote down only tells since when, where the parts no longer can.
    """
    now, observed = queries.parts(session)
    line = derive(observed, queries.database_since(session), now, hold)
    last = queries.last_state(session)
    return replace(line, since=last.since) if last is not None and last.state == line.state else line


def derive(observed: Mapping[str, Seen], database_since: datetime, now: datetime, hold: timedelta) -> Line:
    """The line's state at `now`, where the database answers and has been up since `database_since`.

    Down the moment that a part is; up once all of them have been up for `hold` (F2: "and stays back").
    The listener vouches for `asterisk`, `trunk` and `admission`: once it has not been seen for longer than FRESH,
    all four are down, since they were last seen or since they were down before that.
    """
    listener = observed.get("listener")
    vouched = listener is not None and _is_fresh(listener, now)
    parts = Parts(
        asterisk=_part(observed.get("asterisk"), now, vouched=vouched),
        trunk=_part(observed.get("trunk"), now, vouched=vouched),
        admission=_part(observed.get("admission"), now, vouched=vouched),
        database=Part(State.UP, database_since),
        listener=_part(listener, now, vouched=True),
    )
    return _whole(parts, now, hold)


def _part(seen: Seen | None, now: datetime, *, vouched: bool) -> Part:
    if seen is None:
        return _UNKNOWN
    state = State(seen.state)
    if state is State.DOWN or (vouched and _is_fresh(seen, now)):
        return Part(state, seen.since)
    return Part(State.DOWN, seen.seen_at)


def _is_fresh(seen: Seen, now: datetime) -> bool:
    return now - seen.seen_at <= FRESH


def _whole(parts: Parts, now: datetime, hold: timedelta) -> Line:
    """Down since the first of the parts that are down now, if that is known; up since the last one had held."""
    every = [getattr(parts, name) for name in _NAMES]
    down = [part.since for part in every if part.state is State.DOWN]
    if down:
        known = [since for since in down if since is not None]
        return Line(State.DOWN, min(known) if len(known) == len(down) else None, parts, None)
    up_at: datetime = max(part.since for part in every if part.since is not None) + hold
    return Line(State.UP, up_at, parts, None) if up_at <= now else Line(State.DOWN, None, parts, up_at)
