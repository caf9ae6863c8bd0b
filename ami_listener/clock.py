"""Notices when Asterisk's clock is set: instants from before and after it cannot be compared (E2, E4).

Asterisk's time is held against this machine's steady clock (CLOCK_BOOTTIME), which nobody can set. What was measured
last stands in the database, so that a clock that is set while the listener is away is noticed as well.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from ami_listener import listing
from ami_listener.connection import Connection
from ami_listener.record import record
from consultation.evidence import Fact, Kind, Leg
from runtime.settings import Settings
from schema.engine import Store
from schema.queries import asterisk_clock, calls
from schema.queries.calls import Sighting

log = structlog.get_logger("ami_listener.clock")

WITNESS = "clock"
# Far above what a clock that is disciplined gains between two looks, far below what a talk time may be wrong by.
STEP_SECONDS = 0.5
# An answer that took longer does not say when it was given.
_PROMPT_SECONDS = 0.2
# The kernel lets time run at most this much faster or slower (adjtimex).
_DRIFT = 0.0005
# A call that ended since the last look may have been up when the clock was set; its outcome came a little later.
_MARGIN = timedelta(seconds=2)


class ClockWatch:
    """Looks at Asterisk's clock. One for a listener."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()

    async def measure(self, connection: Connection) -> tuple[datetime, float] | None:
        """Asterisk's time, and how many seconds it is ahead of the steady clock. None if it did not answer at once.

        Raises NotConnectedError.
        """
        asked = time.clock_gettime(time.CLOCK_BOOTTIME)
        at = await listing.asterisk_time(connection)
        answered = time.clock_gettime(time.CLOCK_BOOTTIME)
        if answered - asked > _PROMPT_SECONDS:
            return None
        return at, at.timestamp() - (asked + answered) / 2

    def keep(self, at: datetime, ahead: float) -> None:
        """Keep what was measured; where the clock was set, say so of every call that may have been up.

        Raises StoreUnavailableError.
        """
        with self._store.transaction() as transaction:
            before = asterisk_clock.measured(transaction, self._settings.node, self._boot)
            asterisk_clock.keep(transaction, self._settings.node, self._boot, ahead)
            if before is None or abs(ahead - before.ahead_seconds) < allowed(before.ago):
                return
            channels = calls.up_lately(transaction, self._settings.node, before.ago + _MARGIN)
            log.error("asterisk_clock_set", seconds=round(ahead - before.ahead_seconds, 3), calls=len(channels))
            fact = Fact(Kind.CLOCK_STEPPED, Leg.PROVIDER, at)
            record(transaction, [Sighting(WITNESS, channel, channel, fact) for channel in channels], self._settings)


def allowed(ago: timedelta) -> float:
    """By how many seconds two looks so far apart may differ though nobody set the clock."""
    return STEP_SECONDS + _DRIFT * max(ago.total_seconds(), 0)
