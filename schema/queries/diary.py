"""What one provider sees of their appointments and clients. Every query takes whose it is, and finds nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from consultation.numbers import PhoneNumber
from schema.models import Appointment, CallerNumber, Client, Consultation, LineNumber


@dataclass(frozen=True, slots=True)
class Entry:
    """One occurrence of an appointment, with whom it is and the line number it was given."""

    appointment: Appointment
    consultation: Consultation
    client: Client
    line_number: PhoneNumber | None


def upcoming(session: Session, provider_id: str, *, since: datetime, limit: int) -> list[Entry]:
    """Appointments, as they stand now, that end after `since`; the earliest first."""
    return _entries(
        session,
        _of(provider_id)
        .where(Consultation.superseded_at.is_(None), Consultation.ends_at > since)
        .order_by(Consultation.starts_at, Consultation.id)
        .limit(limit),
    )


def past(session: Session, provider_id: str, *, before: datetime, limit: int) -> list[Entry]:
    """Appointments, as they stand now, that ended by `before`; the latest first."""
    return _entries(
        session,
        _of(provider_id)
        .where(Consultation.superseded_at.is_(None), Consultation.ends_at <= before)
        .order_by(Consultation.ends_at.desc(), Consultation.id)
        .limit(limit),
    )


def appointment(session: Session, provider_id: str, appointment_id: str) -> list[Entry]:
    """All occurrences of an appointment, the current one first; empty if it is not this provider's."""
    return _entries(
        session, _of(provider_id, Appointment.id == appointment_id).order_by(Consultation.occurrence.desc())
    )


def with_client(session: Session, provider_id: str, client_id: str) -> list[Entry]:
    """All occurrences of all appointments with a client, the latest first; empty if it is not this provider's."""
    return _entries(
        session,
        _of(provider_id, Client.id == client_id).order_by(
            Consultation.starts_at.desc(), Consultation.occurrence.desc(), Consultation.id
        ),
    )


def clients(session: Session, provider_id: str) -> Sequence[Client]:
    """Everybody with whom this provider has or had an appointment, by name."""
    theirs = select(Appointment.client_id).where(Appointment.provider_id == provider_id)
    return session.scalars(select(Client).where(Client.id.in_(theirs)).order_by(Client.name, Client.id)).all()


def phones(session: Session, provider_id: str, practice_id: str | None) -> Sequence[CallerNumber]:
    """The numbers from which the line takes this provider's calls: their own, then their practice's (A4, A9)."""
    theirs = CallerNumber.provider_id == provider_id
    if practice_id is not None:  # compared with None it would be everybody's who has no practice
        theirs = or_(theirs, CallerNumber.practice_id == practice_id)
    return session.scalars(
        select(CallerNumber).where(theirs).order_by(CallerNumber.provider_id.is_(None), CallerNumber.id)
    ).all()


_Rows = Select[Appointment, Consultation, Client, PhoneNumber]


def _of(provider_id: str, *conditions: ColumnElement[bool]) -> _Rows:
    return (
        select(Appointment, Consultation, Client, LineNumber.number)
        .join(Consultation, Consultation.appointment_id == Appointment.id)
        .join(Client, Client.id == Appointment.client_id)
        .outerjoin(LineNumber, LineNumber.id == Consultation.line_number_id)
        .where(Appointment.provider_id == provider_id, *conditions)
    )


def _entries(session: Session, statement: _Rows) -> list[Entry]:
    return [Entry(*row) for row in session.execute(statement)]


def names(session: Session, client_ids: Collection[str]) -> dict[str, str]:
    """The names of these clients, by id."""
    return {
        row.id: row.name for row in session.execute(select(Client.id, Client.name).where(Client.id.in_(client_ids)))
    }
