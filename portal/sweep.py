"""What the time itself brings about: tasks open, and what nobody answered becomes unknown (S3, S5)."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import structlog

from consultation.window import Margins
from schema.engine import StatementError, Store, StoreUnavailableError, Transaction
from schema.queries import followup

log = structlog.get_logger("portal.sweep")

EVERY_SECONDS = 5.0
_BATCH = 100  # rows locked at a time


class Sweep:
    """A loop for a worker process. Any number of them may run at once; none of them is needed for what is shown."""

    def __init__(self, store: Store, margins: Margins, *, every_seconds: float = EVERY_SECONDS) -> None:
        self._store = store
        self._margins = margins
        self._every_seconds = every_seconds

    def run(self, stop: Event) -> None:
        """Sweep every few seconds until `stop` is set. A database that is away is asked again next time."""
        while not stop.is_set():
            try:
                self.once(stop)
            except (StoreUnavailableError, StatementError) as error:
                log.warning("not_swept", error=type(error).__name__, reason=str(error))
            stop.wait(self._every_seconds)

    def once(self, stop: Event | None = None) -> None:
        """Carry out all that is due, in batches. Raises StoreUnavailableError, StatementError."""
        self._drain("tasks_opened", lambda session: followup.open_due_tasks(session, self._margins, _BATCH), stop)
        self._drain("consultations_expired", lambda session: followup.expire(session, _BATCH), stop)

    def _drain(self, event: str, batch: Callable[[Transaction], int], stop: Event | None) -> None:
        while stop is None or not stop.is_set():
            with self._store.transaction() as session:
                count = batch(session)
            if count:
                log.info(event, count=count)
            if count < _BATCH:
                return
