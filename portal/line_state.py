"""How the line is, derived from what its observers last saw (F1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from schema.queries.line import Seen

FRESH = timedelta(seconds=10)  # the listener writes every 2 s


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
    """The line: up only if all its parts are."""

    state: State
    since: datetime | None
    parts: Parts


_UNKNOWN = Part(State.DOWN, None)
# Without the database nobody can say anything of the other parts either.
WITHOUT_DATABASE = Line(State.DOWN, None, Parts(_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN))


def derive(observed: Mapping[str, Seen], database_since: datetime, now: datetime) -> Line:
    """The line's state at `now`, where the database answers and has been up since `database_since`.

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
    return _whole(parts)


def _part(seen: Seen | None, now: datetime, *, vouched: bool) -> Part:
    if seen is None:
        return _UNKNOWN
    state = State(seen.state)
    if state is State.DOWN or (vouched and _is_fresh(seen, now)):
        return Part(state, seen.since)
    return Part(State.DOWN, seen.seen_at)


def _is_fresh(seen: Seen, now: datetime) -> bool:
    return now - seen.seen_at <= FRESH


def _whole(parts: Parts) -> Line:
    """Up since its last part came up; down since the first of the parts that are down now, if that is known."""
    every = (parts.asterisk, parts.trunk, parts.admission, parts.database, parts.listener)
    down = [part.since for part in every if part.state is State.DOWN]
    known = [since for since in (down or [part.since for part in every]) if since is not None]
    if not down:
        return Line(State.UP, max(known), parts)
    return Line(State.DOWN, min(known) if len(known) == len(down) else None, parts)
