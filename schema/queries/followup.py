"""Open tasks, answers to them, and what the time itself decides (S3, S5, S7). Judged by the database's clock (W5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, update
from sqlalchemy.orm import Session

from consultation.followup import (
    DEADLINE_AFTER,
    Finding,
    Occurrence,
    Status,
    StatusBy,
    Task,
    Unanswerable,
    task,
    unanswerable,
)
from consultation.window import Margins, Window
from schema.models import Appointment, Call, Consultation
from schema.queries import status
from schema.queries.line import clock
from schema.queries.outbox import EventType, enqueue

_admitted = and_(Call.consultation_id == Consultation.id, Call.decision == "admitted")
call_up: ColumnElement[bool] = exists().where(_admitted, Call.disposition.is_(None)).correlate(Consultation)
"""Whether a call of the consultation is up."""
last_call_ended_at: ColumnElement[datetime | None] = (
    select(func.max(Call.ended_at)).where(_admitted).correlate(Consultation).scalar_subquery()
)
"""When the last of its calls ended."""


class UnanswerableError(Exception):
    """Nobody can say, now, whether this consultation took place; `why` tells."""

    def __init__(self, why: Unanswerable) -> None:
        super().__init__(why)
        self.why = why


class UnknownAppointmentError(Exception):
    """There is no appointment with this id."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task with the consultation it asks about."""

    appointment: Appointment
    consultation: Consultation
    task: Task


def occurrence(
    appointment: Appointment,
    consultation: Consultation,
    margins: Margins,
    *,
    call_up: bool,
    last_call_ended_at: datetime | None,
) -> Occurrence:
    """A consultation as the rules see it."""
    return Occurrence(
        window=Window(consultation.starts_at, consultation.ends_at, margins),
        referred=appointment.referred,
        withdrawn=appointment.cancelled_at is not None or consultation.superseded_at is not None,
        written=Finding(
            Status(consultation.status),
            StatusBy(consultation.status_by) if consultation.status_by else None,
            consultation.status_at,
        ),
        call_up=call_up,
        last_call_ended_at=last_call_ended_at,
    )


def open_tasks(
    session: Session, margins: Margins, *, provider_id: str | None = None, after: UUID | None = None, limit: int
) -> Sequence[OpenTask]:
    """The open tasks, those of one provider or all, the earliest end first; only those behind `after`, a consultation.

    A task that closes while they are paged through takes no other off the list.
    """
    now = clock(session)
    query = _with_task(now, margins).order_by(Consultation.ends_at, Consultation.id).limit(limit)
    if provider_id is not None:
        query = query.where(Appointment.provider_id == provider_id)
    if after is not None:
        place = select(Consultation.ends_at).where(Consultation.id == after).scalar_subquery()
        query = query.where(
            (Consultation.ends_at > place) | ((Consultation.ends_at == place) & (Consultation.id > after))
        )
    return [found for row in session.execute(query) if (found := _open_task(row, margins, now)) is not None]


def exists_consultation(session: Session, consultation_id: UUID) -> bool:
    """Whether there is such a consultation."""
    return session.get(Consultation, consultation_id) is not None


