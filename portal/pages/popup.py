"""What the pop-up of an appointment says (F2, F3, A5, W1)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime

from starlette.exceptions import HTTPException

from consultation.followup import Status as ConsultationStatus
from consultation.followup import StatusBy, deadline_at, finding, task
from consultation.window import Window
from portal.contact import Contact, DirectContact, contact
from portal.line_state import current as current_line
from portal.pages.cards import SETTLED, Question, question
from portal.pages.standing import Standing, standing
from portal.pages.visit import Visit
from schema.engine import Transaction
from schema.queries import appointments, diary
from schema.queries.diary import Entry
from schema.queries.followup import OpenTask
from schema.queries.reveals import Reason


@dataclass(frozen=True, slots=True)
class Popup:
    """An appointment in its current occurrence, at `now`. Instants are the line's, texts in the provider's words."""

    appointment_id: str
    client_id: str
    name: str
    day: str
    span: str
    moved: list[str]
    standing: Standing
    reason: Reason | None
    opens: str
    closes: str
    now: datetime
    until: datetime
    until_text: str
    status: ConsultationStatus | None
    by_line: bool
    task: Question | None
    deadline: str
    contact: Contact | None = field(repr=False)  # it holds a number
    shown: str
    """Changes with whatever the provider is to notice, and tells nothing of it."""


def own(session: Transaction, visit: Visit, appointment_id: str) -> list[Entry]:
    """All occurrences of the provider's appointment, the current one first. Raises a 404 for anybody else's."""
    entries = diary.appointment(session, visit.provider_id, appointment_id)
    if not entries:
        raise HTTPException(404)
    return entries


def popup(session: Transaction, visit: Visit, appointment_id: str) -> Popup:
    """The pop-up of the provider's appointment. Raises a 404 for anybody else's."""
    current, *earlier = own(session, visit, appointment_id)
    booked = appointments.get(session, appointment_id)
    if booked is None:
        raise HTTPException(404)
    now, words, known = booked.now, visit.words, booked.occurrence(visit.margins)
    window = Window(booked.consultation.starts_at, booked.consultation.ends_at, visit.margins)
    reached = contact(booked, visit.margins, current_line(session, visit.hold))
    reason = reached.reason if isinstance(reached, DirectContact) else None
    stands = standing(current, window, now, line_is_down=reason is Reason.LINE_DOWN)
    found, asked = finding(known, now), task(known, now)
    until = window.opens_at if stands is Standing.NOT_YET else window.closes_at
    return Popup(
        appointment_id=appointment_id,
        client_id=current.client.id,
        name=current.client.name,
        day=words.day(window.starts_at, now),
        span=words.span(window.starts_at, window.ends_at),
        moved=[
            words.when(entry.consultation.starts_at, now)
            for entry in earlier[:1]
            if current.appointment.cancelled_at is None
            and entry.consultation.starts_at != current.consultation.starts_at
        ],
        standing=stands,
        reason=reason,
        opens=words.time(window.opens_at),
        closes=words.time(window.closes_at),
        now=now,
        until=until,
        until_text=words.duration(until - now),
        status=found.status if found.status in SETTLED else None,
        by_line=found.by is StatusBy.LINE,
        task=_question(visit, current, OpenTask(booked.appointment, booked.consultation, asked), now)
        if asked
        else None,
        deadline=words.when(deadline_at(window.ends_at), now),
        contact=reached,
        shown=_digest(visit, stands, reached, window, found.status, current.client.name),
    )


def _question(visit: Visit, entry: Entry, asked: OpenTask, now: datetime) -> Question:
    return question(visit, asked, {entry.client.id: entry.client.name}, now)


def _digest(visit: Visit, *noticed: object) -> str:
    """Keyed, because a plain hash of a phone number gives it away (P1)."""
    return hmac.new(visit.cookie.encode(), repr(noticed).encode(), hashlib.sha256).hexdigest()[:16]
