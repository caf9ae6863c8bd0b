"""C2, E5: the client's phone is busy."""

from __future__ import annotations

from tests.calls.scene import CLIENT_BUSY, Scene, assert_hides


def test_c2_e5_the_provider_hears_that_the_client_is_busy(scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    provider = scene.dial(booking.caller_number)
    assert client.finish()
    assert provider.final_status() == 486
    assert_hides(provider, booking.client_number)
    call = scene.call_of(booking)
    assert (call["disposition"], call["connected_at"], call["ended_by"]) == ("busy", None, "client")
    assert scene.appointment(booking)["status"] == "pending"
