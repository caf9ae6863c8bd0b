"""A4, C1: a provider with several phones."""

from __future__ import annotations

from tests.calls.scene import CLIENT_BUSY, Scene, invites, new_number


def test_a4_any_of_the_numbers_admits_and_the_client_sees_the_one_dialled_from(scene: Scene) -> None:
    booking = scene.book()
    numbers = [booking.caller_number, new_number(), new_number()]
    scene.platform.provider(f"a{booking.caller_number[-7:]}", "Dr. Rivera", *numbers)
    for number in numbers:
        client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
        assert scene.dial(number).final_status() == 486
        assert client.finish()
        (invite,) = invites(client)
        for header in ("From", "P-Asserted-Identity"):
            assert (invite.header(header) or "").startswith(f"<sip:{number}@"), header
        client.stop()


def test_a4_a_number_taken_off_the_profile_is_nobodys_at_once(scene: Scene) -> None:
    booking = scene.book()
    scene.platform.provider(f"a{booking.caller_number[-7:]}", "Dr. Rivera", new_number())
    assert scene.dial(booking.caller_number).final_status() == 403
    assert scene.refusal()["reason"] == "caller_unknown"
