"""The counter behind every limit: within its rate, within its memory."""

from __future__ import annotations

import pytest
from starlette.exceptions import HTTPException

from portal.rate_limit import Rate, RateLimiter

RATE = Rate(3, seconds=60)


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_so_many_pass_and_the_next_is_told_when_to_come_back(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock)
    assert [limiter.count(RATE, "a") for _ in range(5)] == [0, 0, 0, 60, 60]
    clock.now = 59.5
    assert limiter.count(RATE, "a") == 1
    clock.now = 60
    assert limiter.count(RATE, "a") == 0


def test_who_goes_on_all_the_time_is_not_limited_for_longer(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock)
    for second in range(60):
        clock.now = second
        limiter.count(RATE, "a")
    assert limiter.spent(RATE, "a")
    clock.now = 60
    assert not limiter.spent(RATE, "a")


def test_one_subject_is_not_limited_by_another(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock)
    for _ in range(4):
        limiter.count(RATE, "a", "b")
    assert limiter.spent(RATE, "a", "b")
    assert not limiter.spent(RATE, "a")
    assert limiter.count(RATE, "a", "c") == 0


def test_more_than_the_rate_is_a_429_with_the_time_to_wait(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock)
    for _ in range(3):
        limiter.check(RATE, "a")
    with pytest.raises(HTTPException) as refused:
        limiter.check(RATE, "a")
    assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "60"})


def test_p3_however_many_come_no_more_than_so_many_are_remembered_and_the_quietest_is_forgotten(clock: Clock) -> None:
    limiter = RateLimiter(remembered=100, clock=clock)
    for _ in range(3):
        limiter.count(RATE, "loud")
    for place in range(5000):
        limiter.count(RATE, f"{place}")
        limiter.count(RATE, "loud")
    assert len(limiter) == 100
    assert limiter.spent(RATE, "loud")
