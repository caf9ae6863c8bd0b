"""Calls without an end are held against what is up: none stays open for ever, none that is up is closed (E4)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from ami_listener import reconcile
from ami_listener.connection import Connection, NotConnectedError
from ami_listener.reconcile import Reconciler
from consultation.evidence import Kind
from schema.engine import Store, StoreUnavailableError
from schema.models import Call
from tests.agi.asterisk_side import defaults
from tests.agi.database import postgres_of_its_own
from tests.agi.platform_side import STRANGER, book
from tests.ami_listener import recordings
from tests.ami_listener.asterisk import NOW, Asterisk, Up, answering, talking
from tests.ami_listener.decided import call, decide_on, facts, outcome, status, write
from tests.ami_listener.manager import linked, manager, scene
from tests.ami_listener.recordings import seen

UP_TO_THE_TALK = 4  # facts of the recorded call
BRIDGE = next(fact.bridge for fact in recordings.facts("connected") if fact.bridge)
CALL, OTHER = "line1-1795470355.0", "line1-1795470355.2"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The witnesses of these tests have told what they will tell."""
    monkeypatch.setattr(reconcile, "GRACE_SECONDS", 0)


def reconciler(connection: Connection, store: Store, caught_up: Callable[[], bool] = lambda: True) -> Reconciler:
    """Who compares; `caught_up` is called when what the others told must be written."""
    return Reconciler(connection, store, defaults(), caught_up, asyncio.Event())


def connected_and_up(store: Store, channel: str = CALL) -> None:
    """A call that was admitted and connected, and whose end nobody has told."""
    decide_on(store, channel)
    write(store, seen("connected", channel)[:UP_TO_THE_TALK])


def end_of(store: Store, channel: str = CALL) -> tuple[str | None, bool]:
    """How a call ended, and whether its talk time is only what is known."""
    found = call(store, channel)
    return found.disposition, found.talk_partial


def age(store: Store, interval: str) -> None:
    """Every call came in so long ago."""
    with store.transaction() as session:
        session.execute(text(f"UPDATE calls SET arrived_at = now() - interval '{interval}'"))


@scene
async def test_e4_a_call_that_is_not_up_any_more_is_interrupted(line: Store) -> None:
    connected_and_up(line)
    async with answering(Asterisk()) as connection:
        with capture_logs() as said:
            await reconciler(connection, line).compare()
    assert end_of(line) == ("interrupted", True)
    assert call(line, CALL).ended_at == datetime.fromtimestamp(NOW, UTC)
    assert status(line) == ("completed", "line")
    assert [entry["event"] for entry in said if entry["log_level"] == "error"] == ["call_interrupted"]


@scene
async def test_e4_a_call_that_is_up_is_seen_and_never_closed(line: Store) -> None:
    connected_and_up(line)
    async with answering(Asterisk(up=talking(CALL, BRIDGE))) as connection:
        for _ in range(3):
            await reconciler(connection, line).compare()
    assert end_of(line) == (None, False)
    assert [kind for _, kind in facts(line)][UP_TO_THE_TALK:] == [Kind.SEEN, Kind.SEEN]


@scene
async def test_e4_a_call_whose_other_leg_is_not_there_yet_is_up(line: Store) -> None:
    decide_on(line, CALL)
    async with answering(Asterisk(up=[Up(CALL, CALL, bridge="")])) as connection:
        await reconciler(connection, line).compare()
    assert (end_of(line)[0], facts(line)) == (None, [])


@scene
async def test_e4_a_call_of_which_only_the_clients_leg_is_left_is_over(line: Store) -> None:
    decide_on(line, CALL)
    async with answering(Asterisk(up=talking(CALL)[1:])) as connection:
        await reconciler(connection, line).compare()
    assert end_of(line)[0] == "interrupted"


@scene
async def test_e4_a_talk_that_was_seen_to_go_on_counts_until_then(line: Store) -> None:
    connected_and_up(line)
    entered = recordings.facts("connected")[UP_TO_THE_TALK - 1].at
    later = f"{entered.timestamp() + 30:.6f}"
    async with answering(Asterisk(up=talking(CALL, BRIDGE), time=later)) as connection:
        await reconciler(connection, line).compare()
    async with answering(Asterisk(time=f"{entered.timestamp() + 90:.6f}")) as connection:
        await reconciler(connection, line).compare()
    assert end_of(line) == ("interrupted", True)
    assert outcome(line, CALL)["talk_seconds"] == pytest.approx(30, abs=0.001)


