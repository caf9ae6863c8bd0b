"""How the parts of the line are, as their observers last saw them (F1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from schema.columns import Instant
from schema.models import LinePart


@dataclass(frozen=True, slots=True)
class Seen:
    """One part: `up` or `down`, since when, and when that was last seen to be so. Database time."""

    state: str
    since: datetime
    seen_at: datetime


def observe(session: Session, states: Mapping[str, str]) -> None:
    """Write down how parts are now. `since` moves only when a state changes."""
    now = func.clock_timestamp(type_=Instant)
    for part in sorted(states):
        statement = insert(LinePart).values(part=part, state=states[part], since=now, seen_at=now)
        same = LinePart.state == statement.excluded.state
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