def answer(
    session: Session, appointment_id: str, margins: Margins, *, occurred: bool, occurrence_number: int | None = None
) -> None:
    """The provider says whether the appointment's current occurrence took place (S7).

    `occurrence_number` is which occurrence they were asked about. Raises UnanswerableError, UnknownAppointmentError.
    """
    # A reschedule or a cancellation holds the appointment's row; the line's finding and the sweep's, the
    # consultation's. Whoever has it first is first, and the other sees what became of it.
    appointment = session.get(Appointment, appointment_id, with_for_update={"read": True})
    if appointment is None:
        raise UnknownAppointmentError
    consultation, up, ended_at = session.execute(
        select(Consultation, call_up, last_call_ended_at)
        .where(Consultation.appointment_id == appointment_id, Consultation.superseded_at.is_(None))
        .with_for_update(of=Consultation, key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if occurrence_number is not None and occurrence_number != consultation.occurrence:
        raise UnanswerableError(Unanswerable.RESCHEDULED)
    if appointment.cancelled_at is not None:
        raise UnanswerableError(Unanswerable.CANCELLED)
    known = occurrence(appointment, consultation, margins, call_up=up, last_call_ended_at=ended_at)
    if (why := unanswerable(known, clock(session))) is not None:
        raise UnanswerableError(why)
    said = Status.COMPLETED if occurred else Status.DID_NOT_OCCUR
    if not status.finalise(session, consultation.id, said, StatusBy.PROVIDER):
        raise UnanswerableError(Unanswerable.TOO_LATE)  # the deadline came between our look and the writing


def open_due_tasks(session: Session, margins: Margins, limit: int) -> int:
    """Tell the platform of up to `limit` tasks that are open and that it was not told of (S3). Returns of how many.

    Any number of workers may do so at once: each takes rows that no other has.
    """
    now = clock(session)
    due = (
        _with_task(now, margins)
        .where(Consultation.task_told_at.is_(None))
        .order_by(Consultation.ends_at, Consultation.id)
        .limit(limit)
        .with_for_update(of=Consultation, key_share=True, skip_locked=True)
    )
    told = [found for row in session.execute(due) if (found := _open_task(row, margins, now)) is not None]
    for entry in told:
        entry.consultation.task_told_at = now
        enqueue(
            session,
            EventType.TASK_OPENED,
            str(entry.consultation.id),
            appointment_id=entry.appointment.id,
            payload={
                "appointment_id": entry.appointment.id,
                "provider_id": entry.appointment.provider_id,
                "occurrence": entry.consultation.occurrence,
                "opened_at": entry.task.opened_at.isoformat(),
                "reminder_at": entry.task.reminder_at.isoformat(),
                "deadline_at": entry.task.deadline_at.isoformat(),
            },
        )
    session.flush()
    return len(told)


def expire(session: Session, limit: int) -> int:
    """Write `unknown` down for up to `limit` consultations past their deadline (S5). Returns for how many."""
    late = session.scalars(
        select(Consultation.id)
        .where(Consultation.status == Status.PENDING, Consultation.ends_at <= clock(session) - DEADLINE_AFTER)
        .order_by(Consultation.ends_at, Consultation.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    for consultation_id in late:
        status.finalise(session, consultation_id, Status.UNKNOWN, StatusBy.TIME)
    return len(late)


def note_later_evidence(session: Session, consultation_id: UUID) -> None:
    """A connection was seen of a consultation of which provider or time said otherwise: flag it, once (S8)."""
    session.execute(
        update(Consultation)
        .where(
            Consultation.id == consultation_id,
            Consultation.later_evidence_at.is_(None),
            Consultation.status.in_([Status.DID_NOT_OCCUR, Status.UNKNOWN]),
            Consultation.status_by.in_([StatusBy.PROVIDER, StatusBy.TIME]),
        )
        .values(later_evidence_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


def _with_task(now: datetime, margins: Margins) -> Select[Appointment, Consultation, bool, datetime | None]:
    """`consultation.followup.task`, as a query that an index can answer."""
    return (
        select(Appointment, Consultation, call_up, last_call_ended_at)
        .join(Consultation, Consultation.appointment_id == Appointment.id)
        .where(
            Consultation.status == Status.PENDING,
            Consultation.ends_at <= now - margins.after,
            Consultation.ends_at > now - DEADLINE_AFTER,
            Consultation.superseded_at.is_(None),
            Appointment.referred,
            Appointment.cancelled_at.is_(None),
            ~call_up,
            func.coalesce(last_call_ended_at, now) <= now,
        )
    )


def _open_task(row: Any, margins: Margins, now: datetime) -> OpenTask | None:
    appointment, consultation, up, ended_at = row
    known = occurrence(appointment, consultation, margins, call_up=up, last_call_ended_at=ended_at)
    found = task(known, now)
    return OpenTask(appointment, consultation, found) if found else None
