"""A7, W1, W4: the provider dials after the line has closed."""

from __future__ import annotations

from datetime import timedelta

from tests.calls.scene import ANSWERS, Scene, assert_hides, invites


def test_a7_a_call_after_the_window_is_refused_as_too_late(scene: Scene) -> None:
    booking = scene.book(starts_in=timedelta(minutes=-60))
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    provider = scene.dial(booking.caller_number)
    assert provider.final_status() == 480
    assert scene.refusal()["reason"] == "too_late"
    assert invites(client) == []
    assert_hides(provider, booking.client_number)
    assert scene.appointment(booking)["status"] == "pending"
