"""A10, A12: the database is away when a call arrives."""

from __future__ import annotations

from ops.line import Line
from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Scene, assert_hides, invites


def test_a10_a12_database_down_refuses_the_call_and_the_attempt_is_kept_once_it_is_back(
    line: Line, scene: Scene
) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    assert line.postgres is not None
    line.postgres.stop()
    try:
        provider = scene.dial(booking.caller_number)
    finally:
        line.postgres.start()
    assert provider.final_status() == 503
    assert invites(client) == []
    assert_hides(provider, booking.client_number)
    assert scene.refusal()["reason"] == "line_unavailable"


def test_e3_a_call_that_is_up_while_the_database_is_away_loses_nothing(line: Line, scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=50)
    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=800)
    provider.wait_for(lambda message: message.received and message.status == 200)
    assert line.postgres is not None
    line.postgres.stop()
    try:
        assert provider.finish()
        assert client.finish()
    finally:
        line.postgres.start()
    call = scene.call_of(booking)
    assert (call["disposition"], call["ended_by"]) == ("connected", "provider")
    assert 0.6 < call["talk_seconds"] < 1.2
    assert scene.appointment(booking)["status"] == "completed"
