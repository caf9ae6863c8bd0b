"""Calls: every attempt to use the line, its decision and what became of it (A12, E3). No number stands here (P1)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema

from consultation.admission import Reason
from consultation.outcome import Disposition, EndedBy
from portal.dependencies import StoreGiven
from portal.fields import Id, Instant, Seconds, invalid
from portal.problems import FieldError, InvalidError, documented
from portal.routes.appointments import found
from schema.models import Call as StoredCall
from schema.queries import appointments, calls

router = APIRouter(tags=["calls"])

MOST_CALLS = 200


class Decision(StrEnum):
    """What was decided on a call."""

    ADMITTED = "admitted"
    REFUSED = "refused"


_EXAMPLE: dict[str, JsonValue] = {
    "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "arrived_at": "2026-03-01T17:00:05Z",
    "decision": "admitted",
    "reason": None,
    "ringing_at": "2026-03-01T17:00:06Z",
    "answered_at": "2026-03-01T17:00:11Z",
    "connected_at": "2026-03-01T17:00:11Z",
    "ended_at": "2026-03-01T17:24:41Z",
    "talk_seconds": 1470.2,
    "disposition": "connected",
    "hangup_cause": 16,
    "ended_by": "client",
}


class Call(BaseModel):
    """One attempt to use the line. What has not happened, or not yet, is null."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: UUID
    arrived_at: datetime
    decision: Decision
    reason: Reason | None = Field(description="Why it was refused")
    ringing_at: datetime | None
    answered_at: datetime | None
    connected_at: datetime | None = Field(description="When both legs were in one bridge for the first time (E1)")
    ended_at: datetime | None
    talk_seconds: Seconds = Field(description="How long both legs were in one bridge (E2)")
    disposition: Disposition | None = Field(description="Null while the call goes on")
    hangup_cause: int | None = Field(description="Q.850")
    ended_by: EndedBy | None


class ListedCall(Call):
    """A call, with the appointment that it was admitted to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "appointment_id": "a-1"}]})

    appointment_id: str | None = Field(description="Null where the call was refused")


class CallsPage(BaseModel):
    """Calls, newest first. `next` is the `before` of the next page, null on the last one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"calls": [{**_EXAMPLE, "appointment_id": "a-1"}], "next": None}]}
    )

    calls: list[ListedCall]
    next: UUID | None


def _page_size(limit: int) -> int:
    if not 1 <= limit <= MOST_CALLS:
        raise invalid(f"must be 1 to {MOST_CALLS}")
    return limit


PageSize = Annotated[
    int, AfterValidator(_page_size), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST_CALLS})
]


class CallsQuery(BaseModel):
    """Which calls to list."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision | None = None
    since: Instant | None = Field(default=None, description="Only calls that arrived at this instant or later")
    limit: PageSize = 50
    before: UUID | None = Field(default=None, description="Only calls older than this one: the `next` of a page")


@router.get("/v1/calls")
def recent(query: Annotated[CallsQuery, Query()], store: StoreGiven) -> CallsPage:
    """Every attempt to use the line, admitted or refused, newest first."""
    with store.transaction() as session:
        before = None
        if query.before is not None and (before := calls.get(session, query.before)) is None:
            raise InvalidError(FieldError("before", "is the id of no call"))
        # One more than asked for shows whether there is a next page.
        listed = calls.recent(session, decision=query.decision, since=query.since, before=before, limit=query.limit + 1)
        page = listed[: query.limit]
        appointment_of = calls.appointments_of(session, page)
    return CallsPage(
        calls=[ListedCall(**dict(_shown(call)), appointment_id=appointment_of.get(call.id)) for call in page],
        next=page[-1].id if len(listed) > len(page) else None,
    )


@router.get(
    "/v1/appointments/{appointment_id}/calls",
    tags=["appointments"],
    responses=documented(http_404="No appointment with this id"),
)
def of_appointment(appointment_id: Id, store: StoreGiven) -> list[Call]:
    """The calls that were admitted to an appointment, in all its occurrences, oldest first."""
    with store.transaction() as session:
        found(appointments.get(session, appointment_id))
        return [_shown(call) for call in calls.of_appointment(session, appointment_id)]


def _shown(call: StoredCall) -> Call:
    """The fields that `Call` declares, and none of the numbers beside them (P1)."""
    return Call.model_validate(call, from_attributes=True)
