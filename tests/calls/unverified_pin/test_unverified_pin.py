"""A8: a provider whose profile says so proves by their PIN what the network does not vouch for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ops.demo.audio import Headset
from ops.demo.phone import Phone
from tests.calls.scene import CLIENT_BUSY, HEARS_FINAL, HERE, LINE_NUMBER, Booking, Scene, invites, new_number

WAITS = HERE / "connected" / "provider_waits.xml"
Call = Callable[..., tuple[Phone, Headset]]


@pytest.fixture
def marked(tmp_path: Path) -> Callable[[Path, str], Path]:
    """A scenario whose trunk says this of the caller number."""

    def marked(scenario: Path, verstat: str) -> Path:
        text = scenario.read_text()
        spelt = text.replace("From: <sip:[field0]@", f"From: <sip:[field0];verstat={verstat}@")
        assert spelt != text
        path = tmp_path / scenario.name
        path.write_text(spelt if verstat else text)
        return path

    return marked


@pytest.fixture
def call(scene: Scene, marked: Callable[[Path, str], Path]) -> Call:
    """Dial with a number that fails verification, be answered by the prompt, and have a keypad."""

    def call(number: str, verstat: str = "TN-Validation-Failed") -> tuple[Phone, Headset]:
        headset = scene.headset(440)
        phone = scene.provider(marked(WAITS, verstat), [(number, LINE_NUMBER, headset.port)])
        answer = phone.wait_for(lambda message: message.received and message.status == 200)
        assert answer.audio is not None
        headset.point_at(*answer.audio)
        return phone, headset

    return call


def _put(scene: Scene, name: str, pin: str, *numbers: str, practice: str | None = None, option: bool) -> None:
    scene.platform.put(
        f"/v1/providers/{name}",
        {
            "name": "P",
            "time_zone": "UTC",
            "caller_numbers": [{"number": number, "label": "mobile"} for number in numbers],
            "pin": pin,
            "practice_id": practice,
            "pin_when_unverified": option,
        },
    )


@pytest.fixture
def booking(scene: Scene) -> Booking:
    """A provider who chose it, with the PIN 4711 and a consultation now."""
    booking = scene.book()
    _put(scene, booking.appointment_id, "4711", booking.caller_number, option=True)
    return booking


def test_a8_with_the_right_pin_the_client_is_reached(scene: Scene, booking: Booking, call: Call) -> None:
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    phone, keypad = call(booking.caller_number)
    keypad.press("4711#")
    assert phone.finish()
    assert client.finish()
    (invite,) = invites(client)
    assert (invite.header("From") or "").startswith(f"<sip:{booking.caller_number}@")
    assert scene.call_of(booking)["decision"] == "admitted"


def test_a8_a9_without_the_right_pin_nobody_is_reached(scene: Scene, booking: Booking, call: Call) -> None:
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    phone, keypad = call(booking.caller_number)
    for _ in range(3):
        keypad.press("9999#")
        keypad.wait_for_more(1)
    assert phone.finish()
    assert scene.refusal()["reason"] == "pin_wrong"
    assert invites(client) == []


@pytest.mark.parametrize("verstat", ["", "TN-Validation-Passed-C"])
def test_a8_what_the_policy_accepts_is_asked_nothing(
    scene: Scene, booking: Booking, marked: Callable[[Path, str], Path], verstat: str
) -> None:
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    phone = scene.provider(marked(HEARS_FINAL, verstat), [(booking.caller_number, LINE_NUMBER, 9)])
    assert phone.finish()
    assert phone.final_status() == 486
    assert client.finish()


def test_a8_where_a_must_be_shown_a_number_without_it_may_be_proven(
    scene: Scene, booking: Booking, call: Call, decided_by: Callable[..., None]
) -> None:
    decided_by(attestation="require-a")
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    phone, keypad = call(booking.caller_number, "TN-Validation-Passed-B")
    keypad.press("4711#")
    assert phone.finish()
    assert client.finish()


def test_a8_who_did_not_choose_it_is_refused_unasked(
    scene: Scene, booking: Booking, marked: Callable[[Path, str], Path]
) -> None:
    _put(scene, booking.appointment_id, "4711", booking.caller_number, option=False)
    phone = scene.provider(marked(HEARS_FINAL, "TN-Validation-Failed"), [(booking.caller_number, LINE_NUMBER, 9)])
    assert phone.finish()
    assert phone.final_status() == 403
    assert scene.refusal()["reason"] == "caller_unverified"


def test_a8_a9_on_a_shared_phone_only_a_member_who_chose_it_is_let_in(scene: Scene, call: Call) -> None:
    number, name = new_number(), "practice-unverified"
    scene.platform.put(
        f"/v1/practices/{name}", {"name": "Elm", "caller_numbers": [{"number": number, "label": "desk"}]}
    )
    bookings = []
    for pin, option in (("1234", True), ("567890", False)):
        client = new_number()
        provider = f"a{client[-7:]}"
        _put(scene, provider, pin, practice=name, option=option)
        scene.platform.client(provider, "Sam", client)
        scene.platform.appointment(provider, provider, provider)
        bookings.append(Booking(provider, number, client))
    phone, keypad = call(number)
    for _ in range(3):
        keypad.press("567890#")
        keypad.wait_for_more(1)
    assert phone.finish()
    assert scene.refusal()["reason"] == "pin_wrong"
    busy = scene.client(CLIENT_BUSY, [(bookings[0].client_number,)])
    phone, keypad = call(number)
    keypad.press("1234#")
    assert phone.finish()
    assert busy.finish()
    assert scene.call_of(bookings[0])["decision"] == "admitted"
