"""The worker's loop that takes away what is over (P2)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from portal import retention as loop
from portal.retention import Retention
from runtime.settings import Settings
from schema.engine import Store, StoreUnavailableError, Transaction
from tests.portal.log import events
from tests.schema import aged
from tests.schema.aged import days_ago
from tests.schema.test_retention import left


def test_p2_each_kind_goes_by_its_own_setting_in_as_many_batches_as_it_takes(
    settings: Settings, store: Store, logged: io.StringIO
) -> None:
    settings.keep_refused_calls_days = 10
    with store.transaction() as session:
        for place in range(loop.BATCH * 2 + 1):
            aged.refused(session, days_ago(session, 11), f"line1-{place}")
        aged.refused(session, days_ago(session, 9), "line1-young")
        aged.reveal(session, days_ago(session, 11))
    Retention(store, settings).once(Event())
    assert (left(store, "calls"), left(store, "reveals")) == (1, 1)
    [event] = [event for event in events(logged) if event["event"] == "purged"]
    assert (event["kind"], event["count"], event["days"]) == ("refused_calls", loop.BATCH * 2 + 1, 10)


def test_p2_a_kind_that_fails_keeps_no_other_from_its_turn(
    settings: Settings, store: Store, logged: io.StringIO
) -> None:
    with store.transaction() as session:
        aged.refused(session, days_ago(session, 31))

    class Once(Store):
        """The same database, away when it is asked first."""

        asked = False

        @contextmanager
        def transaction(self) -> Iterator[Transaction]:
            if not self.asked:
                self.asked = True
                raise StoreUnavailableError("away")
            with store.transaction() as session:
                yield session

    Retention(Once("postgresql://line@127.0.0.1:1/line"), settings).once(Event())
    assert [event["event"] for event in events(logged)] == ["not_purged", "purged"]
    assert left(store, "calls") == 0


def test_p2_it_stops_between_batches_when_told(settings: Settings, store: Store) -> None:
    with store.transaction() as session:
        aged.refused(session, days_ago(session, 31))
    stop = Event()
    stop.set()
    Retention(store, settings).once(stop)
    Retention(store, settings).run(stop)
    assert left(store, "calls") == 1
