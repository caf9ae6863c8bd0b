"""The status of a consultation: becomes final once, and whoever is to know is told in the same transaction (S1)."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from schema.models import Consultation
from schema.queries.outbox import EventType, enqueue


class Status(StrEnum):
    """What is known about whether a consultation took place (S1)."""

    PENDING = "pending"
    COMPLETED = "completed"
    DID_NOT_OCCUR = "did_not_occur"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not_needed"


class StatusBy(StrEnum):
    """Who or what made a status final."""

    LINE = "line"
    PROVIDER = "provider"
    TIME = "time"
    PLATFORM = "platform"


def finalise(session: Session, consultation_id: UUID, status: Status, by: StatusBy) -> bool:
    """Make a pending consultation's status final. Returns False, and changes nothing, if it is final already."""
    row = session.execute(
        update(Consultation)
        .where(Consultation.id == consultation_id, Consultation.status == Status.PENDING)
        .values(status=status, status_by=by, status_at=func.clock_timestamp())
        .returning(Consultation.appointment_id, Consultation.occurrence, Consultation.status_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return False
    enqueue(
        session,
        EventType.STATUS_CHANGED,
        str(consultation_id),
        appointment_id=row.appointment_id,
        payload={
            "appointment_id": row.appointment_id,
            "occurrence": row.occurrence,
            "status": status,
            "status_by": by,
            "status_at": row.status_at.isoformat(),
        },
    )
    return True
