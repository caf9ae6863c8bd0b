"""Appointments: booked, rescheduled, cancelled, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from consultation import followup as rules
from consultation.followup import Status, StatusBy
from consultation.window import Margins
from portal.contact import Contact, reveal
from portal.dependencies import ActorGiven, HoldGiven, MarginsGiven, StoreGiven
from portal.fields import Id, Instant, Seconds, invalid
from portal.problems import documented
from schema.engine import Transaction
from schema.queries import appointments, followup
from schema.queries.appointments import Booked
from schema.queries.audit import Actor

router = APIRouter(tags=["appointments"])

LONGEST = timedelta(hours=24)


def _ends_after_start(ends_at: datetime, info: ValidationInfo) -> datetime:
    starts_at: datetime | None = info.data.get("starts_at")
    if starts_at is None:  # it is an error of its own already
        return ends_at
    if ends_at <= starts_at:
        raise invalid("must be after starts_at")
    if ends_at - starts_at > LONGEST:
        raise invalid("must be at most 24 hours after starts_at")
    return ends_at


def _counted(number: int) -> int:
    if not 1 <= number < 2**31:
        raise invalid("must be 1 or more")
    return number


class AppointmentBody(BaseModel):
    """An appointment as the platform keeps it. Only a referred one goes through the line (A5)."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "provider_id": "p-17",
                    "client_id": "c-4",
                    "starts_at": "2026-03-01T12:00:00-05:00",
                    "ends_at": "2026-03-01T12:30:00-05:00",
                    "referred": True,
                }
            ]
        },
    )

    provider_id: Id
    client_id: Id
    starts_at: Instant
    ends_at: Annotated[Instant, AfterValidator(_ends_after_start)]
    referred: bool


class Task(BaseModel):
    """The question "did this consultation take place?", while it is open (S3)."""

    opened_at: datetime
    reminder_at: datetime = Field(description="The provider is reminded then, if it is open then (S4)")
    deadline_at: datetime = Field(description="From then on it is `unknown`, and no answer is taken (S5)")


class StatusBody(BaseModel):
    """What the provider says: it took place, or it did not (S7)."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"occurred": True}]})

    occurred: bool
    occurrence: Annotated[int, AfterValidator(_counted)] | None = Field(
        default=None,
        description="Which occurrence they were asked about: if it is not the current one any more, nothing is changed",
        json_schema_extra={"minimum": 1},
    )


class Appointment(BaseModel):
    """An appointment in its current occurrence; a reschedule makes the next one, pending again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "a-1",
                    "provider_id": "p-17",
                    "client_id": "c-4",
                    "starts_at": "2026-03-01T17:00:00Z",
                    "ends_at": "2026-03-01T17:30:00Z",
                    "occurrence": 1,
                    "referred": True,
                    "contact": {
                        "kind": "line",
                        "number": "+14155550199",
                        "opens_at": "2026-03-01T16:59:00Z",
                        "closes_at": "2026-03-01T17:31:00Z",
                    },
                    "status": "pending",
                    "status_by": None,
                    "status_at": None,
                    "talk_seconds": 0.0,
                    "later_evidence_at": None,
                    "task": {
                        "opened_at": "2026-03-01T17:31:00Z",
                        "reminder_at": "2026-03-02T17:30:00Z",
                        "deadline_at": "2026-03-04T17:30:00Z",
                    },
                }
            ]
        }
    )

    id: str
    provider_id: str
    client_id: str
    starts_at: datetime
    ends_at: datetime
    occurrence: int = Field(description="1, and one more with each reschedule")
    referred: bool
    contact: Contact | None = Field(
        description="How the provider reaches the client: over the line, or directly and why. "
        "Null for a cancelled appointment: nobody is to be called, so no number is given out."
    )
    status: Status = Field(
        description="`not_needed` for a cancelled appointment, unless its status was final before: that one stays."
    )
    status_by: StatusBy | None
    status_at: datetime | None = Field(description="For `unknown`, the deadline, three days after `ends_at`")
    talk_seconds: Seconds = Field(description="Talk time of all calls of this occurrence (W3, E2)")
    later_evidence_at: datetime | None = Field(
        description="When a connection was seen of which the final status knows nothing; it changes nothing (S8)"
    )
    task: Task | None = Field(description="Null unless it is open now")


