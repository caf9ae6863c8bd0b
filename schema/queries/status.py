"""The status of a consultation: becomes final once, and whoever is to know is told in the same transaction (S1)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import case, func, update
from sqlalchemy.orm import Session

from consultation.followup import DEADLINE_AFTER, Status, StatusBy
from schema.columns import Instant
from schema.models import Consultation
from schema.queries.outbox import EventType, enqueue

__all__ = ["Status", "StatusBy", "finalise"]

# The statement's time, not the wall's: it is the same wherever the statement asks.
_now = func.statement_timestamp(type_=Instant)


def finalise(session: Session, consultation_id: UUID, status: Status, by: StatusBy) -> bool:
    """Make a pending consultation's status final. Returns False if it is final already, or its time was over.

    Past the deadline it becomes `unknown` as of then, whoever comes now with whatever: that is what everybody was
    shown since (S5).
    """
    deadline = Consultation.ends_at + DEADLINE_AFTER
    late = deadline <= _now
    row = session.execute(
        update(Consultation)
        .where(Consultation.id == consultation_id, Consultation.status == Status.PENDING)
        .values(
            status=case((late, Status.UNKNOWN), else_=status),
            status_by=case((late, StatusBy.TIME), else_=by),
            status_at=case((late, deadline), else_=_now),
        )
        .returning(
            Consultation.appointment_id,
            Consultation.occurrence,
            Consultation.status,
            Consultation.status_by,
            Consultation.status_at,
        )
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
            "status": row.status,
            "status_by": row.status_by,
            "status_at": row.status_at.isoformat(),
        },
    )
    return bool(row.status_by == by)
