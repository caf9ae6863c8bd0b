"""How the parts of the line are, as their observers last saw them (F1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from schema.columns import Instant
from schema.models import LinePart, LineState
from schema.queries.outbox import EventType, enqueue

FRESH = timedelta(seconds=10)
"""For how long a part is as it was last seen; its observer writes every 2 s, or 4 s where what it asks hangs."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One part: `up` or `down`, since when, and when that was last seen to be so. Database time."""

    state: str
    since: datetime
    seen_at: datetime


def observe(session: Session, states: Mapping[str, str]) -> None:
    """Write down how parts are now. `since` moves when a state changes, or when nobody could vouch for it meanwhile."""
    now = func.clock_timestamp(type_=Instant)
    for part in sorted(states):
        statement = insert(LinePart).values(part=part, state=states[part], since=now, seen_at=now)
        same = (LinePart.state == statement.excluded.state) & (LinePart.seen_at >= statement.excluded.seen_at - FRESH)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[LinePart.part],
                set_={
                    "state": statement.excluded.state,
                    "since": case((same, LinePart.since), else_=statement.excluded.since),
                    "seen_at": statement.excluded.seen_at,
                },
            )
        )


def parts(session: Session) -> tuple[datetime, dict[str, Seen]]:
    """The database's time, and every part that was ever observed."""
    now = clock(session)
    return now, {row.part: Seen(row.state, row.since, row.seen_at) for row in session.scalars(select(LinePart))}


def clock(session: Session) -> datetime:
    """The database's time (W5)."""
    return session.execute(select(func.clock_timestamp(type_=Instant))).scalar_one()


def database_since(session: Session) -> datetime:
    """Since when this PostgreSQL has been up."""
    return session.execute(select(func.pg_postmaster_start_time(type_=Instant))).scalar_one()


def last_state(session: Session) -> LineState | None:
    """The line's state as it was last written down; None on a line that never was up."""
    return session.scalars(select(LineState).order_by(LineState.id.desc()).limit(1)).one_or_none()


def note_state(session: Session, state: str, since: datetime, down_parts: Sequence[str]) -> bool:
    """Write down that the line is `up` or `down`, and tell of it, if that is new. Returns whether it is.

    Of any number who see the same change at once, one writes it. A new line was never down: it begins by coming up.
    """
    last = last_state(session)
    if state == (last.state if last else "down"):
        return False
    added = session.scalar(
        insert(LineState)
        .values(follows=last.id if last else 0, state=state, since=since, down_parts=list(down_parts))
        .on_conflict_do_nothing(index_elements=[LineState.follows])
        .returning(LineState.id)
    )
    if added is None:
        return False
    enqueue(
        session,
        EventType.LINE_UP if state == "up" else EventType.LINE_DOWN,
        str(added),
        appointment_id=None,
        payload={"state": state, "since": since.isoformat(), "down_parts": list(down_parts)},
    )
    return True
