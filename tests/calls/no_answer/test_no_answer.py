"""C2, E5: the client does not come to the phone, or there is no such phone."""

from __future__ import annotations

from tests.calls.scene import HERE, Scene, assert_hides


def test_c2_e5_after_the_ring_time_the_line_gives_up_on_the_client(scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(HERE / "client_rings.xml", [(booking.client_number,)])
    provider = scene.dial(booking.caller_number)
    assert client.finish()
    assert provider.final_status() == 480
    assert_hides(provider, booking.client_number)
    call = scene.call_of(booking)
    assert call["ringing_at"] is not None
    assert (call["disposition"], call["answered_at"], call["ended_by"]) == ("no_answer", None, "line")
    assert scene.appointment(booking)["status"] == "pending"
