"""Appointments and questions as they stand in lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from consultation.followup import Status, finding
from consultation.window import PRECEDENCE, Window
from portal.pages.standing import Standing, standing
from portal.pages.visit import Visit
from schema.engine import Transaction
from schema.queries import diary, followup
from schema.queries.diary import Entry
from schema.queries.followup import OpenTask

MOST_TASKS = 100

_CALLED = frozenset({Standing.OPEN, Standing.DIRECT, Standing.LINE_DOWN})
SETTLED = frozenset({Status.COMPLETED, Status.DID_NOT_OCCUR, Status.UNKNOWN})
"""Statuses that say something to a provider."""


@dataclass(frozen=True, slots=True)
class Card:
    """One occurrence of an appointment."""

    appointment_id: str
    name: str
    starts_at: datetime
    day: str
    span: str
    standing: Standing
    is_on: bool
    """Whether the provider is to call now, over the line or directly."""
    status: Status | None


@dataclass(frozen=True, slots=True)
class Question:
    """An open task (S3)."""

    appointment_id: str
    occurrence: int
    name: str
    when: str
    deadline: str


def cards(visit: Visit, entries: Iterable[Entry], now: datetime, *, line_is_down: bool) -> list[Card]:
    """The entries as they stand at `now`. What is over does not tell that the line is down by now."""
    return [_card(visit, entry, now, line_is_down=line_is_down) for entry in entries]


def _card(visit: Visit, entry: Entry, now: datetime, *, line_is_down: bool) -> Card:
    consultation = entry.consultation
    window = Window(consultation.starts_at, consultation.ends_at, visit.margins)
    known = followup.occurrence(entry.appointment, consultation, visit.margins, call_up=False, last_call_ended_at=None)
    found = finding(known, now).status
    stands = standing(entry, window, now, line_is_down=line_is_down and now < window.closes_at)
    return Card(
        appointment_id=entry.appointment.id,
        name=entry.client.name,
        starts_at=consultation.starts_at,
        day=visit.words.day(consultation.starts_at, now),
        span=visit.words.span(consultation.starts_at, consultation.ends_at),
        standing=stands,
        is_on=stands in _CALLED and window.phase(now) in PRECEDENCE,
        status=found if found in SETTLED else None,
    )


def questions(session: Transaction, visit: Visit, now: datetime) -> list[Question]:
    """The provider's open tasks, the earliest end first."""
    tasks = followup.open_tasks(session, visit.margins, provider_id=visit.provider_id, limit=MOST_TASKS)
    names = diary.names(session, {task.appointment.client_id for task in tasks})
    return [question(visit, task, names, now) for task in tasks]


def question(visit: Visit, task: OpenTask, names: Mapping[str, str], now: datetime) -> Question:
    """One open task, in words."""
    return Question(
        appointment_id=task.appointment.id,
        occurrence=task.consultation.occurrence,
        name=names[task.appointment.client_id],
        when=visit.words.when(task.consultation.starts_at, now),
        deadline=visit.words.when(task.task.deadline_at, now),
    )
