"""Open tasks: the consultations of which nobody has said yet whether they took place (S3)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from portal.dependencies import MarginsGiven, StoreGiven
from portal.fields import Id
from portal.problems import FieldError, InvalidError
from portal.routes.appointments import Task
from portal.routes.calls import PageSize
from schema.queries import followup, people
from schema.queries.followup import OpenTask
from schema.queries.people import UnknownError

router = APIRouter(tags=["tasks"])


class ListedTask(Task):
    """An open task, with the consultation that it asks about."""

    appointment_id: str
    occurrence: int = Field(description="To hand on with the answer, which then meets no later occurrence")
    provider_id: str
    client_id: str
    starts_at: datetime
    ends_at: datetime


class TasksPage(BaseModel):
    """Open tasks, the earliest end first. `next` is the `after` of the next page, null on the last one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tasks": [
                        {
                            "appointment_id": "a-1",
                            "occurrence": 1,
                            "provider_id": "p-17",
                            "client_id": "c-4",
                            "starts_at": "2026-03-01T17:00:00Z",
                            "ends_at": "2026-03-01T17:30:00Z",
                            "opened_at": "2026-03-01T17:31:00Z",
                            "reminder_at": "2026-03-02T17:30:00Z",
                            "deadline_at": "2026-03-04T17:30:00Z",
                        }
                    ],
                    "next": None,
                }
            ]
        }
    )

    tasks: list[ListedTask]
    next: UUID | None


class TasksQuery(BaseModel):
    """Which tasks to list."""

    model_config = ConfigDict(extra="forbid")

    provider_id: Id | None = Field(default=None, description="Only this provider's")
    limit: PageSize = 50
    after: UUID | None = Field(default=None, description="Only tasks behind this one: the `next` of a page")


@router.get("/v1/tasks")
def of_provider(query: Annotated[TasksQuery, Query()], store: StoreGiven, margins: MarginsGiven) -> TasksPage:
    """The open tasks. `POST /v1/appointments/{appointment_id}/status` answers one."""
    with store.transaction() as session:
        if query.provider_id is not None and not people.provider_exists(session, query.provider_id):
            raise UnknownError("provider_id")
        if query.after is not None and not followup.exists_consultation(session, query.after):
            raise InvalidError(FieldError("after", "is the `next` of no page"))
        # One more than asked for shows whether there is a next page.
        listed = followup.open_tasks(
            session, margins, provider_id=query.provider_id, after=query.after, limit=query.limit + 1
        )
    page = listed[: query.limit]
    return TasksPage(
        tasks=[_shown(entry) for entry in page], next=page[-1].consultation.id if len(listed) > len(page) else None
    )


def _shown(entry: OpenTask) -> ListedTask:
    return ListedTask(
        appointment_id=entry.appointment.id,
        occurrence=entry.consultation.occurrence,
        provider_id=entry.appointment.provider_id,
        client_id=entry.appointment.client_id,
        starts_at=entry.consultation.starts_at,
        ends_at=entry.consultation.ends_at,
        opened_at=entry.task.opened_at,
        reminder_at=entry.task.reminder_at,
        deadline_at=entry.task.deadline_at,
    )