@scene
async def test_e4_a_connection_that_nobody_saw_is_known_from_those_who_are_in_it(line: Store) -> None:
    decide_on(line, CALL)
    async with answering(Asterisk(up=talking(CALL))) as connection:
        await reconciler(connection, line).compare()
    found = call(line, CALL)
    assert (found.connected_at is not None, found.talk_partial, found.disposition) == (True, True, None)


@scene
async def test_e4_a_refused_call_whose_end_nobody_saw_ends_as_refused(line: Store) -> None:
    decide_on(line, CALL, STRANGER)
    async with answering(Asterisk()) as connection:
        await reconciler(connection, line).compare()
    assert (end_of(line)[0], call(line, CALL).ended_at is None) == ("refused", False)


@scene
async def test_e4_whose_end_the_witnesses_tell_meanwhile_is_believed(line: Store) -> None:
    """The end was on its way: on the disk, or in the writer's queue."""
    connected_and_up(line)

    def caught_up() -> bool:
        write(line, seen("connected", CALL))
        return True

    async with answering(Asterisk()) as connection:
        await reconciler(connection, line, caught_up).compare()
    assert end_of(line) == ("connected", False)
    assert Kind.GONE not in [kind for _, kind in facts(line)]


@scene
async def test_e4_nothing_is_closed_while_the_witnesses_word_is_not_written(line: Store) -> None:
    connected_and_up(line)
    async with answering(Asterisk()) as connection:
        with pytest.raises(StoreUnavailableError):
            await reconciler(connection, line, lambda: False).compare()
    assert end_of(line)[0] is None


