"""Whatever is wrong with the database or with one event, what the others told is written (E4)."""

import threading
from dataclasses import replace
from pathlib import Path

from sqlalchemy import event, text

from ami_listener.writer import Writer
from consultation.evidence import Fact, Kind, Leg
from schema.engine import Store
from schema.queries.calls import Sighting
from tests.agi.asterisk_side import defaults
from tests.agi.database import postgres_of_its_own
from tests.agi.platform_side import book
from tests.agi.wire import SOON
from tests.ami_listener.decided import call, decide_on, facts, outcome, status, write
from tests.ami_listener.recordings import seen

CHANNEL = "line1-1764000000.42"


def sightings(channel: str = CHANNEL) -> list[Sighting]:
    """The facts of a connected call."""
    return [found for found in seen("connected", channel) if isinstance(found, Sighting)]


def kinds(told: list[Sighting]) -> list[tuple[str, str]]:
    """The same as `facts` shows it."""
    return [(found.channel, found.fact.kind) for found in told]


def test_e4_what_is_seen_while_the_database_is_down_is_written_when_it_is_back(tmp_path: Path) -> None:
    told = sightings()
    with postgres_of_its_own(tmp_path) as postgres:
        store = Store(postgres.url)
        book(store)
        decide_on(store, CHANNEL)
        failed = threading.Event()
        event.listen(store.engine, "handle_error", lambda _context: failed.set())
        writer = Writer(store, defaults())
        writer.start()
        postgres.stop()
        writer.put(told[0])
        assert failed.wait(SOON)
        for found in told[1:]:
            writer.put(found)
        postgres.start()
        assert writer.stop(SOON)
        assert facts(store) == kinds(told)
        assert (outcome(store, CHANNEL)["disposition"], status(store)) == ("connected", ("completed", "line"))
        store.close()


def poisoned(channel: str) -> list[Sighting]:
    """Facts that PostgreSQL does not take: a NUL in a text, and a number beyond its column."""
    (first, *_) = sightings(channel)
    gone = Fact(Kind.HANGUP, Leg.CLIENT, first.fact.at, cause=10**12)
    return [replace(first, leg_channel="line1-\x00"), replace(first, fact=gone)]


def test_e4_one_event_that_cannot_be_written_does_not_lose_the_others(line: Store) -> None:
    all_told = []
    for place in (0, 3, 9):
        channel = f"line1-1764000000.{place}"
        decide_on(line, channel)
        told = sightings(channel)
        write(line, [*told[:place], *poisoned(channel), *told[place:]])
        assert outcome(line, channel)["disposition"] == "connected"
        all_told += told
    assert facts(line) == kinds(all_told)


def test_e4_one_call_that_cannot_be_written_does_not_lose_the_others(line: Store) -> None:
    other = "line1-1764000000.43"
    decide_on(line, other)
    write(line, [*poisoned(CHANNEL), *sightings(other)])
    assert outcome(line, other)["disposition"] == "connected"


def test_stop_writes_all_that_is_queued_however_much_it_is(line: Store) -> None:
    channels = [f"line1-1764000000.{place}" for place in range(30)]
    decide_on(line, channels[-1])
    told = [found for channel in channels for found in sightings(channel)]
    writer = Writer(line, defaults())
    writer.start()
    for found in told:
        writer.put(found)
    assert writer.stop(SOON)
    assert facts(line) == kinds(told)
    assert call(line, channels[-1]).disposition == "connected"


def test_stop_that_came_too_soon_can_be_asked_again_and_loses_nothing(line: Store) -> None:
    told = sightings()
    writer = Writer(line, defaults())
    with line.engine.connect() as blocker:
        blocker.execute(text("LOCK TABLE call_facts IN ACCESS EXCLUSIVE MODE"))
        writer.start()
        writer.put(told[0])
        while not blocker.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
            pass
        # The writer waits for the lock with the first fact in its hands; the rest is queued, and then the stop.
        for found in told[1:]:
            writer.put(found)
        assert not writer.stop(0.05)
        blocker.rollback()
        assert writer.stop(SOON)
    assert facts(line) == kinds(told)


def test_stop_says_so_where_it_could_not_write_all() -> None:
    nowhere = Store("postgresql://line@127.0.0.1:1/line")
    writer = Writer(nowhere, defaults())
    writer.start()
    writer.put(sightings()[0])
    assert not writer.stop(0.1)
    # It gives up by itself, once it has seen that it is to stop.
    for thread in threading.enumerate():
        if thread.name == "writer":
            thread.join(SOON)
            assert not thread.is_alive()
    nowhere.close()


def test_stop_of_a_writer_that_has_nothing_to_do_returns_at_once(line: Store) -> None:
    write(line, [])
    assert facts(line) == []
