"""Whether a consultation took place, and the task of saying so: status, reminder, deadline (S1-S8).

Nothing here is stored: a task is what facts and the time add up to, so it is gone the moment that they say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from consultation.window import Window

REMINDER_AFTER = timedelta(hours=24)
"""How long after `ends_at` the provider is reminded (S4)."""
DEADLINE_AFTER = timedelta(days=3)
"""How long after `ends_at` it can be answered (S5): the half-open interval `[…, ends_at + DEADLINE_AFTER)`."""


class Status(StrEnum):
    """What is known about whether a consultation took place (S1)."""

    PENDING = "pending"
    COMPLETED = "completed"
    DID_NOT_OCCUR = "did_not_occur"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not_needed"


class StatusBy(StrEnum):
    """Who or what made a status final."""

    LINE = "line"
    PROVIDER = "provider"
    TIME = "time"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Finding:
    """A status, by whom, and since when; a pending one has neither."""

    status: Status
    by: StatusBy | None = None
    at: datetime | None = None


PENDING = Finding(Status.PENDING)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What is known of one consultation. `written` is its status as it is stored, which the time may be ahead of.

    `withdrawn` means cancelled or rescheduled; `call_up`, that a call admitted to it has no outcome yet.
    """

    window: Window
    referred: bool
    withdrawn: bool
    written: Finding
    call_up: bool
    last_call_ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Task:
    """The question "did this consultation take place?", open since `opened_at` until it is answered or too late."""

    opened_at: datetime
    reminder_at: datetime
    deadline_at: datetime


class Unanswerable(StrEnum):
    """Why nobody can say, now, whether a consultation took place."""

    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    FINAL = "already_final"
    TOO_LATE = "past_deadline"
    TOO_EARLY = "not_started"


def reminder_at(ends_at: datetime) -> datetime:
    """When the provider is reminded, if it is pending then (S4)."""
    return ends_at + REMINDER_AFTER


def deadline_at(ends_at: datetime) -> datetime:
    """The first instant at which nobody can answer any more (S5)."""
    return ends_at + DEADLINE_AFTER


def finding(known: Occurrence, now: datetime) -> Finding:
    """The status at `now`: the written one, or `unknown` since the deadline where nobody said in time (S5)."""
    deadline = deadline_at(known.window.ends_at)
    if known.written.status is Status.PENDING and deadline <= now:
        return Finding(Status.UNKNOWN, StatusBy.TIME, deadline)
    return known.written


def task(known: Occurrence, now: datetime) -> Task | None:
    """The open task at `now`, if there is one: pending, the window closed, and no call of it up (S3).

    None for what was not referred, as it has no window that could close (A5); after a reschedule or a cancellation
    (S6); once the status is final, the deadline included (S5).
    """
    asked = known.referred and not known.withdrawn and not known.call_up
    if not asked or finding(known, now).status is not Status.PENDING:
        return None
    opened_at = max(known.window.closes_at, known.last_call_ended_at or known.window.closes_at)
    if now < opened_at:
        return None
    return Task(opened_at, reminder_at(known.window.ends_at), deadline_at(known.window.ends_at))


def unanswerable(known: Occurrence, now: datetime) -> Unanswerable | None:
    """Why a provider cannot say at `now` whether it took place; None where they can (S5, S7).

    They can from its start on, without waiting for the task: who has met the client another way, or knows that
    nobody will come, need not wait for the line to close.
    """
    if finding(known, now).status is not Status.PENDING:
        late = known.written.status is Status.PENDING or known.written.by is StatusBy.TIME
        return Unanswerable.TOO_LATE if late else Unanswerable.FINAL
    if known.withdrawn:
        return Unanswerable.CANCELLED
    return Unanswerable.TOO_EARLY if now < known.window.starts_at else None
