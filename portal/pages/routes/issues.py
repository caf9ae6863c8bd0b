"""Reporting an issue: one click away in the pop-up (F4)."""

from __future__ import annotations

import unicodedata
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portal.fields import Id
from portal.pages.cards import questions
from portal.pages.popup import own
from portal.pages.visit import Visit, VisitGiven
from portal.rate_limit import Rate, RateLimiter
from schema.queries import issues
from schema.queries.diary import Entry
from schema.queries.issues import IssueReason
from schema.queries.line import clock

router = APIRouter()

LONGEST = 500  # characters
MOST_REPORTS = Rate(30, seconds=3600)  # of one provider


@router.get("/appointments/{appointment_id}/issue")
def ask(appointment_id: Id, visit: VisitGiven) -> Response:
    """The form. Its id makes one report of it, however often it is sent."""
    return _form(visit, _current(visit, appointment_id), uuid4())


@router.post("/appointments/{appointment_id}/issue")
def report(appointment_id: Id, request: Request, visit: VisitGiven) -> Response:
    """Keep the report, and tell the platform that there is one."""
    entry = _current(visit, appointment_id)
    try:
        issue_id = UUID(visit.form.get("issue", ""))
    except ValueError:
        raise HTTPException(400) from None
    text = _plain(visit.form.get("text", ""))
    try:
        reason = IssueReason(visit.form.get("reason", ""))
    except ValueError:
        return _form(visit, entry, issue_id, text=text, error=visit.words.text("issue.choose"))
    limiter: RateLimiter = request.app.state.rate_limiter
    limiter.check(MOST_REPORTS, "issues", visit.provider_id)
    if len(text) > LONGEST:
        error = visit.words.text("issue.too_long", count=len(text))
        return _form(visit, entry, issue_id, text=text, chosen=reason, error=error)
    with visit.store.transaction() as session:
        issues.report(session, issue_id, entry.consultation, reason, text or None)
    if not visit.part:
        return RedirectResponse(f"/p/appointments/{appointment_id}/issue/sent", status_code=303)
    return _thanks(visit, entry)


@router.get("/appointments/{appointment_id}/issue/sent")
def sent(appointment_id: Id, visit: VisitGiven) -> Response:
    """That it was reported, for who has no JavaScript."""
    return _thanks(visit, _current(visit, appointment_id))


def _current(visit: Visit, appointment_id: str) -> Entry:
    with visit.store.transaction() as session:
        return own(session, visit, appointment_id)[0]


def _plain(text: str) -> str:
    """As browsers count it: a line break is one character. Without what a text column or a reader cannot take."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(each for each in lines if each == "\n" or unicodedata.category(each) not in ("Cc", "Cs"))


def _form(
    visit: Visit,
    entry: Entry,
    issue_id: UUID,
    *,
    text: str = "",
    chosen: IssueReason | None = None,
    error: str | None = None,
) -> Response:
    return _page(
        visit,
        "issue_part.html" if visit.part else "issue.html",
        entry,
        status=422 if error else 200,
        issue_id=issue_id,
        reasons=list(IssueReason),
        text=text,
        chosen=chosen,
        error=error,
    )


def _thanks(visit: Visit, entry: Entry) -> Response:
    return _page(visit, "issue_sent_part.html" if visit.part else "issue_sent.html", entry)


def _page(visit: Visit, template: str, entry: Entry, *, status: int = 200, **context: object) -> Response:
    with visit.store.transaction() as session:
        now = clock(session)
        task_count = 0 if visit.part else len(questions(session, visit, now))
    client, appointment_id = entry.client, entry.appointment.id
    return visit.page(
        template,
        status=status,
        tab="appointments",
        task_count=task_count,
        appointment_id=appointment_id,
        name=client.name,
        when=visit.words.when(entry.consultation.starts_at, now),
        messaging_url=visit.messaging_url(client_id=client.id, appointment_id=appointment_id),
        **context,
    )
