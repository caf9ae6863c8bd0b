"""S2: what the platform is told of a real call, in order, signed, without a number."""

from __future__ import annotations

import time
from datetime import datetime

from standardwebhooks import Webhook

from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Booking, Scene
from tests.portal.outbox.conftest import SECRET
from tests.portal.outbox.receiver import Heard, Receiver


def told(hooks: Receiver, booking: Booking, count: int, seconds: float = 15) -> list[Heard]:
    """What the platform was told of this appointment, once it is so much."""
    deadline = time.monotonic() + seconds
    while True:
        mine = [one for one in list(hooks.heard) if one.json["data"].get("appointment_id") == booking.appointment_id]
        if len(mine) >= count:
            return mine
        assert time.monotonic() < deadline, mine
        time.sleep(0.02)


def test_s2_p1_the_platform_hears_that_a_call_connected_ended_and_completed_its_consultation(
    scene: Scene, hooks: Receiver
) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=3000)
    (connected,) = told(hooks, booking, 1)
    assert provider.final_status() == 200
    call = scene.platform.get(f"/v1/appointments/{booking.appointment_id}/calls")[0]
    assert call["ended_at"] is None, "told at once, while the call is up"
    assert provider.finish()
    assert client.finish()
    said = [Webhook(SECRET).verify(one.body, one.headers) for one in told(hooks, booking, 3)]
    assert [one["type"] for one in said] == ["call.connected", "call.ended", "consultation.status_changed"]
    assert {one["data"]["appointment_id"] for one in said} == {booking.appointment_id}
    connected_at = datetime.fromisoformat(connected.json["data"]["connected_at"])
    assert abs((connected_at - datetime.fromisoformat(call["connected_at"])).total_seconds()) < 1, (
        "each witness has its own clock"
    )
    for one in told(hooks, booking, 3):
        for number in (booking.caller_number, booking.client_number, LINE_NUMBER):
            assert number.lstrip("+") not in one.body.decode()
