"""The questions that are open (S3)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from portal.pages.cards import questions
from portal.pages.visit import VisitGiven
from schema.queries.line import clock

router = APIRouter()


@router.get("/tasks")
def listed(visit: VisitGiven) -> Response:
    """All of them, the earliest end first."""
    with visit.store.transaction() as session:
        asked = questions(session, visit, clock(session))
    return visit.page("tasks.html", tab="tasks", tasks=asked, task_count=len(asked))
