"""Text messages: which reminders are to be written, what is true when one goes out, and who wants none (S4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consultation.numbers import PhoneNumber
from consultation.reminder import AFTER, DEADLINE, Facts
from consultation.texting import Answer
from schema.columns import Instant
from schema.delivery import Channel
from schema.models import Appointment, Consultation, Effect, Provider, TextConsent
from schema.queries.line import clock
from schema.queries.status import Status

REMINDER = "text.reminder"


_OUT = TextConsent.opted_out_at.is_not(None) & (
    TextConsent.opted_in_at.is_(None) | (TextConsent.opted_in_at < TextConsent.opted_out_at)
)


@dataclass(frozen=True, slots=True)
class Unasked:
    """A consultation whose reminder is due and not written yet."""

    consultation_id: UUID
    appointment_id: str
    ends_at: datetime
    time_zone: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """What is known right before a reminder goes out. `number` is None where the profile has none."""

    facts: Facts
    number: PhoneNumber | None
    language: str


def unasked(session: Session, *, most: int = 100) -> tuple[datetime, Sequence[Unasked]]:
    """The database's time, and the consultations that need a reminder written: pending for 24 h, not yet for 3 days.

    Those of a provider who wants none are left out; that one could be written later, after an opt-in.
    """
    now = clock(session)
    rows = session.execute(
        select(Consultation.id, Consultation.appointment_id, Consultation.ends_at, Provider.time_zone)
        .join(Appointment, Appointment.id == Consultation.appointment_id)
        .join(Provider, Provider.id == Appointment.provider_id)
        .where(
            Consultation.status == Status.PENDING,
            Consultation.superseded_at.is_(None),
            Consultation.ends_at <= now - AFTER,
            Consultation.ends_at > now - DEADLINE,
            Appointment.cancelled_at.is_(None),
            Appointment.referred,
            Provider.sms_number.is_not(None),
            ~exists().where(TextConsent.number == Provider.sms_number, _OUT),
            ~exists().where(Effect.key == func.concat(f"{REMINDER}:", cast(Consultation.id, Text))),
        )
        .order_by(Consultation.ends_at)
        .limit(most)
    )
    return now, [Unasked(*row) for row in rows]


def enqueue_reminder(session: Session, consultation: Unasked, due_at: datetime) -> bool:
    """Write the one reminder that a consultation can ever have. Returns whether this is it."""
    statement = (
        insert(Effect)
        .values(
            key=f"{REMINDER}:{consultation.consultation_id}",
            event_type=REMINDER,
            appointment_id=consultation.appointment_id,
            payload={"consultation_id": str(consultation.consultation_id)},
            channel=Channel.TEXT,
            due_at=due_at,
            give_up_at=consultation.ends_at + DEADLINE,
        )
        .on_conflict_do_nothing(index_elements=[Effect.key])
        .returning(Effect.id)
    )
    return session.scalar(statement) is not None


def recipient(session: Session, consultation_id: UUID) -> tuple[datetime, Recipient | None]:
    """The database's time, and what decides whether this consultation's reminder goes out; None if it is gone."""
    now = clock(session)
    row = session.execute(
        select(Consultation, Appointment.cancelled_at, Provider)
        .join(Appointment, Appointment.id == Consultation.appointment_id)
        .join(Provider, Provider.id == Appointment.provider_id)
        .where(Consultation.id == consultation_id)
    ).one_or_none()
    if row is None:
        return now, None
    consultation, cancelled_at, provider = row
    facts = Facts(
        ends_at=consultation.ends_at,
        time_zone=provider.time_zone,
        pending=consultation.status == Status.PENDING,
        withdrawn=cancelled_at is not None or consultation.superseded_at is not None,
        has_number=provider.sms_number is not None,
        opted_out=provider.sms_number is not None and is_opted_out(session, provider.sms_number),
    )
    return now, Recipient(facts, provider.sms_number, provider.language)


def keep_answer(session: Session, number: PhoneNumber, answer: Answer) -> None:
    """Write down that a number wants no texts, or wants them again. Holds for whoever's profile it stands on."""
    values = {"opted_out_at" if answer is Answer.OPT_OUT else "opted_in_at": func.clock_timestamp(type_=Instant)}
    session.execute(
        insert(TextConsent)
        .values(number=number, **values)
        .on_conflict_do_update(index_elements=[TextConsent.number], set_=values)
    )


def is_opted_out(session: Session, number: PhoneNumber) -> bool:
    """Whether a number wants no texts."""
    return session.scalar(select(TextConsent.id).where(TextConsent.number == number, _OUT)) is not None
