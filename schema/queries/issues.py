"""What providers report about a consultation (F4)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from schema.models import Consultation, IssueReport
from schema.queries.outbox import EventType, enqueue


class IssueReason(StrEnum):
    """What a provider can choose from."""

    CANNOT_CALL_FROM_MY_PHONE = "cannot_call_from_my_phone"
    LINE_DOES_NOT_CONNECT = "line_does_not_connect"
    CLIENT_DOES_NOT_ANSWER = "client_does_not_answer"
    WRONG_NUMBER = "wrong_number"
    BAD_SOUND = "bad_sound"
    OTHER = "other"


def report(session: Session, issue_id: UUID, consultation: Consultation, reason: IssueReason, text: str | None) -> bool:
    """Keep a report and tell the platform of it, without its text (P1). Returns False if it was made already."""
    reported_at = session.scalar(
        insert(IssueReport)
        .values(id=issue_id, consultation_id=consultation.id, reason=reason, text=text)
        .on_conflict_do_nothing(index_elements=[IssueReport.id])
        .returning(IssueReport.reported_at)
    )
    if reported_at is None:
        return False
    enqueue(
        session,
        EventType.ISSUE_REPORTED,
        str(issue_id),
        appointment_id=consultation.appointment_id,
        payload={
            "issue_id": str(issue_id),
            "appointment_id": consultation.appointment_id,
            "occurrence": consultation.occurrence,
            "reason": reason,
            "reported_at": reported_at.isoformat(),
        },
    )
    return True


def of_appointment(session: Session, appointment_id: str) -> Sequence[IssueReport]:
    """What was reported about an appointment, in all its occurrences, the oldest first."""
    return session.scalars(
        select(IssueReport)
        .join(Consultation, Consultation.id == IssueReport.consultation_id)
        .where(Consultation.appointment_id == appointment_id)
        .order_by(IssueReport.reported_at, IssueReport.id)
    ).all()
