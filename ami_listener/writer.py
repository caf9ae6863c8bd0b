"""The one writer of what AMI tells: in order, and never in the way of the link (E3, E4, S2)."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

import structlog
import tenacity

from ami_listener.record import Seen, record
from runtime.settings import Settings
from schema.engine import Store, StoreUnavailableError

log = structlog.get_logger("ami_listener.writer")

_LARGEST_BATCH = 200


class Writer:
    """A queue and the one thread that empties it. While the database is away, what was seen waits in the queue."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._queue: queue.SimpleQueue[Seen | threading.Event | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, seen: Seen) -> None:
        """Hand over what was seen. Never blocks."""
        self._queue.put(seen)

    def flush(self, seconds: float) -> bool:
        """Wait until all that was handed over by now is written. Returns whether it is, after `seconds` at most."""
        written = threading.Event()
        self._queue.put(written)
        return written.wait(seconds)

    def stop(self, seconds: float) -> bool:
        """Write what is queued, waiting `seconds` at most. Returns whether all of it was written."""
        self._queue.put(None)
        self._thread.join(seconds)
        self._stopping.set()
        if self._thread.is_alive():
            log.error("facts_unwritten", waiting=self._queue.qsize())
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            batch, marks, last = self._next()
            try:
                if batch:
                    self._write_when_possible(batch)
            except tenacity.RetryError:
                return
            for mark in marks:
                mark.set()
            if last:
                return

    def _next(self) -> tuple[list[Seen], list[threading.Event], bool]:
        """What is queued, up to a batch; who waits for it to be written; and whether it is the last."""
        batch: list[Seen] = []
        marks: list[threading.Event] = []
        entry = self._queue.get()
        while entry is not None:
            if isinstance(entry, threading.Event):
                marks.append(entry)
            else:
                batch.append(entry)
            try:
                if len(batch) == _LARGEST_BATCH:
                    break
                entry = self._queue.get_nowait()
            except queue.Empty:
                break
        return batch, marks, entry is None

    def _write_when_possible(self, batch: Sequence[Seen]) -> None:
        """Write a batch, waiting for the database as long as it takes: a fact is never dropped (E4)."""
        retry = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(StoreUnavailableError),
            wait=tenacity.wait_exponential(multiplier=0.1, max=2),
            stop=tenacity.stop_when_event_set(self._stopping),
            before_sleep=lambda state: log.warning("database_unavailable", attempt=state.attempt_number),
        )
        try:
            retry(self._write, batch)
        except (StoreUnavailableError, tenacity.RetryError):
            raise
        except Exception:
            log.exception("batch_failed", size=len(batch))
            if len(batch) > 1:
                # One of them cannot be written; the others must not be lost with it.
                for seen in batch:
                    self._write_when_possible([seen])

    def _write(self, batch: Sequence[Seen]) -> None:
        with self._store.transaction() as transaction:
            record(transaction, batch, self._settings)
