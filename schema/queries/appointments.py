"""Appointments and their occurrences: booked, rescheduled, cancelled (A5, S6, W7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consultation.followup import Occurrence
from consultation.line_number import choose
from consultation.numbers import PhoneNumber
from consultation.window import Margins, Window
from schema.columns import Instant
from schema.models import Appointment, Call, Client, Consultation, LineNumber, Provider
from schema.queries import followup, status
from schema.queries.line import clock
from schema.queries.people import UnknownError, line_numbers
from schema.queries.status import Status, StatusBy


class FixedError(Exception):
    """An appointment cannot change this; `field` says what."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment with its current occurrence and what was said on the line, as of `now`, the database's time.

    `call_up` and `last_call_ended_at` are of the current occurrence's calls.
    """

    appointment: Appointment
    consultation: Consultation
    line_number: PhoneNumber | None
    client_number: PhoneNumber
    talk_seconds: float
    now: datetime
    call_up: bool
    last_call_ended_at: datetime | None

    def occurrence(self, margins: Margins) -> Occurrence:
        """The current occurrence, as the rules on status and tasks see it."""
        return followup.occurrence(
            self.appointment,
            self.consultation,
            margins,
            call_up=self.call_up,
            last_call_ended_at=self.last_call_ended_at,
        )


def put(
    session: Session,
    appointment_id: str,
    *,
    provider_id: str,
    client_id: str,
    starts_at: datetime,
    ends_at: datetime,
    referred: bool,
    margins: Margins,
) -> bool:
    """Book an appointment; with other times than before, reschedule it (S6). Returns whether it is new.

    The new occurrence gets its line number by W7. Booking again what was cancelled makes a new occurrence.
    Raises UnknownError, and FixedError for an appointment that would change hands.
    """
    window = Window(starts_at, ends_at, margins)
    # The provider's row is the lock under which their windows get numbers: two bookings at once would otherwise
    # each take the number that is free (W7).
    if session.scalar(select(Provider.id).where(Provider.id == provider_id).with_for_update(key_share=True)) is None:
        raise UnknownError("provider_id")
    if session.get(Client, client_id) is None:
        raise UnknownError("client_id")
    appointment = session.get(Appointment, appointment_id, with_for_update=True)
    created = appointment is None
    if appointment is None:
        appointment = Appointment(id=appointment_id, provider_id=provider_id, client_id=client_id, referred=referred)
        session.add(appointment)
        session.flush()
    if appointment.provider_id != provider_id:
        raise FixedError("provider_id")
    if appointment.client_id != client_id:
        raise FixedError("client_id")
    appointment.referred = referred
    current = _current(session, appointment_id)
    reopened = appointment.cancelled_at is not None
    appointment.cancelled_at = None
    # Compared in UTC: in a zone of its own, an instant of the hour that happens twice equals no other (PEP 495).
    if current is None or reopened or (current.starts_at, current.ends_at) != (window.starts_at, window.ends_at):
        if current is not None:
            _withdraw(current, session)
            current.superseded_at = clock(session)
        session.flush()
        _add_occurrence(session, appointment, current, window)
    elif current.line_number_id is None:
        # The pool was empty when this was booked; it need not be any more.
        current.line_number_id = _choose(session, appointment, window)
    return created


def cancel(session: Session, appointment_id: str) -> bool:
    """Cancel an appointment (S6). Returns False if there is none; cancelling twice is cancelling once."""
    appointment = session.get(Appointment, appointment_id, with_for_update=True)
    if appointment is None:
        return False
    if appointment.cancelled_at is None:
        appointment.cancelled_at = clock(session)
        current = _current(session, appointment_id)
        if current is not None:
            _withdraw(current, session)
    return True


def get(session: Session, appointment_id: str) -> Booked | None:
    """An appointment as it stands now."""
    row = session.execute(
        select(
            Appointment,
            Consultation,
            LineNumber.number,
            Client.number,
            func.clock_timestamp(type_=Instant),
            followup.call_up,
            followup.last_call_ended_at,
        )
        .join(Consultation, Consultation.appointment_id == Appointment.id)
        .join(Client, Client.id == Appointment.client_id)
        .outerjoin(LineNumber, LineNumber.id == Consultation.line_number_id)
        .where(Appointment.id == appointment_id, Consultation.superseded_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    appointment, consultation, line_number, client_number, now, call_up, last_call_ended_at = row
    talked = session.scalar(select(func.sum(Call.talk_seconds)).where(Call.consultation_id == consultation.id))
    return Booked(
        appointment, consultation, line_number, client_number, talked or 0.0, now, call_up, last_call_ended_at
    )


def _current(session: Session, appointment_id: str) -> Consultation | None:
    return session.scalars(
        select(Consultation)
        .where(Consultation.appointment_id == appointment_id, Consultation.superseded_at.is_(None))
        .with_for_update()
    ).one_or_none()


def _withdraw(consultation: Consultation, session: Session) -> None:
    """S1: what is rescheduled or cancelled while pending is not needed; a final status stays."""
    status.finalise(session, consultation.id, Status.NOT_NEEDED, StatusBy.PLATFORM)
    session.refresh(consultation)


def _add_occurrence(session: Session, appointment: Appointment, previous: Consultation | None, window: Window) -> None:
    session.add(
        Consultation(
            id=uuid4(),
            appointment_id=appointment.id,
            occurrence=previous.occurrence + 1 if previous else 1,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            line_number_id=_choose(session, appointment, window),
        )
    )
    session.flush()


def _choose(session: Session, appointment: Appointment, window: Window) -> int | None:
    """W7: a number on which no other window of this provider overlaps, where the pool has one."""
    pool = {entry.number: entry.id for entry in line_numbers(session)}
    rows = session.execute(
        select(LineNumber.number, Consultation.starts_at, Consultation.ends_at)
        .join(Consultation, Consultation.line_number_id == LineNumber.id)
        .join(Appointment, Appointment.id == Consultation.appointment_id)
        .where(
            Appointment.provider_id == appointment.provider_id,
            Appointment.id != appointment.id,
            Appointment.cancelled_at.is_(None),
            Consultation.superseded_at.is_(None),
            Consultation.starts_at < window.closes_at + window.margins.before,
            Consultation.ends_at > window.opens_at - window.margins.after,
        )
    )
    bookings = [(row.number, Window(row.starts_at, row.ends_at, window.margins)) for row in rows]
    chosen = choose(list(pool), window, bookings)
    return pool[chosen] if chosen is not None else None
