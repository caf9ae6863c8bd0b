"""A9: a phone that a practice shares asks for the provider's PIN."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from ops.demo.audio import Headset
from ops.demo.phone import Phone
from tests.calls.scene import CLIENT_BUSY, HERE, LINE_NUMBER, Booking, Scene, invites, new_number

WAITS = HERE / "connected" / "provider_waits.xml"
HANGS_UP = Path(__file__).parent / "provider_hangs_up.xml"
TONE = 440


@dataclass(frozen=True, slots=True)
class Practice:
    """A shared phone, and the consultations of two providers who have theirs at the same time."""

    number: str
    first: Booking
    second: Booking


@pytest.fixture
def practice(scene: Scene) -> Practice:
    """Two providers of one practice, PINs 1234 and 567890, each with a consultation now."""
    number = new_number()
    name = f"practice-{number[-7:]}"
    scene.platform.put(
        f"/v1/practices/{name}",
        {"name": "Elm Street", "caller_numbers": [{"number": number, "label": "desk"}]},
    )
    bookings = []
    for pin in ("1234", "567890"):
        client = new_number()
        provider = f"a{client[-7:]}"
        scene.platform.put(
            f"/v1/providers/{provider}",
            {"name": "P", "time_zone": "UTC", "caller_numbers": [], "practice_id": name, "pin": pin},
        )
        scene.platform.client(provider, "Sam", client)
        scene.platform.appointment(provider, provider, provider)
        bookings.append(Booking(provider, number, client))
    return Practice(number, *bookings)


def _call(scene: Scene, number: str, scenario: Path = WAITS, *, pause_ms: int = 0) -> tuple[Phone, Headset]:
    """Dial, be answered by the prompt, and have a keypad that the line hears."""
    headset = scene.headset(TONE)
    phone = scene.provider(scenario, [(number, LINE_NUMBER, headset.port)], pause_ms=pause_ms)
    answer = phone.wait_for(lambda message: message.received and message.status == 200)
    assert answer.audio is not None
    headset.point_at(*answer.audio)
    return phone, headset


@pytest.mark.parametrize(("pin", "which"), [("1234#", "first"), ("567890#", "second")])
def test_a9_each_pin_reaches_its_own_providers_client(scene: Scene, practice: Practice, pin: str, which: str) -> None:
    expected: Booking = getattr(practice, which)
    client = scene.client(CLIENT_BUSY, [(expected.client_number,)])
    phone, keypad = _call(scene, practice.number)
    keypad.press(pin)
    assert phone.finish()
    assert client.finish()
    (invite,) = invites(client)
    assert f"sip:{expected.client_number}@" in invite.first_line
    assert (invite.header("From") or "").startswith(f"<sip:{practice.number}@")
    assert scene.call_of(expected)["disposition"] == "busy"


def test_a9_a_second_try_may_be_right(scene: Scene, practice: Practice) -> None:
    client = scene.client(CLIENT_BUSY, [(practice.first.client_number,)])
    phone, keypad = _call(scene, practice.number)
    keypad.press("9999#")
    keypad.wait_for_more(1)
    keypad.press("1234#")
    assert phone.finish()
    assert client.finish()
    assert scene.call_of(practice.first)["decision"] == "admitted"


def test_a9_three_wrong_entries_end_the_call(scene: Scene, practice: Practice) -> None:
    client = scene.client(CLIENT_BUSY, [(practice.first.client_number,)])
    phone, keypad = _call(scene, practice.number)
    for _ in range(3):
        keypad.press("9999#")
        keypad.wait_for_more(1)
    assert phone.finish()
    assert scene.refusal()["reason"] == "pin_wrong"
    assert invites(client) == []


def test_a9_a_hang_up_during_the_prompt_is_recorded_as_a_pin_not_given(scene: Scene, practice: Practice) -> None:
    phone = scene.provider(HANGS_UP, [(practice.number, LINE_NUMBER, 9)], pause_ms=300)
    assert phone.finish()
    assert scene.refusal()["reason"] == "pin_missing"


def test_a9_silence_ends_the_call(scene: Scene, practice: Practice, quick_prompts: None) -> None:
    phone, _ = _call(scene, practice.number)
    assert phone.finish()
    assert scene.refusal()["reason"] == "pin_missing"


def test_a9_keys_that_are_no_pin_are_an_entry_like_any_other(scene: Scene, practice: Practice) -> None:
    phone, keypad = _call(scene, practice.number)
    for _ in range(3):
        keypad.press("*12*#")
        keypad.wait_for_more(1)
    assert phone.finish()
    assert scene.refusal()["reason"] == "pin_wrong"


def test_a9_five_wrong_calls_in_an_hour_lock_the_number_and_no_other(scene: Scene, practice: Practice) -> None:
    for _ in range(5):
        phone, keypad = _call(scene, practice.number, HANGS_UP, pause_ms=1500)
        keypad.press("9999#")
        assert phone.finish()
    assert len(scene.refusals(expected=5)) == 5
    assert scene.dial(practice.number).final_status() == 403
    assert scene.refusals(expected=6)[0]["reason"] == "pin_locked"
    other = scene.book()
    assert scene.reached(other) == other


def test_a9_a_solo_provider_is_asked_only_if_their_profile_says_so(scene: Scene) -> None:
    booking = scene.book()
    assert scene.reached(booking) == booking
    name = f"a{booking.caller_number[-7:]}"
    numbers = [{"number": booking.caller_number, "label": "mobile"}]
    body = {"name": "P", "time_zone": "UTC", "caller_numbers": numbers, "pin": "4711", "pin_always": True}
    scene.platform.put(f"/v1/providers/{name}", body)
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    phone, keypad = _call(scene, booking.caller_number)
    keypad.press("4711#")
    assert phone.finish()
    assert client.finish()
    assert scene.call_of(booking, 2)["disposition"] == "busy"


def test_a9_w2_a_pin_entered_after_the_close_is_judged_by_when_the_call_arrived(
    scene: Scene, practice: Practice
) -> None:
    starts_in = timedelta(minutes=-31, seconds=2)
    scene.platform.appointment(
        practice.first.appointment_id,
        practice.first.appointment_id,
        practice.first.appointment_id,
        starts_in=starts_in,
        lasts=timedelta(minutes=30),
    )
    client = scene.client(CLIENT_BUSY, [(practice.first.client_number,)])
    phone, keypad = _call(scene, practice.number)
    keypad.wait_for_more(3)
    keypad.press("1234#")
    assert phone.finish()
    assert client.finish()
    assert scene.call_of(practice.first)["decision"] == "admitted"


@pytest.fixture
def quick_prompts(scene: Scene) -> Iterator[None]:
    """Wait a second for a key in place of eight."""
    assert scene.line.asterisk is not None
    scene.line.asterisk.command("dialplan set global PIN_SECONDS 1")
    yield
    scene.line.asterisk.command("dialplan set global PIN_SECONDS 8")
