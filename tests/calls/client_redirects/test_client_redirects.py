"""A10, C3, E5: the client's carrier redirects the call. Nobody but our servers says who is called.

Followed, a redirection would enter the dialplan as a call of its own, from the provider's number: to the line number,
it would be admitted once more.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.calls.scene import LINE_NUMBER, Scene, assert_hides, invites, new_number

CLIENT = Path(__file__).parent / "client.xml"


@pytest.mark.parametrize("target", [LINE_NUMBER, "another client", "s"])
def test_a10_c3_e5_a_redirection_is_not_followed_and_the_client_is_unreachable(scene: Scene, target: str) -> None:
    booking = scene.book()
    client = scene.client(CLIENT, [(new_number() if target == "another client" else target,)])
    provider = scene.dial(booking.caller_number)
    assert client.finish()
    # Not 181 either: it would say where to.
    assert [message.status for message in provider.received() if message.status] == [100, 480]
    assert_hides(provider, booking.client_number)
    assert len(invites(client)) == 1
    assert scene.call_of(booking)["disposition"] == "unreachable"
    assert len(scene.platform.get(f"/v1/appointments/{booking.appointment_id}/calls")) == 1
    assert scene.refusals(expected=0) == []
