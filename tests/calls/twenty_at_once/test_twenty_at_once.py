"""Twenty providers call twenty clients at the same time: each reaches their own."""

from __future__ import annotations

import re

from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Scene, assert_hides, invites


def test_twenty_calls_at_once_each_reach_their_own_client(scene: Scene) -> None:
    bookings = [scene.book() for _ in range(20)]
    clients = scene.client(ANSWERS, [(booking.client_number, 9) for booking in bookings])
    providers = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9) for booking in bookings], pause_ms=1000)
    assert providers.finish()
    assert clients.finish()

    reached = {_user(invite.header("From")): _user(invite.first_line) for invite in invites(clients)}
    assert reached == {booking.caller_number: booking.client_number for booking in bookings}
    for booking in bookings:
        assert_hides(providers, booking.client_number)
        call = scene.call_of(booking)
        assert (call["disposition"], call["ended_by"]) == ("connected", "provider")
        assert 0.8 < call["talk_seconds"] < 1.5
        assert scene.appointment(booking)["status"] == "completed"


def _user(text: str | None) -> str:
    match = re.search(r"sip:([^@]+)@", text or "")
    assert match is not None
    return match[1]
