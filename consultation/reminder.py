"""When the one text message about an unanswered consultation goes out, and when it no longer does (S4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

AFTER = timedelta(hours=24)
DEADLINE = timedelta(days=3)  # S5: then the consultation becomes `unknown`, and there is nothing left to ask
_DAY_BEGINS, _DAY_ENDS = 8, 21  # the provider's hours, half-open


class Reason(StrEnum):
    """Why no text goes out."""

    STATUS_FINAL = "status_final"
    WITHDRAWN = "withdrawn"
    NO_NUMBER = "no_number"
    OPTED_OUT = "opted_out"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Send:
    """Now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before this instant; then ask again."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """Never; `reason` says why."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a consultation and its provider. `withdrawn`: cancelled, or superseded by a reschedule."""

    ends_at: datetime
    time_zone: str
    pending: bool
    withdrawn: bool
    has_number: bool
    opted_out: bool


def judge(facts: Facts, now: datetime) -> Send | Wait | Drop:
    """Whether the reminder of this consultation goes out at `now` (S4, S5, S6)."""
    if facts.withdrawn:
        return Drop(Reason.WITHDRAWN)
    if not facts.pending:
        return Drop(Reason.STATUS_FINAL)
    if not facts.has_number:
        return Drop(Reason.NO_NUMBER)
    if facts.opted_out:
        return Drop(Reason.OPTED_OUT)
    if now >= facts.ends_at + DEADLINE:
        return Drop(Reason.TOO_LATE)
    at = daytime(max(now, facts.ends_at + AFTER), facts.time_zone)
    return Send() if at == now else Wait(at)


def daytime(instant: datetime, time_zone: str) -> datetime:
    """The first instant from this one on that is in the daytime, 8 to 21, of a zone (IANA). In UTC.

    The hour is what a clock on the wall shows, on days on which clocks are changed, too.
    """
    zone = ZoneInfo(time_zone)
    instant = instant.astimezone(UTC)
    if _is_daytime(instant, zone):
        return instant
    local = instant.astimezone(zone)
    for days in range(3):
        morning = (local + timedelta(days=days)).replace(hour=_DAY_BEGINS, minute=0, second=0, microsecond=0)
        for fold in (0, 1):
            candidate = morning.replace(fold=fold).astimezone(UTC)
            if candidate >= instant and _is_daytime(candidate, zone):
                return candidate
    raise ValueError("a zone in which no day begins for three days")


def _is_daytime(instant: datetime, zone: ZoneInfo) -> bool:
    return _DAY_BEGINS <= instant.astimezone(zone).hour < _DAY_ENDS
