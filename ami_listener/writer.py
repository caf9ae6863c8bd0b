"""The one writer: takes what was seen, in order, and turns it into facts, outcomes and statuses (E3, E4, S2)."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

import structlog
import tenacity

from ami_listener.events import Unavailable
from consultation.numbers import PhoneNumber, parse_caller
from runtime.settings import Settings
from schema.engine import Store, StoreUnavailableError
from schema.queries import calls, outcomes
from schema.queries.calls import Sighting

log = structlog.get_logger("ami_listener.writer")

Seen = Sighting | Unavailable

_LARGEST_BATCH = 200


class Writer:
    """A queue and the one thread that empties it. While the database is away, what was seen waits in the queue."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._queue: queue.SimpleQueue[Seen | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, seen: Seen) -> None:
        """Hand over what was seen. Never blocks."""
        self._queue.put(seen)

    def stop(self, seconds: float) -> bool:
        """Write what is queued, waiting `seconds` at most. Returns whether all of it was written."""
        self._queue.put(None)
        self._thread.join(seconds)
        self._stopping.set()
        if self._thread.is_alive():
            log.error("facts_unwritten", waiting=self._queue.qsize())
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, last = self._batch(first)
            try:
                self._write_when_possible(batch)
            except tenacity.RetryError:
                return
            if last:
                return

    def _batch(self, first: Seen) -> tuple[list[Seen], bool]:
        batch = [first]
        while len(batch) < _LARGEST_BATCH:
            try:
                seen = self._queue.get_nowait()
            except queue.Empty:
                break
            if seen is None:
                return batch, True
            batch.append(seen)
        return batch, False

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
        sightings = [seen if isinstance(seen, Sighting) else seen.sighting() for seen in batch]
        with self._store.transaction() as transaction:
            for seen in batch:
                if isinstance(seen, Unavailable):
                    calls.record_unavailable(
                        transaction, seen.channel, self._number(seen.caller), self._number(seen.dialled), seen.at
                    )
            calls.add_facts(transaction, sightings)
            # Sorted, so that two listeners that see the same calls lock them in the same order.
            for channel in sorted({sighting.channel for sighting in sightings}):
                call = outcomes.settle(transaction, channel, self._settings.completed_after_seconds)
                if call is not None and call.ended_at is not None:
                    log.info("call_ended", call_id=str(call.id), channel=channel, disposition=call.disposition)

    def _number(self, text: str) -> PhoneNumber | None:
        number = parse_caller(text, self._settings.default_region)
        return number if isinstance(number, PhoneNumber) else None
