"""Counts for those who watch over the line. No number and no id of a person (P1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consultation.followup import DEADLINE_AFTER, Status
from schema.models import Call, Consultation, LinePart, Reveal
from schema.queries import totals
from schema.queries.line import clock
from schema.queries.totals import Sum


@dataclass(frozen=True, slots=True)
class CallCount:
    """How many calls were decided and ended like this. `disposition` is None while a call is up."""

    decision: str
    reason: str | None
    disposition: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Everything at one moment. `listener_silent`: since the listener last wrote; None if it never did."""

    calls: Sequence[CallCount]
    talk_seconds: float
    calls_up: int
    disagreements: int
    consultations: Mapping[str, int]
    overdue: int
    reveals: int
    listener_silent: timedelta | None


def count(session: Session) -> Statistics:
    """Count them."""
    now = clock(session)
    seen_at = session.scalar(select(LinePart.seen_at).where(LinePart.part == "listener"))
    rows = session.execute(
        select(
            Call.decision,
            Call.reason,
            Call.disposition,
            func.count().label("calls"),
            func.sum(Call.talk_seconds).label("talked"),
            func.count().filter(Call.witnesses_disagree).label("disagree"),
        ).group_by(Call.decision, Call.reason, Call.disposition)
    ).all()
    gone = totals.sums(session, "call")
    statuses = session.execute(
        select(Consultation.status, func.count().label("consultations")).group_by(Consultation.status)
    ).all()
    return Statistics(
        calls=_with_gone([CallCount(row.decision, row.reason, row.disposition, row.calls) for row in rows], gone),
        talk_seconds=sum(row.talked for row in rows) + sum(taken.seconds for taken in gone.values()),
        calls_up=sum(row.calls for row in rows if row.decision == "admitted" and row.disposition is None),
        disagreements=sum(row.disagree for row in rows) + _gone(session, "disagreement"),
        consultations={row.status: row.consultations for row in statuses},
        overdue=session.scalar(
            select(func.count()).where(
                Consultation.status == Status.PENDING, Consultation.ends_at <= now - DEADLINE_AFTER
            )
        )
        or 0,
        reveals=(session.scalar(select(func.count()).select_from(Reveal)) or 0) + _gone(session, "reveal"),
        listener_silent=now - seen_at if seen_at is not None else None,
    )


def _gone(session: Session, kind: str) -> int:
    """How many of these retention took: what is counted never becomes less."""
    return sum(taken.count for taken in totals.sums(session, kind).values())


def _with_gone(counted: Sequence[CallCount], gone: Mapping[str, Sum]) -> Sequence[CallCount]:
    calls = Counter({(row.decision, row.reason, row.disposition): row.count for row in counted})
    for what, taken in gone.items():
        decision, reason, disposition = what.split("/")
        calls[decision, reason or None, disposition or None] += taken.count
    return [CallCount(*key, count) for key, count in calls.items()]
