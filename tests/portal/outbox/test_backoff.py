"""How long an attempt waits for the next."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.outbox.backoff import LONGEST, delay


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_no_wait_is_shorter_than_four_seconds_or_much_longer_than_four_hours(failures: int, chance: float) -> None:
    assert timedelta(seconds=4) <= delay(failures, chance) <= LONGEST * 1.2


def test_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    waits = [delay(failures, 0.5) for failures in range(1, 20)]
    assert waits[:4] == [timedelta(seconds=5 * 2**n) for n in range(4)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST


def test_in_three_days_there_are_some_thirty_attempts() -> None:
    spent, attempts = timedelta(), 0
    while spent < timedelta(days=3):
        attempts += 1
        spent += delay(attempts, 0.5)
    assert 25 <= attempts <= 35


def test_receivers_that_fail_together_are_not_asked_together_again() -> None:
    assert len({delay(3) for _ in range(20)}) > 10
