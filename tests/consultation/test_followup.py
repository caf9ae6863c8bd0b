"""Status and task, as facts and the time add up to them (S1-S7)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.followup import (
    PENDING,
    Finding,
    Occurrence,
    Status,
    StatusBy,
    Task,
    Unanswerable,
    finding,
    task,
    unanswerable,
)
from tests.consultation.examples import MICROSECOND, MINUTE, SECOND, clock, window

# 9:00 to 9:30, the line open until 9:31.
HELD = Occurrence(window(), referred=True, withdrawn=False, written=PENDING, call_up=False, last_call_ended_at=None)
CLOSES = clock("9:31")
REMINDER = clock("9:30") + timedelta(hours=24)
DEADLINE = clock("9:30") + timedelta(days=3)
TASK = Task(CLOSES, REMINDER, DEADLINE)

FINAL = [
    Finding(Status.COMPLETED, StatusBy.LINE, clock("9:20")),
    Finding(Status.COMPLETED, StatusBy.PROVIDER, clock("9:20")),
    Finding(Status.DID_NOT_OCCUR, StatusBy.PROVIDER, clock("9:20")),
    Finding(Status.UNKNOWN, StatusBy.TIME, DEADLINE),
    Finding(Status.NOT_NEEDED, StatusBy.PLATFORM, clock("8:00")),
]

moments = st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=5)).map(
    lambda after: clock("9:00") + after
)
# Where something changes, and the instants beside it.
edges = st.sampled_from([clock("8:59"), clock("9:00"), clock("9:30"), CLOSES, REMINDER, DEADLINE]).flatmap(
    lambda at: st.sampled_from([at - MICROSECOND, at, at + MICROSECOND])
)
instants = moments | edges
occurrences = st.builds(
    Occurrence,
    window=st.just(window()),
    referred=st.booleans(),
    withdrawn=st.booleans(),
    written=st.just(PENDING) | st.sampled_from(FINAL),
    call_up=st.booleans(),
    last_call_ended_at=st.none() | instants,
)


def test_s3_a_task_opens_when_the_window_has_closed() -> None:
    assert task(HELD, CLOSES - MICROSECOND) is None
    assert task(HELD, CLOSES) == TASK


def test_s3_while_a_call_is_up_nobody_is_asked() -> None:
    assert task(replace(HELD, call_up=True), CLOSES + MINUTE) is None


def test_s3_a_call_that_outlived_the_window_opens_the_task_at_its_end() -> None:
    outlived = replace(HELD, last_call_ended_at=clock("9:40"))
    assert task(outlived, clock("9:40") - MICROSECOND) is None
    assert task(outlived, clock("9:40")) == replace(TASK, opened_at=clock("9:40"))


def test_s3_a_call_that_ended_inside_the_window_does_not_move_it() -> None:
    assert task(replace(HELD, last_call_ended_at=clock("9:10")), CLOSES) == TASK


@pytest.mark.parametrize("final", FINAL)
def test_s3_what_is_final_is_not_asked_about(final: Finding) -> None:
    assert task(replace(HELD, written=final), CLOSES + MINUTE) is None


def test_s3_a5_without_a_window_there_is_no_task() -> None:
    assert task(replace(HELD, referred=False), CLOSES + MINUTE) is None


def test_s6_a_reschedule_or_a_cancellation_withdraws_the_task() -> None:
    assert task(replace(HELD, withdrawn=True), CLOSES + MINUTE) is None


def test_s5_three_days_after_the_end_it_is_unknown_and_nobody_is_asked_any_more() -> None:
    assert finding(HELD, DEADLINE - MICROSECOND) == PENDING
    assert task(HELD, DEADLINE - MICROSECOND) == TASK
    assert finding(HELD, DEADLINE) == Finding(Status.UNKNOWN, StatusBy.TIME, DEADLINE)
    assert task(HELD, DEADLINE) is None


@pytest.mark.parametrize("final", FINAL)
def test_s1_time_does_not_change_what_is_final(final: Finding) -> None:
    assert finding(replace(HELD, written=final), DEADLINE + MINUTE) == final


def test_s7_a_provider_can_say_so_from_the_start_on_until_the_deadline() -> None:
    assert unanswerable(HELD, clock("9:00") - MICROSECOND) is Unanswerable.TOO_EARLY
    for now in (clock("9:00"), clock("9:30"), CLOSES, DEADLINE - MICROSECOND):
        assert unanswerable(HELD, now) is None
    assert unanswerable(HELD, DEADLINE) is Unanswerable.TOO_LATE


def test_s7_also_of_an_appointment_that_was_not_referred_and_while_a_call_is_up() -> None:
    assert unanswerable(replace(HELD, referred=False, call_up=True), clock("9:10")) is None


@pytest.mark.parametrize("final", FINAL)
def test_s1_s7_what_is_final_cannot_be_answered(final: Finding) -> None:
    why = Unanswerable.TOO_LATE if final.by is StatusBy.TIME else Unanswerable.FINAL
    assert unanswerable(replace(HELD, written=final), clock("9:40")) is why


def test_s6_s7_what_was_withdrawn_cannot_be_answered() -> None:
    assert unanswerable(replace(HELD, withdrawn=True), clock("9:40")) is Unanswerable.CANCELLED


@given(occurrences, instants)
def test_s3_whoever_has_an_open_task_can_answer_it(known: Occurrence, now: datetime) -> None:
    if (found := task(known, now)) is not None:
        assert unanswerable(known, now) is None
        assert found.opened_at <= now < found.deadline_at
        assert finding(known, now) == PENDING


@given(occurrences, instants, instants)
def test_s1_once_final_final_at_every_later_instant(known: Occurrence, one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    if (then := finding(known, earlier)).status is not Status.PENDING:
        assert finding(known, later) == then


@given(occurrences, instants)
def test_s5_no_status_is_pending_past_the_deadline(known: Occurrence, now: datetime) -> None:
    assert (finding(known, now).status is Status.PENDING) == (known.written == PENDING and now < DEADLINE)


@given(occurrences, instants, instants)
def test_s3_a_task_stays_open_until_its_deadline_while_the_facts_stay(
    known: Occurrence, one: datetime, other: datetime
) -> None:
    earlier, later = sorted((one, other))
    if task(known, earlier) is not None:
        assert (task(known, later) is not None) == (later < DEADLINE)


@given(st.sampled_from([timedelta(0), SECOND, MINUTE, timedelta(hours=24)]))
def test_s3_s5_the_deadline_counts_from_the_end_whatever_the_margin(after: timedelta) -> None:
    held = replace(HELD, window=replace(HELD.window, margins=replace(HELD.window.margins, after=after)))
    found = task(held, clock("9:30") + after)
    assert found == Task(clock("9:30") + after, REMINDER, DEADLINE)
