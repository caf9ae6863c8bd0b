"""What providers reported about an appointment (F4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from portal.dependencies import StoreGiven
from portal.fields import Id
from portal.problems import documented
from portal.routes.appointments import found
from schema.queries import appointments, issues
from schema.queries.issues import IssueReason

router = APIRouter(tags=["appointments"])


class Issue(BaseModel):
    """One report."""

    id: UUID = Field(examples=["0b0a1f5e-6a53-4f4e-9a0e-6f0f3a9d2c11"])
    reason: IssueReason = Field(examples=["line_does_not_connect"])
    text: str | None = Field(
        examples=["It rings once."], description="The provider's own words, up to 500 characters: it can hold anything"
    )
    reported_at: datetime = Field(examples=["2026-03-01T16:58:12Z"])


@router.get("/v1/appointments/{appointment_id}/issues", responses=documented(http_404="No appointment with this id"))
def of_appointment(appointment_id: Id, store: StoreGiven) -> list[Issue]:
    """What its provider reported about an appointment, in all its occurrences, oldest first."""
    with store.transaction() as session:
        found(appointments.get(session, appointment_id))
        return [
            Issue.model_validate(issue, from_attributes=True)
            for issue in issues.of_appointment(session, appointment_id)
        ]
