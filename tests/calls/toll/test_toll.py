"""A11: a client's number that the line never calls."""

from __future__ import annotations

from collections.abc import Callable

from tests.calls.scene import CLIENT_BUSY, Scene, invites


def test_a11_a_client_with_a_denied_number_is_not_called(scene: Scene, decided_by: Callable[..., None]) -> None:
    booking = scene.book()
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    # The number was booked before the operator ruled it out.
    decided_by(deny_prefixes=[booking.client_number[:8]])
    assert scene.dial(booking.caller_number).final_status() == 480
    assert scene.refusal()["reason"] == "destination_denied"
    assert invites(client) == []