@dataclass(frozen=True, slots=True)
class View:
    """An appointment as `actor` gets to see it. A direct number in it is recorded in the transaction given (F2)."""

    margins: Margins
    hold: timedelta
    actor: Actor

    def of(self, session: Transaction, appointment_id: str) -> Appointment:
        """The appointment, or a 404."""
        booked = found(appointments.get(session, appointment_id))
        appointment, consultation = booked.appointment, booked.consultation
        known = booked.occurrence(self.margins)
        finding, task = rules.finding(known, booked.now), rules.task(known, booked.now)
        return Appointment(
            id=appointment.id,
            provider_id=appointment.provider_id,
            client_id=appointment.client_id,
            starts_at=consultation.starts_at,
            ends_at=consultation.ends_at,
            occurrence=consultation.occurrence,
            referred=appointment.referred,
            contact=reveal(session, booked, self.margins, self.hold, self.actor),
            status=finding.status,
            status_by=finding.by,
            status_at=finding.at,
            talk_seconds=booked.talk_seconds,
            later_evidence_at=consultation.later_evidence_at,
            task=Task.model_validate(task, from_attributes=True) if task else None,
        )


async def _view(margins: MarginsGiven, hold: HoldGiven, actor: ActorGiven) -> View:
    return View(margins, hold, actor)


ViewGiven = Annotated[View, Depends(_view)]

_NOT_FOUND = documented(http_404="No appointment with this id")


@router.put(
    "/v1/appointments/{appointment_id}",
    responses={
        201: {"model": Appointment, "description": "Booked"},
        **documented(http_409="It would change hands (`fixed`), or was changed at the same time (`changed_meanwhile`)"),
    },
)
def put(
    appointment_id: Id, body: AppointmentBody, response: Response, store: StoreGiven, view: ViewGiven
) -> Appointment:
    """Book; with other times than before, reschedule (S6); after a cancellation, book again.

    A reschedule ends one occurrence, as `not_needed` if it was pending, and makes the next, with its own line number
    and window. Provider and client of an appointment cannot change.
    """
    with store.transaction() as session:
        created = appointments.put(
            session,
            appointment_id,
            provider_id=body.provider_id,
            client_id=body.client_id,
            starts_at=body.starts_at,
            ends_at=body.ends_at,
            referred=body.referred,
            margins=view.margins,
        )
        shown = view.of(session, appointment_id)
    response.status_code = 201 if created else 200
    return shown


@router.post("/v1/appointments/{appointment_id}/cancel", responses=_NOT_FOUND)
def cancel(appointment_id: Id, store: StoreGiven, view: ViewGiven) -> Appointment:
    """Cancel, before, during or after the appointment; twice is once. A call that is up goes on (S6)."""
    with store.transaction() as session:
        appointments.cancel(session, appointment_id)
        return view.of(session, appointment_id)


@router.post(
    "/v1/appointments/{appointment_id}/status",
    responses=documented(
        http_404="No appointment with this id",
        http_409="Not now: `not_started`, `past_deadline`, `already_final`, `cancelled` or `rescheduled`",
    ),
)
def say(appointment_id: Id, body: StatusBody, store: StoreGiven, view: ViewGiven) -> Appointment:
    """Say on the provider's behalf whether the current occurrence took place (S7): from its start on, until 3 days
    after its end, unless the line has seen it connect.
    """
    with store.transaction() as session:
        followup.answer(
            session, appointment_id, view.margins, occurred=body.occurred, occurrence_number=body.occurrence
        )
        return view.of(session, appointment_id)


@router.get("/v1/appointments/{appointment_id}", responses=_NOT_FOUND)
def get(appointment_id: Id, store: StoreGiven, view: ViewGiven) -> Appointment:
    """How an appointment stands: how to reach the client, and whether the consultation took place."""
    with store.transaction() as session:
        return view.of(session, appointment_id)


def found(booked: Booked | None) -> Booked:
    """The appointment, or a 404."""
    if booked is None:
        raise HTTPException(404, "There is no appointment with this id.")
    return booked
