"""W1-W4, W6: when the line is open, to the second, on real calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Booking, Scene

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def test_w1_the_line_opens_to_the_second(scene: Scene) -> None:
    booking = scene.book(starts_in=MINUTE + 3 * SECOND)
    opens_at = _instant(scene, booking, "opens_at")
    _wait_until(opens_at - SECOND)
    assert scene.dial(booking.caller_number).final_status() == 480
    assert scene.refusal()["reason"] == "too_early"
    _wait_until(opens_at)
    assert scene.reached(booking) == booking


def test_w1_w4_the_line_closes_to_the_second(scene: Scene) -> None:
    booking = scene.book(starts_in=-MINUTE * 31 + 3 * SECOND, lasts=timedelta(minutes=30))
    closes_at = _instant(scene, booking, "closes_at")
    _wait_until(closes_at - SECOND)
    assert scene.reached(booking) == booking
    _wait_until(closes_at)
    assert scene.dial(booking.caller_number).final_status() == 480
    assert scene.refusal()["reason"] == "too_late"


def test_w2_w4_a_call_that_is_up_at_the_close_goes_on_and_a_redial_after_it_is_refused(scene: Scene) -> None:
    booking = scene.book(starts_in=-MINUTE * 31 + 2 * SECOND, lasts=timedelta(minutes=30))
    closes_at = _instant(scene, booking, "closes_at")
    client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=0)
    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=4000)
    assert provider.finish()
    assert client.finish()
    call = scene.call_of(booking)
    assert call["ended_by"] == "provider", "nothing cuts a call because its window closed"
    assert datetime.fromisoformat(call["ended_at"]) > closes_at + SECOND
    assert call["talk_seconds"] > 3.5
    assert scene.appointment(booking)["status"] == "completed"

    client.stop()
    assert scene.dial(booking.caller_number).final_status() == 480
    assert scene.refusal()["reason"] == "too_late"


def test_w1_both_margins_are_settings_and_may_be_zero(scene: Scene, decided_by: Callable[..., None]) -> None:
    over = scene.book(starts_in=-timedelta(minutes=30), lasts=timedelta(minutes=30) - 5 * SECOND)
    soon = scene.book(starts_in=30 * SECOND)
    assert scene.reached(over) == over
    assert scene.reached(soon) == soon
    decided_by(opens_before_seconds=0, closes_after_seconds=0)
    assert scene.dial(over.caller_number).final_status() == 480
    assert scene.dial(soon.caller_number).final_status() == 480
    assert [refused["reason"] for refused in scene.refusals(expected=2)] == ["too_early", "too_late"]


def test_w6_scheduled_time_beats_the_minute_before_and_the_minute_after(scene: Scene) -> None:
    """With one number for both of a back-to-back pair, at their common minute."""
    first = scene.book(starts_in=-timedelta(minutes=30), lasts=timedelta(minutes=30) + 3 * SECOND)
    second = scene.book_again(first, starts_in=3 * SECOND)
    assert _number(scene, first) == _number(scene, second) == LINE_NUMBER
    changes_at = _instant(scene, second, "opens_at") + MINUTE
    assert scene.reached(first, second) == first
    _wait_until(changes_at)
    assert scene.reached(second, first) == second


def _instant(scene: Scene, booking: Booking, name: str) -> datetime:
    return datetime.fromisoformat(scene.appointment(booking)["contact"][name])


def _number(scene: Scene, booking: Booking) -> str:
    number: str = scene.appointment(booking)["contact"]["number"]
    return number


def _wait_until(instant: datetime) -> None:
    """Until just after the instant: it is the time itself that is under test."""
    left = (instant - datetime.now(UTC)).total_seconds()
    assert left > 0, "the test came too late"
    time.sleep(left + 0.01)
