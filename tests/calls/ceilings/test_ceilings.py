"""A11, W2: ceilings, per consultation, per trunk and on a call's length."""

from __future__ import annotations

from collections.abc import Callable

from tests.calls.scene import ANSWERS, CALLS, HEARS_FINAL, HERE, LINE_NUMBER, Scene


def test_a11_a_fourth_call_of_one_consultation_is_refused_until_one_ends(scene: Scene) -> None:
    booking = scene.book()
    clients = scene.client(ANSWERS, [(booking.client_number, 9)] * 4, pause_ms=0)
    up = [
        scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=3500 + 1000 * place)
        for place in range(3)
    ]
    for phone in up:
        phone.wait_for(lambda message: message.received and message.status == 200)
    assert scene.dial(booking.caller_number).final_status() == 486
    assert scene.refusal()["reason"] == "too_many_calls"
    assert up[0].finish()
    scene.call_of(booking, 1)
    again = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=100)
    assert all(phone.finish() for phone in [*up, again])
    assert clients.finish()


def test_a11_ten_calls_at_the_very_same_time_leave_three(scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(HERE / "client_rings.xml", [(booking.client_number,)] * 10)
    phones = [scene.provider(HEARS_FINAL, [(booking.caller_number, LINE_NUMBER, 9)]) for _ in range(10)]
    assert all(phone.finish() for phone in phones)
    statuses = sorted(phone.final_status() or 0 for phone in phones)
    assert statuses == [480] * 3 + [486] * 7, "three rang until the ring time was over"
    assert len(scene.refusals(expected=7)) == 7
    client.stop()


def test_a11_the_trunk_has_a_ceiling(scene: Scene, decided_by: Callable[..., None]) -> None:
    decided_by(trunk_max_calls=1)
    first, second = scene.book(), scene.book()
    clients = scene.client(ANSWERS, [(first.client_number, 9)], pause_ms=0)
    up = scene.provider(CALLS, [(first.caller_number, LINE_NUMBER, 9)], pause_ms=1500)
    up.wait_for(lambda message: message.received and message.status == 200)
    assert scene.dial(second.caller_number).final_status() == 486
    assert scene.refusal()["reason"] == "too_many_calls"
    assert up.finish()
    assert clients.finish()


def test_w2_a_leg_that_never_ends_is_ended_by_the_line_at_the_ceiling(
    scene: Scene, decided_by: Callable[..., None]
) -> None:
    decided_by(max_call_seconds=1)
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=0)
    provider = scene.provider(HERE / "connected" / "provider_waits.xml", [(booking.caller_number, LINE_NUMBER, 9)])
    assert provider.finish()
    assert client.finish()
    call = scene.call_of(booking)
    assert (call["disposition"], call["ended_by"]) == ("connected", "line")
    assert 0.8 < call["talk_seconds"] < 1.6
