"""The sweep writes down what the time decides; nobody needs it to see that (S3, S5)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from consultation.window import Margins
from portal.sweep import Sweep
from schema.engine import Store, StoreUnavailableError, Transaction
from schema.models import Consultation, Effect
from tests.portal.conftest import Platform

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def book(platform: Platform, name: str, ago: timedelta) -> None:
    ends_at = datetime.now(UTC) - ago
    platform.appointment(name, starts_at=(ends_at - HOUR).isoformat(), ends_at=ends_at.isoformat())


def effects(store: Store) -> list[tuple[str, str | None]]:
    with store.transaction() as session:
        rows = session.execute(select(Effect.event_type, Effect.appointment_id).order_by(Effect.id))
        return [(row.event_type, row.appointment_id) for row in rows]


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_s3_s5_one_sweep_tells_of_open_tasks_and_ends_those_past_their_deadline(
    platform: Platform, store: Store
) -> None:
    platform.book("to-come")
    book(platform, "open", HOUR)
    book(platform, "late", 4 * DAY)
    Sweep(store, Margins()).once()
    Sweep(store, Margins()).once()
    assert effects(store) == [
        ("consultation.task_opened", "open"),
        ("consultation.status_changed", "late"),
    ]


def test_s5_more_than_one_batch_is_carried_out_in_one_sweep(platform: Platform, store: Store) -> None:
    platform.book("a-1")
    with store.transaction() as session:
        (first,) = session.scalars(select(Consultation))
        for number in range(2, 250):
            ends_at = datetime.now(UTC) - 4 * DAY
            session.add(
                Consultation(
                    appointment_id=first.appointment_id,
                    occurrence=number,
                    starts_at=ends_at - HOUR,
                    ends_at=ends_at,
                    superseded_at=ends_at,
                )
            )
    Sweep(store, Margins()).once()
    with store.transaction() as session:
        left = session.scalar(select(func.count()).where(Consultation.status == "pending"))
    assert left == 1


def test_s5_the_loop_outlives_a_database_that_is_away_and_stops_when_told(platform: Platform, store: Store) -> None:
    platform.book("to-come")
    back = threading.Event()
    asked = threading.Event()

    class Flaky(Store):
        """The same database, away for as long as it is said to be."""

        @contextmanager
        def transaction(self) -> Iterator[Transaction]:
            if not back.is_set():
                asked.set()
                raise StoreUnavailableError("away")
            with store.transaction() as session:
                yield session

    flaky = Flaky("postgresql://line@127.0.0.1:1/line")
    stop = threading.Event()
    thread = threading.Thread(target=Sweep(flaky, Margins(), every_seconds=0.01).run, args=(stop,))
    thread.start()
    try:
        assert asked.wait(10)
        book(platform, "open", HOUR)
        back.set()
        wait_until(lambda: ("consultation.task_opened", "open") in effects(store))
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
