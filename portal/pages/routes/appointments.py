"""Appointments, and the pop-up of each with the number to dial and the question whether it took place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from consultation.followup import Status, Unanswerable
from portal.fields import Id
from portal.pages.cards import cards, questions
from portal.pages.line import look
from portal.pages.phones import phones
from portal.pages.popup import Popup, own, popup
from portal.pages.reveal import Shown, reveal_contact
from portal.pages.visit import Visit, VisitGiven
from schema.engine import Transaction
from schema.queries import diary, followup
from schema.queries.followup import UnanswerableError

router = APIRouter()

MOST_UPCOMING = 100
PAGE = 25


@router.get("/appointments")
def listed(visit: VisitGiven, before: str | None = None) -> Response:
    """What is booked, and what was; `before` (an instant) pages back."""
    with visit.store.transaction() as session:
        now, line_is_down = look(session, visit)
        ended_by = _instant(before) if before is not None else now
        upcoming = diary.upcoming(session, visit.provider_id, since=now, limit=MOST_UPCOMING + 1)
        past = diary.past(session, visit.provider_id, before=min(ended_by, now), limit=PAGE + 1)
        asked = questions(session, visit, now)
    return visit.page(
        "appointments.html",
        tab="appointments",
        line_is_down=line_is_down,
        task_count=len(asked),
        newest=before is None,
        upcoming=cards(visit, upcoming[:MOST_UPCOMING], now, line_is_down=line_is_down),
        more=len(upcoming) > MOST_UPCOMING,
        past=cards(visit, past[:PAGE], now, line_is_down=line_is_down),
        earlier=past[PAGE].consultation.ends_at.isoformat() if len(past) > PAGE else None,
    )


@router.get("/appointments/{appointment_id}")
def one(appointment_id: Id, visit: VisitGiven) -> Response:
    """The pop-up, or as a page of its own."""
    with visit.store.transaction() as session:
        content = _shown(session, visit, popup(session, visit, appointment_id))
        task_count = 0 if visit.part else len(questions(session, visit, content["popup"].now))
    template = "appointment_part.html" if visit.part else "appointment.html"
    return visit.page(template, tab="appointments", task_count=task_count, **content)


@router.get("/appointments/{appointment_id}/contact")
def contact(appointment_id: Id, visit: VisitGiven, shown: str = "") -> Response:
    """The part of the pop-up that asks for itself. 204 while what it shows still holds: then nothing is revealed."""
    with visit.store.transaction() as session:
        current = popup(session, visit, appointment_id)
        if current.shown == shown:
            return Response(status_code=204)
        content = _shown(session, visit, current)
    return visit.page("contact.html", **content)


@router.get("/appointments/{appointment_id}/answer")
def answered(appointment_id: Id, visit: VisitGiven) -> Response:
    """What became of the question, for who answered without JavaScript."""
    with visit.store.transaction() as session:
        current = popup(session, visit, appointment_id)
    if current.status is None:
        return RedirectResponse(f"/p/appointments/{appointment_id}", status_code=303)
    return _said(visit, current, f"task.{current.status}")


@router.post("/appointments/{appointment_id}/answer")
def answer(appointment_id: Id, visit: VisitGiven) -> Response:
    """The provider says whether it took place (S7). A 409 says why it was not taken, and what holds."""
    occurred, occurrence = visit.form.get("occurred"), visit.form.get("occurrence", "")
    with visit.store.transaction() as session:
        own(session, visit, appointment_id)
    if occurred not in ("yes", "no") or not occurrence.isdecimal():
        raise HTTPException(400)
    try:
        with visit.store.transaction() as session:
            followup.answer(
                session,
                appointment_id,
                visit.margins,
                occurred=occurred == "yes",
                occurrence_number=int(occurrence),
            )
    except UnanswerableError as error:
        with visit.store.transaction() as session:
            current = popup(session, visit, appointment_id)
        return _said(visit, current, _refusal(current, error.why), refused=True)
    if not visit.part:
        return RedirectResponse(f"/p/appointments/{appointment_id}/answer", status_code=303)
    with visit.store.transaction() as session:
        return _said(
            visit,
            popup(session, visit, appointment_id),
            "task.completed" if occurred == "yes" else "task.did_not_occur",
        )


def _shown(session: Transaction, visit: Visit, current: Popup) -> dict[str, Any]:
    """The pop-up with the number that it shows: a client's own is revealed by this."""
    number: Shown | None = reveal_contact(session, visit, current)
    return {
        "popup": current,
        "number": number,
        "phones": phones(session, visit),
        "messaging_url": visit.messaging_url(client_id=current.client_id, appointment_id=current.appointment_id),
    }


_REFUSED = {
    Unanswerable.CANCELLED: "not_needed",
    Unanswerable.RESCHEDULED: "not_needed",
    Unanswerable.TOO_LATE: "late",
    Unanswerable.TOO_EARLY: "not_open",
}


def _refusal(current: Popup, why: Unanswerable) -> str:
    """The text's key."""
    if why is not Unanswerable.FINAL:
        return f"task.refused.{_REFUSED[why]}"
    if current.status is Status.COMPLETED and current.by_line:
        return "task.refused.completed_line"
    return f"task.refused.{current.status or 'not_needed'}"


def _said(visit: Visit, current: Popup, key: str, *, refused: bool = False) -> Response:
    task_count = 0
    if not visit.part:
        with visit.store.transaction() as session:
            task_count = len(questions(session, visit, current.now))
    return visit.page(
        "answered_part.html" if visit.part else "answered.html",
        status=409 if refused else 200,
        tab="tasks",
        task_count=task_count,
        refused=refused,
        said=visit.words.text(key, when=current.deadline),
        name=current.name,
        when=f"{current.day}, {current.span}",
    )


def _instant(text: str) -> datetime:
    """An instant of an address of ours. Raises a 404 for another's."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise HTTPException(404) from None
    if instant.tzinfo is None:
        raise HTTPException(404)
    return instant
