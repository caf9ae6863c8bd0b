"""The line's state, derived (F1, F2)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.line_state import WITHOUT_DATABASE, Line, Part, State, derive
from schema.queries.line import FRESH, Seen

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
DATABASE_SINCE = NOW - 9 * HOUR


def seen(state: str = "up", *, since: timedelta = HOUR, ago: timedelta = SECOND) -> Seen:
    return Seen(state, NOW - since, NOW - ago)


def line(hold: timedelta = timedelta(0), /, **changes: Seen | None) -> Line:
    """The line with every part up for an hour, but for these changes."""
    observed = {part: seen() for part in ("asterisk", "trunk", "admission", "listener")}
    kept = {part: row for part, row in (observed | changes).items() if row is not None}
    return derive(kept, DATABASE_SINCE, NOW, hold)


def test_f1_the_line_is_up_when_all_parts_are_since_the_last_came_up() -> None:
    state = line(trunk=seen(since=2 * SECOND))
    assert (state.state, state.since) == (State.UP, NOW - 2 * SECOND)
    assert state.parts.database == Part(State.UP, DATABASE_SINCE)
    assert state.parts.asterisk == Part(State.UP, NOW - HOUR)


def test_f1_a_database_that_came_up_last_says_since_when_the_line_is_up() -> None:
    observed = {part: seen() for part in ("asterisk", "trunk", "admission", "listener")}
    assert derive(observed, NOW - SECOND, NOW, timedelta(0)).since == NOW - SECOND


@pytest.mark.parametrize("part", ["asterisk", "trunk", "admission", "listener"])
def test_f1_one_part_down_is_the_line_down(part: str) -> None:
    state = line(**{part: seen("down", since=3 * SECOND)})
    assert (state.state, state.since) == (State.DOWN, NOW - 3 * SECOND)
    assert getattr(state.parts, part) == Part(State.DOWN, NOW - 3 * SECOND)


def test_f1_the_line_is_down_since_the_first_of_the_parts_that_are_down() -> None:
    state = line(trunk=seen("down", since=5 * SECOND), asterisk=seen("down", since=3 * SECOND))
    assert state.since == NOW - 5 * SECOND


def test_f1_when_the_listener_falls_silent_nobody_vouches_for_what_it_watches() -> None:
    silent = 11 * SECOND
    state = line(**{part: seen(ago=silent) for part in ("asterisk", "trunk", "admission", "listener")})
    down = Part(State.DOWN, NOW - silent)
    assert (state.parts.asterisk, state.parts.trunk, state.parts.admission, state.parts.listener) == (down,) * 4
    assert (state.state, state.since) == (State.DOWN, NOW - silent)
    assert state.parts.database.state is State.UP


def test_f1_a_silent_listener_takes_the_others_along_even_if_their_rows_are_fresh() -> None:
    state = line(listener=seen(ago=11 * SECOND))
    assert state.parts.trunk == Part(State.DOWN, NOW - SECOND)


def test_f1_a_part_that_was_down_when_the_listener_fell_silent_is_down_since_before() -> None:
    silent = 30 * SECOND
    state = line(listener=seen(ago=silent), trunk=seen("down", since=HOUR, ago=silent))
    assert state.parts.trunk == Part(State.DOWN, NOW - HOUR)
    assert state.since == NOW - HOUR


def test_f1_a_part_that_the_listener_no_longer_sees_is_down_alone() -> None:
    state = line(trunk=seen(ago=20 * SECOND))
    assert state.parts.trunk == Part(State.DOWN, NOW - 20 * SECOND)
    assert state.parts.asterisk.state is State.UP


def test_f1_ten_seconds_of_silence_are_not_yet_too_long() -> None:
    assert line(listener=seen(ago=10 * SECOND)).state is State.UP
    assert line(listener=seen(ago=10 * SECOND + timedelta(microseconds=1))).state is State.DOWN


@pytest.mark.parametrize("part", ["asterisk", "trunk", "admission"])
def test_f1_a_part_never_observed_is_down_since_nobody_knows_when(part: str) -> None:
    state = line(**{part: None})
    assert getattr(state.parts, part) == Part(State.DOWN, None)
    assert (state.state, state.since) == (State.DOWN, None)


def test_f1_the_line_is_down_since_nobody_knows_when_if_that_holds_for_one_of_its_parts() -> None:
    state = line(trunk=None, asterisk=seen("down", since=3 * SECOND))
    assert (state.state, state.since) == (State.DOWN, None)


def test_f1_a_listener_never_observed_vouches_for_nobody() -> None:
    state = line(listener=None)
    assert state.parts.listener == Part(State.DOWN, None)
    assert state.parts.asterisk == Part(State.DOWN, NOW - SECOND)


def test_f1_a_new_line_is_down_but_for_its_database() -> None:
    state = derive({}, DATABASE_SINCE, NOW, timedelta(0))
    assert (state.state, state.since) == (State.DOWN, None)
    assert state.parts.database.state is State.UP


def test_f1_without_the_database_every_part_is_down_and_nobody_knows_since_when() -> None:
    unknown = Part(State.DOWN, None)
    parts = WITHOUT_DATABASE.parts
    assert WITHOUT_DATABASE.state is State.DOWN
    assert (parts.asterisk, parts.trunk, parts.admission, parts.database, parts.listener) == (unknown,) * 5


def test_f1_a_state_that_nobody_agreed_on_is_an_error_not_a_guess() -> None:
    with pytest.raises(ValueError, match="sideways"):
        line(trunk=seen("sideways"))


HOLD = 30 * SECOND


@pytest.mark.parametrize("part", ["asterisk", "trunk", "admission", "listener"])
def test_f2_the_line_is_up_again_only_once_every_part_has_held(part: str) -> None:
    early = line(HOLD, **{part: seen(since=HOLD - timedelta(microseconds=1))})
    assert (early.state, early.holds_until) == (State.DOWN, NOW + timedelta(microseconds=1))
    assert early.down_parts == []
    held = line(HOLD, **{part: seen(since=HOLD)})
    assert (held.state, held.since, held.holds_until) == (State.UP, NOW, None)


def test_f2_a_database_that_was_restarted_must_hold_as_well() -> None:
    observed = {part: seen() for part in ("asterisk", "trunk", "admission", "listener")}
    assert derive(observed, NOW - SECOND, NOW, HOLD).holds_until == NOW + 29 * SECOND


def test_f2_while_a_part_is_down_nothing_holds() -> None:
    state = line(HOLD, trunk=seen("down", since=SECOND))
    assert (state.state, state.holds_until, state.down_parts) == (State.DOWN, None, ["trunk"])


parts_seen = st.none() | st.builds(
    seen,
    st.sampled_from(["up", "down"]),
    since=st.timedeltas(timedelta(0), HOUR),
    ago=st.timedeltas(timedelta(0), 15 * SECOND),
)


@given(st.fixed_dictionaries(dict.fromkeys(("asterisk", "trunk", "admission", "listener"), parts_seen)))
def test_f1_f2_the_line_is_up_only_if_all_parts_are_and_have_held(parts: dict[str, Seen | None]) -> None:
    state = line(HOLD, **parts)
    held = [
        row is not None and row.state == "up" and NOW - row.seen_at <= FRESH and NOW - row.since >= HOLD
        for row in parts.values()
    ]
    assert (state.state is State.UP) == all(held)
    assert (state.holds_until is not None) == (state.state is State.DOWN and state.down_parts == [])
