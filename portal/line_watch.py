"""Writes down when the line goes down and comes back, and has it told, once each (F1, F2)."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import structlog

from portal.line_state import Line, current
from schema.engine import StatementError, Store, StoreUnavailableError
from schema.queries.line import clock, note_state

log = structlog.get_logger("portal.line_watch")

EVERY_SECONDS = 1.0


class LineWatch:
    """A loop for a worker process. Any number may run at once; what the line is, everybody derives without it."""

    def __init__(self, store: Store, hold: timedelta, *, every_seconds: float = EVERY_SECONDS) -> None:
        self._store = store
        self._hold = hold
        self._every_seconds = every_seconds

    def run(self, stop: Event) -> None:
        """Look every second until `stop` is set. A database that is away is asked again next time."""
        while not stop.is_set():
            try:
                self.once()
            except (StoreUnavailableError, StatementError) as error:
                log.warning("line_not_watched", error=type(error).__name__, reason=str(error))
            stop.wait(self._every_seconds)

    def once(self) -> Line:
        """Write the line's state down if it is another than before. Raises StoreUnavailableError, StatementError."""
        with self._store.transaction() as session:
            line = current(session, self._hold)
            changed = note_state(session, line.state, line.since or clock(session), line.down_parts)
        if changed:
            log.warning("line_changed", state=line.state, down_parts=line.down_parts)
        return line
