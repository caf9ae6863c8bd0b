"""How far a node's Asterisk's clock is ahead of its listener's steady clock, as it was last measured (E4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from schema.columns import Instant
from schema.models import AsteriskClock


@dataclass(frozen=True, slots=True)
class Measured:
    """By how many seconds it was ahead, and how long ago that was measured."""

    ahead_seconds: float
    ago: timedelta


def measured(session: Session, node: str, boot: str) -> Measured | None:
    """What was measured last; None if nothing was since the machine's `boot`."""
    ago = func.clock_timestamp(type_=Instant) - AsteriskClock.measured_at
    row = session.execute(
        select(AsteriskClock.ahead_seconds, ago.label("ago")).where(
            AsteriskClock.node == node, AsteriskClock.boot == boot
        )
    ).one_or_none()
    return Measured(row.ahead_seconds, row.ago) if row else None


def keep(session: Session, node: str, boot: str, ahead_seconds: float) -> None:
    """Write down what was measured now."""
    values = {"boot": boot, "ahead_seconds": ahead_seconds, "measured_at": func.clock_timestamp()}
    session.execute(
        insert(AsteriskClock)
        .values(node=node, **values)
        .on_conflict_do_update(index_elements=[AsteriskClock.node], set_=values)
    )