@scene
async def test_e4_witnesses_are_given_time_to_tell(line: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel is gone before its end is told."""
    monkeypatch.setattr(reconcile, "GRACE_SECONDS", 2)
    connected_and_up(line)
    listed = asyncio.Event()
    async with answering(Asterisk(listed=listed.set)) as connection:
        comparing = asyncio.create_task(reconciler(connection, line).compare())
        await listed.wait()
        await asyncio.sleep(0.3)
        await asyncio.to_thread(write, line, seen("connected", CALL))
        await comparing
    assert end_of(line) == ("connected", False)
    assert Kind.GONE not in [kind for _, kind in facts(line)]


@scene
async def test_e4_a_call_that_comes_in_after_the_list_was_taken_is_not_closed(line: Store) -> None:
    connected_and_up(line)
    asterisk = Asterisk(listed=lambda: decide_on(line, OTHER))
    async with answering(asterisk) as connection:
        await reconciler(connection, line).compare()
    assert (end_of(line, CALL)[0], end_of(line, OTHER)[0]) == ("interrupted", None)


@scene
async def test_e4_where_no_call_is_open_nobody_is_asked(line: Store) -> None:
    decide_on(line, CALL)
    write(line, seen("connected", CALL))
    asterisk = Asterisk()
    async with answering(asterisk) as connection:
        await reconciler(connection, line).compare()
    assert "CoreShowChannels" not in asterisk.asked


@scene
async def test_e4_calls_of_another_node_are_none_of_ours(line: Store) -> None:
    decide_on(line, "line2-1795470355.0")
    decide_on(line, "line10-1795470355.0")
    async with answering(Asterisk()) as connection:
        await reconciler(connection, line).compare()
    assert end_of(line, "line2-1795470355.0")[0] is None
    assert end_of(line, "line10-1795470355.0")[0] is None


@scene
async def test_e4_while_asterisk_is_away_nothing_is_closed(line: Store) -> None:
    connected_and_up(line)
    async with linked() as (_, link, listener):
        link.close()
        await listener.down()
        with pytest.raises(NotConnectedError):
            await reconciler(listener.connection, line).compare()
    assert end_of(line)[0] is None


@scene
async def test_e4_half_a_list_closes_nothing(line: Store) -> None:
    connected_and_up(line)
    async with answering(Asterisk(items="1")) as connection:
        with pytest.raises(NotConnectedError):
            await reconciler(connection, line).compare()
    assert end_of(line)[0] is None


@scene
async def test_e4_a_call_that_can_no_longer_be_up_is_closed_though_asterisk_is_away(line: Store) -> None:
    connected_and_up(line)
    async with manager() as nobody:
        connection = Connection(nobody.address, "listener", "secret", lambda _: None)
        age(line, "4 hours 9 minutes")
        with pytest.raises(NotConnectedError):
            await reconciler(connection, line).compare()
        assert end_of(line)[0] is None
        age(line, "4 hours 11 minutes")
        await reconciler(connection, line).compare()
    assert end_of(line)[0] == "interrupted"


@scene
async def test_e4_whose_end_is_told_after_it_was_found_gone_is_connected(line: Store) -> None:
    connected_and_up(line)
    async with answering(Asterisk()) as connection:
        await reconciler(connection, line).compare()
    assert end_of(line)[0] == "interrupted"
    write(line, seen("connected", CALL))
    assert end_of(line) == ("connected", False)
    assert call(line, CALL).outcome_version == 2


async def until(done: Callable[[], bool]) -> None:
    """Wait until the database says so."""
    while not await asyncio.to_thread(done):
        await asyncio.sleep(0.01)


@scene
async def test_e4_open_calls_are_compared_at_every_login_and_not_only_at_the_interval(line: Store) -> None:
    now = asyncio.Event()
    asterisk = Asterisk()
    async with answering(asterisk) as connection:
        working = asyncio.create_task(Reconciler(connection, line, defaults(), lambda: True, now).run())
        for channel in (CALL, OTHER):
            await asyncio.to_thread(connected_and_up, line, channel)
            now.set()
            await until(lambda channel=channel: end_of(line, channel)[0] == "interrupted")  # type: ignore[misc]
        working.cancel()
        await asyncio.wait([working])


@scene
async def test_e4_open_calls_are_compared_at_the_interval_without_a_login(line: Store) -> None:
    connected_and_up(line)
    async with answering(Asterisk()) as connection:
        working = asyncio.create_task(
            Reconciler(connection, line, defaults(reconcile_seconds=1), lambda: True, asyncio.Event()).run()
        )
        await until(lambda: end_of(line)[0] == "interrupted")
        working.cancel()
        await asyncio.wait([working])


@scene
async def test_e4_comparing_goes_on_after_an_answer_that_nobody_foresaw(
    line: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected_and_up(line)
    answers = iter([RuntimeError, NotConnectedError, StoreUnavailableError])

    def caught_up() -> bool:
        if (problem := next(answers, None)) is not None:
            raise problem
        return True

    async with answering(Asterisk()) as connection:
        now = asyncio.Event()
        working = asyncio.create_task(Reconciler(connection, line, defaults(), caught_up, now).run())
        while end_of(line)[0] is None:
            now.set()
            await asyncio.sleep(0.02)
        working.cancel()
        await asyncio.wait([working])
    assert next(answers, None) is None


@scene
async def test_e4_while_the_database_is_away_nothing_is_compared_and_afterwards_it_is(tmp_path: Path) -> None:
    with postgres_of_its_own(tmp_path) as postgres:
        store = Store(postgres.url)
        book(store)
        connected_and_up(store)
        async with answering(Asterisk()) as connection:
            postgres.stop()
            with pytest.raises(StoreUnavailableError):
                await reconciler(connection, store).compare()
            postgres.start()
            await reconciler(connection, store).compare()
        assert end_of(store) == ("interrupted", True)
        store.close()


def test_e4_every_call_that_was_closed_frees_its_place(line: Store) -> None:
    """A11: three of a consultation may be up at a time; those that are gone do not count."""
    for number in range(3):
        connected_and_up(line, f"line1-1795470355.{number}")

    @scene
    async def compare() -> None:
        async with answering(Asterisk()) as connection:
            await reconciler(connection, line).compare()

    decide_on(line, "line1-1795470355.8")
    assert call(line, "line1-1795470355.8").reason == "too_many_calls"
    compare()
    decide_on(line, "line1-1795470355.9")
    found: Call = call(line, "line1-1795470355.9")
    assert (found.decision, found.reason) == ("admitted", None)
