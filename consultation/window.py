"""The window in which a line number is active for one consultation (W1-W6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Phase(StrEnum):
    """Where an instant lies, seen from one window."""

    NOT_YET = "not_yet"
    MINUTE_BEFORE = "minute_before"
    SCHEDULED = "scheduled"
    MINUTE_AFTER = "minute_after"
    OVER = "over"


# W6: scheduled time, then the minute before, then the minute after.
PRECEDENCE = {Phase.SCHEDULED: 0, Phase.MINUTE_BEFORE: 1, Phase.MINUTE_AFTER: 2}


@dataclass(frozen=True, slots=True)
class Margins:
    """How long before the start the line opens, and how long after the end it closes (W1)."""

    before: timedelta = timedelta(seconds=60)
    after: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open interval `[opens_at, closes_at)` of one consultation (W1), from aware instants, kept in UTC."""

    starts_at: datetime
    ends_at: datetime
    margins: Margins

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("a window needs instants with a time zone")
        # W5: within one zone Python compares and subtracts by the wall clock, an hour off where clocks turn (PEP 495).
        object.__setattr__(self, "starts_at", self.starts_at.astimezone(UTC))
        object.__setattr__(self, "ends_at", self.ends_at.astimezone(UTC))
        if not self.starts_at < self.ends_at:
            raise ValueError("a window must end after it starts")

    @property
    def opens_at(self) -> datetime:
        """The first instant at which the line admits."""
        return self.starts_at - self.margins.before

    @property
    def closes_at(self) -> datetime:
        """The first instant at which the line no longer admits."""
        return self.ends_at + self.margins.after

    def phase(self, now: datetime) -> Phase:
        """Where `now` lies (W1, W6)."""
        if now < self.opens_at:
            return Phase.NOT_YET
        if now < self.starts_at:
            return Phase.MINUTE_BEFORE
        if now < self.ends_at:
            return Phase.SCHEDULED
        if now < self.closes_at:
            return Phase.MINUTE_AFTER
        return Phase.OVER

    def overlaps(self, other: Window) -> bool:
        """Whether some instant lies in both windows (W7)."""
        return self.opens_at < other.closes_at and other.opens_at < self.closes_at
