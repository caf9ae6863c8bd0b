"""C2, E5: the client's carrier cannot, or does not, reach the client."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.calls.scene import Scene, assert_hides

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("carrier_says", "disposition"),
    [(404, "unreachable"), (408, "no_answer"), (410, "unreachable"), (480, "no_answer"), (503, "unreachable")],
)
def test_c2_c3_e5_what_the_clients_carrier_says_is_recorded_and_never_a_5xx_to_the_provider(
    scene: Scene, carrier_says: int, disposition: str
) -> None:
    booking = scene.book()
    client = scene.client(HERE / f"client_{carrier_says}.xml", [(booking.client_number,)])
    provider = scene.dial(booking.caller_number)
    assert client.finish()
    assert provider.final_status() == 480
    assert_hides(provider, booking.client_number)
    call = scene.call_of(booking)
    assert (call["disposition"], call["ended_by"]) == (disposition, "client")
