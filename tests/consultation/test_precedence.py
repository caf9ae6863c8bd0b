"""Two consultations of one caller open on one line number: exactly one is reached (W6)."""

from itertools import permutations

import pytest

from consultation.admission import Admit, Candidate, Standing, standings
from consultation.admission import Attempt as Arrived
from tests.consultation.examples import (
    LINE,
    MICROSECOND,
    PROFILE,
    PROVIDER,
    clock,
    consultation,
    every_second,
    judged,
)


def reached(*candidates: Candidate, at: str) -> Candidate:
    """Whom the call reaches at that time, in whatever order the candidates come."""
    decisions = {judged(*order, now=clock(at)) for order in permutations(candidates)}
    assert len(decisions) == 1
    (decision,) = decisions
    assert isinstance(decision, Admit)
    return decision.candidate


def test_w6_scheduled_time_beats_the_minute_before() -> None:
    running, coming = consultation("9:00", "9:30"), consultation("9:30", "10:00")
    assert reached(running, coming, at="9:29:30") is running


def test_w6_scheduled_time_beats_the_minute_after() -> None:
    over, running = consultation("9:00", "9:30"), consultation("9:30", "10:00")
    assert reached(over, running, at="9:30:30") is running


def test_w6_scheduled_time_beats_the_minute_after_of_a_later_start() -> None:
    long, short = consultation("9:00", "10:00"), consultation("9:15", "9:30")
    assert reached(long, short, at="9:30:30") is long


def test_w6_the_minute_before_beats_the_minute_after() -> None:
    over, coming = consultation("9:00", "9:30"), consultation("9:31", "10:00")
    assert reached(over, coming, at="9:30:30") is coming


@pytest.mark.parametrize("at", ["8:59:45", "9:10:00", "9:30:30"])
def test_w6_within_one_phase_the_later_start_wins(at: str) -> None:
    earlier, later = consultation("9:00:00", "9:30"), consultation("9:00:30", "9:30")
    assert reached(earlier, later, at=at) is later


def test_w6_of_twins_always_the_same_one_wins() -> None:
    twins = [consultation("9:00", "9:30") for _ in range(4)]
    assert {reached(*twins, at=at) for at in ("8:59", "9:00", "9:30:59")} == {reached(*twins, at="9:15")}


@pytest.mark.parametrize(
    ("first", "second", "second_wins_from"),
    [
        (("9:00", "9:30"), ("9:30", "10:00"), "9:30"),  # back to back
        (("9:00", "9:30"), ("9:29", "10:00"), "9:29"),  # overlapping
        (("9:00", "9:30"), ("9:30:30", "10:00"), "9:30"),  # a short break: the minute before wins once time is up
        (("9:00", "9:30"), ("9:31:30", "10:00"), "9:30:30"),  # a longer one: as soon as the line opens for it
    ],
)
def test_w6_at_every_second_exactly_one_of_a_pair_wins(
    first: tuple[str, str], second: tuple[str, str], second_wins_from: str
) -> None:
    one, other = consultation(*first), consultation(*second)
    for now in every_second("8:59", "10:00:59"):
        winner = other if now >= clock(second_wins_from) else one
        assert judged(one, other, now=now) == judged(other, one, now=now) == Admit(winner)


def test_w6_the_turn_is_taken_to_the_microsecond() -> None:
    over, running = consultation("9:00", "9:30"), consultation("9:30", "10:00")
    assert judged(running, over, now=clock("9:30") - MICROSECOND) == Admit(over)
    assert judged(over, running, now=clock("9:30")) == Admit(running)


def test_w6_the_one_that_goes_after_stands_as_outranked() -> None:
    over, running = consultation("9:00", "9:30"), consultation("9:30", "10:00")
    judgements = standings(Arrived(PROVIDER, LINE), PROFILE, [over, running], clock("9:30:10"))
    assert judgements == [(over, Standing.OUTRANKED), (running, Standing.REACHED)]
