"""How an occurrence of an appointment stands for its provider, in one word (A5, F2, W1)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from consultation.window import Phase, Window
from schema.queries.diary import Entry


class Standing(StrEnum):
    """The texts and the style have an entry for each."""

    NOT_YET = "not_yet"
    OPEN = "open"
    CLOSED = "closed"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    DIRECT = "direct"
    LINE_DOWN = "line_down"


def standing(entry: Entry, window: Window, now: datetime, *, line_is_down: bool) -> Standing:
    """How it stands at `now`, while the line is down or not."""
    if entry.consultation.superseded_at is not None:
        return Standing.RESCHEDULED
    if entry.appointment.cancelled_at is not None:
        return Standing.CANCELLED
    if not entry.appointment.referred or entry.line_number is None:
        return Standing.DIRECT
    return Standing.LINE_DOWN if line_is_down else _LINE[window.phase(now)]


_LINE = {
    Phase.NOT_YET: Standing.NOT_YET,
    Phase.MINUTE_BEFORE: Standing.OPEN,
    Phase.SCHEDULED: Standing.OPEN,
    Phase.MINUTE_AFTER: Standing.OPEN,
    Phase.OVER: Standing.CLOSED,
}
