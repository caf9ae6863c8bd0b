"""C2, E5: the client presses reject."""

from __future__ import annotations

from pathlib import Path

from tests.calls.scene import Scene, assert_hides

CLIENT = Path(__file__).parent / "client.xml"


def test_c2_e5_a_client_who_rejects_is_recorded_as_rejected(scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(CLIENT, [(booking.client_number,)])
    provider = scene.dial(booking.caller_number)
    assert client.finish()
    assert provider.final_status() == 603
    assert_hides(provider, booking.client_number)
    call = scene.call_of(booking)
    assert (call["disposition"], call["ended_by"]) == ("rejected", "client")
    assert scene.appointment(booking)["status"] == "pending"
