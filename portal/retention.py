"""Takes away, every hour, what is older than the settings say that it is kept (P2)."""

from __future__ import annotations

from threading import Event

import structlog

from runtime.settings import Settings
from schema.engine import ConflictError, StatementError, Store, StoreUnavailableError
from schema.queries import retention
from schema.queries.retention import Kind

log = structlog.get_logger("portal.retention")

EVERY_SECONDS = 3600.0
BATCH = 100  # rows taken at a time
_PAUSE_SECONDS = 0.05  # between batches, for whoever else needs the database


class Retention:
    """A loop for a worker process. Any number of them may run at once: one at a time takes a batch."""

    def __init__(self, store: Store, settings: Settings, *, every_seconds: float = EVERY_SECONDS) -> None:
        self._store = store
        self._days = {kind.name: int(getattr(settings, kind.setting)) for kind in retention.KINDS}
        self._every_seconds = every_seconds

    def run(self, stop: Event) -> None:
        """Carry it out every hour until `stop` is set. A database that is away is asked again next time."""
        while not stop.is_set():
            self.once(stop)
            stop.wait(self._every_seconds)

    def once(self, stop: Event) -> None:
        """Carry out all that is due. What fails is said, and the next kind has its turn."""
        for kind in retention.KINDS:
            try:
                count = self._drain(kind, stop)
            except (StoreUnavailableError, StatementError, ConflictError) as error:
                log.warning("not_purged", kind=kind.name, error=type(error).__name__, reason=str(error))
                continue
            if count:
                log.info("purged", kind=kind.name, count=count, days=self._days[kind.name])

    def _drain(self, kind: Kind, stop: Event) -> int:
        gone = 0
        while not stop.is_set():
            with self._store.transaction() as session:
                count = retention.purge(session, kind, self._days[kind.name], BATCH)
            gone += count
            if count < BATCH:
                break
            stop.wait(_PAUSE_SECONDS)
        return gone
