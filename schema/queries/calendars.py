"""A provider's calendar: its key, and the appointments in it (P3)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consultation.numbers import PhoneNumber
from schema.models import Appointment, CalendarKey, Consultation, LineNumber, Provider
from schema.queries import audit
from schema.queries.audit import THE_LINE, Action, Actor, Subject
from schema.queries.line import clock

_KEPT = timedelta(days=30)  # how long what is over stays in a calendar


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose calendar it is, as far as a calendar says so."""

    time_zone: str
    language: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One appointment in its current occurrence. Nothing in it tells of the client.

    `sequence` grows with each reschedule and each cancellation; `changed_at` is when the last of them was.
    """

    appointment_id: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    line_number: PhoneNumber
    cancelled: bool
    changed_at: datetime


def new_key(session: Session, provider_id: str, *, actor: Actor = THE_LINE) -> str | None:
    """Make the key of this provider's calendar; the one of before is good for nothing. None for no such provider."""
    if session.get(Provider, provider_id) is None:
        return None
    key = secrets.token_urlsafe(32)
    values = {"key_hash": _hash(key), "created_at": func.clock_timestamp()}
    session.execute(
        insert(CalendarKey)
        .values(provider_id=provider_id, **values)
        .on_conflict_do_update(index_elements=[CalendarKey.provider_id], set_=values)
    )
    audit.record(session, actor, Action.CALENDAR_KEY_MADE, Subject("provider", provider_id))
    return key


def owner(session: Session, provider_id: str, key: str) -> Owner | None:
    """Whose calendar this key opens; None if it opens none, for whatever reason."""
    row = session.execute(
        select(CalendarKey.key_hash, Provider.time_zone, Provider.language)
        .join(Provider, Provider.id == CalendarKey.provider_id)
        .where(Provider.id == provider_id)
    ).one_or_none()
    # Compared in any case, in constant time: how long that takes tells neither keys nor providers.
    right = secrets.compare_digest(row.key_hash if row else _hash(""), _hash(key))
    return Owner(row.time_zone, row.language) if row is not None and right else None


def entries(session: Session, provider_id: str) -> Sequence[Entry]:
    """The provider's appointments that go through the line, those to come and of the last 30 days, in order."""
    rows = session.execute(
        select(Appointment, Consultation, LineNumber.number)
        .join(Consultation, Consultation.appointment_id == Appointment.id)
        .join(LineNumber, LineNumber.id == Consultation.line_number_id)
        .where(
            Appointment.provider_id == provider_id,
            Appointment.referred,
            Consultation.superseded_at.is_(None),
            Consultation.ends_at > clock(session) - _KEPT,
        )
        .order_by(Consultation.starts_at, Appointment.id)
    )
    return [
        Entry(
            appointment_id=appointment.id,
            sequence=2 * (consultation.occurrence - 1) + (appointment.cancelled_at is not None),
            starts_at=consultation.starts_at,
            ends_at=consultation.ends_at,
            line_number=number,
            cancelled=appointment.cancelled_at is not None,
            changed_at=appointment.cancelled_at or consultation.created_at,
        )
        for appointment, consultation, number in rows
    ]


def _hash(key: str) -> str:
    # 256 random bits cannot be guessed, so one round is enough.
    return hashlib.sha256(key.encode()).hexdigest()
