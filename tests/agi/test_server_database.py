"""The database goes away and comes back: calls are refused meanwhile, and never connected on a guess (A10)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from agi.server import Server
from schema.engine import Store
from tests.agi.asterisk_side import Call, health, serving
from tests.agi.database import postgres_of_its_own
from tests.agi.platform_side import book, calls
from tests.agi.wire import SOON


def decision(server: Server, channel: str) -> str | None:
    """What the server decides on a call; None if it closes without having set any variable."""
    with Call(server) as call:
        call.admit(channel=channel)
        return call.answer().get("LINE_DECISION")


def test_a10_while_the_database_is_down_no_call_is_decided_and_then_again_every_one(tmp_path: Path) -> None:
    with postgres_of_its_own(tmp_path) as postgres:
        store = Store(postgres.url, statement_seconds=2)
        book(store)
        with serving(store) as server:
            assert decision(server, "line1-1.1") == "admit"
            postgres.stop()
            assert [decision(server, "line1-2.1") for _ in range(10)] == [None] * 10
            assert not health(server)
            postgres.start()
            # The pool's connections died with the old PostgreSQL; that costs nobody their call.
            assert [decision(server, "line1-3.1") for _ in range(10)] == ["admit"] * 10
            assert health(server)
        kept = [call.channel for call in calls(store)]
        store.close()
    assert kept == ["line1-1.1", "line1-3.1"]


def test_a10_a_database_that_does_not_answer_in_time_refuses_the_call(line: Store, database_url: str) -> None:
    slow = Store(database_url, statement_seconds=0.8)
    with line.engine.connect() as blocker, serving(slow) as server:
        blocker.execute(text("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE"))
        assert decision(server, "line1-1.1") is None
        blocker.rollback()
        assert decision(server, "line1-1.2") == "admit"
    slow.close()
    assert [call.channel for call in calls(line)] == ["line1-1.2"]


DEADLINE = 0.8


@contextmanager
def held_until_too_late(line: Store) -> Iterator[None]:
    """No call can be recorded, from the beginning of the block until the deadline of every call in it is over."""
    with line.engine.connect() as blocker:
        blocker.execute(text("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE"))
        yield
        limit = time.monotonic() + SOON
        while not blocker.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
            assert time.monotonic() < limit, "no call has come to the point of being recorded"
        threading.Event().wait(DEADLINE + 0.2)


def test_a12_a_decision_that_comes_after_the_deadline_is_not_kept(line: Store) -> None:
    with serving(line, seconds=DEADLINE) as server, Call(server) as call:
        with held_until_too_late(line):
            call.admit()
        # Asterisk has gone on by then: what it never heard must not stand in the record, or over another's word.
        assert call.answer() == {}
    assert calls(line) == []


def test_a10_the_deadline_counts_from_arrival_and_not_from_the_turn(line: Store) -> None:
    with serving(line, workers=1, seconds=DEADLINE) as server, Call(server) as first, Call(server) as waiting:
        with held_until_too_late(line):
            first.admit()
            waiting.admit()
        assert first.answer() == {}
        assert waiting.answer() == {}
    assert calls(line) == []
