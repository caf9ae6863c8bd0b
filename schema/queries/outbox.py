"""What somebody outside is to be told: written in the transaction that made it true, delivered later."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from schema.models import Effect


class EventType(StrEnum):
    """What can be told, by the names that receivers know (DESIGN.md, Webhooks)."""

    CALL_CONNECTED = "call.connected"
    CALL_ENDED = "call.ended"
    TASK_OPENED = "consultation.task_opened"
    STATUS_CHANGED = "consultation.status_changed"
    ISSUE_REPORTED = "consultation.issue_reported"
    LINE_DOWN = "line.down"
    LINE_UP = "line.up"


def enqueue(
    session: Session, event_type: EventType, subject: str, *, appointment_id: str | None, payload: dict[str, Any]
) -> bool:
    """Tell of it, once: for one `subject` (an id) there is at most one effect of a type. Returns whether it is new.

    `payload` holds ids and instants (ISO 8601), never a number (P1). Effects of one `appointment_id` go out in order.
    """
    statement = (
        insert(Effect)
        .values(
            key=f"{event_type}:{subject}",
            event_type=event_type,
            appointment_id=appointment_id,
            payload=payload,
        )
        .on_conflict_do_nothing(index_elements=[Effect.key])
        .returning(Effect.id)
    )
    return session.scalar(statement) is not None
