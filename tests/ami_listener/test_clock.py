"""Who sets Asterisk's clock takes the talk time of the calls that were up meanwhile, and of no others (E2, E4)."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from ami_listener import clock
from ami_listener.clock import ClockWatch, allowed
from consultation.evidence import Kind
from schema.engine import Store
from schema.queries import asterisk_clock
from tests.agi.asterisk_side import defaults
from tests.ami_listener.asterisk import NOW, Asterisk, answering
from tests.ami_listener.decided import call, decide_on, facts, write
from tests.ami_listener.manager import linked, scene
from tests.ami_listener.recordings import seen

OPEN, JUST_ENDED, LONG_OVER, ELSEWHERE = "line1-9.1", "line1-9.2", "line1-9.3", "line2-9.4"
AT = datetime.fromtimestamp(NOW, UTC)


@pytest.fixture
def watch(line: Store) -> ClockWatch:
    """Who looks at Asterisk's clock."""
    return ClockWatch(line, defaults())


@pytest.fixture
def calls(line: Store) -> Store:
    """A call that is up, one that has just ended, one that ended an hour ago, and one that is up on another node."""
    for channel in (LONG_OVER, JUST_ENDED):
        decide_on(line, channel)
        write(line, seen("connected", channel))
        if channel == LONG_OVER:
            recorded_ago(line, "1 hour")
    for channel in (OPEN, ELSEWHERE):
        decide_on(line, channel)
        write(line, seen("connected", channel)[:4])
    return line


def recorded_ago(store: Store, interval: str) -> None:
    """Every outcome so far was told so long ago."""
    with store.transaction() as session:
        session.execute(text("ALTER TABLE call_outcomes DISABLE TRIGGER outcomes_stay"))
        session.execute(text(f"UPDATE call_outcomes SET recorded_at = now() - interval '{interval}'"))
        session.execute(text("ALTER TABLE call_outcomes ENABLE TRIGGER outcomes_stay"))


def looked_ago(store: Store, interval: str) -> None:
    """The last look was so long ago."""
    with store.transaction() as session:
        session.execute(text(f"UPDATE asterisk_clocks SET measured_at = now() - interval '{interval}'"))


def flagged(store: Store) -> set[str]:
    """The calls during which the clock was set."""
    return {channel for channel, kind in facts(store) if kind == Kind.CLOCK_STEPPED}


@pytest.mark.parametrize("step", [3600, 0.51, -0.51, -86400])
def test_e4_a_step_is_noted_on_calls_that_were_up_since_the_last_look_and_on_no_others(
    calls: Store, watch: ClockWatch, step: float
) -> None:
    watch.keep(AT, 1000.0)
    assert flagged(calls) == set()
    watch.keep(AT + timedelta(seconds=step), 1000.0 + step)
    assert flagged(calls) == {OPEN, JUST_ENDED}
    ended, still_up = call(calls, JUST_ENDED), call(calls, OPEN)
    assert (ended.disposition, ended.talk_seconds, ended.talk_partial) == ("connected", 0, True)
    assert (ended.outcome_version, call(calls, LONG_OVER).outcome_version) == (2, 1)
    assert (still_up.disposition, still_up.talk_partial) == (None, True)
    assert not call(calls, LONG_OVER).talk_partial
    assert not ended.witnesses_disagree


def test_e4_a_step_is_noted_once(calls: Store, watch: ClockWatch) -> None:
    for ahead in (1000.0, 1060.0, 1060.0, 1060.2):
        watch.keep(AT, ahead)
    assert [kind for channel, kind in facts(calls) if channel == OPEN].count(Kind.CLOCK_STEPPED) == 1


def test_e4_a_clock_that_is_only_disciplined_was_not_set(calls: Store, watch: ClockWatch) -> None:
    for ahead in (1000.0, 1000.4, 999.95, 1000.4):
        watch.keep(AT, ahead)
    assert flagged(calls) == set()


def test_e4_the_longer_nobody_looked_the_more_a_clock_may_have_gained_by_itself(
    calls: Store, watch: ClockWatch
) -> None:
    watch.keep(AT, 1000.0)
    looked_ago(calls, "1 hour")
    watch.keep(AT, 1002.2)
    assert flagged(calls) == set()
    looked_ago(calls, "1 hour")
    watch.keep(AT, 1004.6)
    assert flagged(calls) != set()


def test_e4_what_is_allowed_grows_by_what_a_kernel_may_adjust_and_never_shrinks() -> None:
    assert allowed(timedelta(0)) == clock.STEP_SECONDS
    assert allowed(timedelta(seconds=-100)) == clock.STEP_SECONDS
    assert allowed(timedelta(seconds=1000)) == pytest.approx(1.0)


def test_e4_a_step_while_nobody_listened_is_noted_by_the_next_who_does(calls: Store, watch: ClockWatch) -> None:
    watch.keep(AT, 1000.0)
    looked_ago(calls, "2 hours")
    ClockWatch(calls, defaults()).keep(AT, 1060.0)
    assert flagged(calls) == {OPEN, JUST_ENDED, LONG_OVER}


def test_e4_after_a_boot_of_the_machine_nothing_is_known_of_the_clock_before(calls: Store, watch: ClockWatch) -> None:
    with calls.transaction() as session:
        asterisk_clock.keep(session, "line1", "another boot", 5000.0)
    watch.keep(AT, 1000.0)
    assert flagged(calls) == set()
    watch.keep(AT, 1060.0)
    assert flagged(calls) == {OPEN, JUST_ENDED}


def test_e4_the_clock_of_another_node_is_another_clock(calls: Store, watch: ClockWatch) -> None:
    watch.keep(AT, 1000.0)
    other = ClockWatch(calls, defaults(node="line2"))
    other.keep(AT, 7000.0)
    watch.keep(AT, 1000.0)
    assert flagged(calls) == set()
    other.keep(AT, 7060.0)
    assert flagged(calls) == {ELSEWHERE}


@scene
async def test_e4_asterisks_time_is_held_against_a_clock_that_nobody_sets(line: Store) -> None:
    watch = ClockWatch(line, defaults())
    async with answering(Asterisk()) as connection:
        measured = await watch.measure(connection)
    assert measured is not None
    at, ahead = measured
    assert at == AT
    assert ahead == pytest.approx(NOW - time.clock_gettime(time.CLOCK_BOOTTIME), abs=1)


@scene
async def test_e4_an_answer_that_took_long_does_not_say_when_it_was_given(
    line: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_PROMPT_SECONDS", 0.05)
    async with linked() as (_, link, listener):
        measuring = asyncio.create_task(ClockWatch(line, defaults()).measure(listener.connection))
        ping = await link.action()
        await asyncio.sleep(0.1)
        link.send("Response: Success", f"ActionID: {ping['ActionID']}", "Ping: Pong", f"Timestamp: {NOW}")
        assert await measuring is None
