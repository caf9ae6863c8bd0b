"""S6, A5: what a reschedule or a cancellation does to the line."""

from __future__ import annotations

from datetime import timedelta

from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Booking, Scene


def _reschedule(scene: Scene, booking: Booking, starts_in: timedelta, *, referred: bool = True) -> None:
    name = f"a{booking.caller_number[-7:]}"
    scene.platform.appointment(booking.appointment_id, name, name, starts_in=starts_in, referred=referred)


def test_s6_after_a_reschedule_the_old_window_is_dead_at_once(scene: Scene) -> None:
    booking = scene.book()
    assert scene.reached(booking) == booking
    _reschedule(scene, booking, timedelta(hours=3))
    assert scene.dial(booking.caller_number).final_status() == 480
    assert scene.refusal()["reason"] == "too_early"


def test_s6_after_a_reschedule_the_new_window_is_alive_at_once(scene: Scene) -> None:
    booking = scene.book(starts_in=timedelta(hours=3))
    assert scene.dial(booking.caller_number).final_status() == 480
    _reschedule(scene, booking, timedelta(minutes=-1))
    assert scene.reached(booking) == booking


def test_s6_a_cancelled_appointment_has_no_window(scene: Scene) -> None:
    booking = scene.book()
    scene.platform.post(f"/v1/appointments/{booking.appointment_id}/cancel")
    assert scene.dial(booking.caller_number).final_status() == 480
    assert scene.refusal()["reason"] == "no_consultation"
    assert scene.appointment(booking)["status"] == "not_needed"


def test_a5_an_appointment_that_the_platform_did_not_refer_has_no_window(scene: Scene) -> None:
    booking = scene.book()
    current = scene.appointment(booking)
    body = {name: current[name] for name in ("provider_id", "client_id", "starts_at", "ends_at")}
    scene.platform.put(f"/v1/appointments/{booking.appointment_id}", {**body, "referred": False})
    assert scene.dial(booking.caller_number).final_status() == 480
    assert scene.refusal()["reason"] == "no_consultation"


def test_s6_a_call_that_is_up_goes_on_when_its_appointment_is_rescheduled_or_cancelled(scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=0)
    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=1200)
    provider.wait_for(lambda message: message.received and message.status == 200)
    _reschedule(scene, booking, timedelta(hours=3))
    scene.platform.post(f"/v1/appointments/{booking.appointment_id}/cancel")
    assert provider.finish()
    assert client.finish()
    call = scene.call_of(booking)
    assert (call["disposition"], call["ended_by"]) == ("connected", "provider")
    assert call["talk_seconds"] > 1
    assert scene.appointment(booking)["status"] == "not_needed", "final stays final (S1)"
