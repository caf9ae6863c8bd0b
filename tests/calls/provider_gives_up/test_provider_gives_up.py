"""E3, E5: the provider hangs up while the client's phone rings."""

from __future__ import annotations

from pathlib import Path

from tests.calls.scene import HERE, LINE_NUMBER, Scene, assert_hides

PROVIDER = Path(__file__).parent / "provider.xml"


def test_e5_a_provider_who_hangs_up_while_it_rings_gave_up(scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(HERE / "client_rings.xml", [(booking.client_number,)])
    provider = scene.provider(PROVIDER, [(booking.caller_number, LINE_NUMBER, 9)])
    assert provider.finish()
    assert client.finish()
    assert_hides(provider, booking.client_number)
    call = scene.call_of(booking)
    assert (call["disposition"], call["ended_by"]) == ("caller_gave_up", "provider")
    assert scene.appointment(booking)["status"] == "pending"
