"""A13: a refused caller hears why, before the final status. The provider's phone listens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ops.asterisk.configuration import TEMPLATES
from ops.demo.audio import Headset
from ops.demo.phone import Phone
from ops.line import Line
from tests.calls.scene import ANSWERS, CALLS, HEARS_FINAL, HERE, LINE_NUMBER, Booking, Scene, new_number

SOUNDS = TEMPLATES / "sounds"
GIVES_UP = Path(__file__).parent / "provider_hangs_up.xml"
WAITS = HERE / "connected" / "provider_waits.xml"


def _seconds(*names: str, language: str = "en", sounds: Path = SOUNDS) -> float:
    """How long these recordings are: one byte a sample at 8 kHz."""
    return sum((sounds / language / f"{name}.ulaw").stat().st_size for name in names) / 8000


def _dial_and_listen(scene: Scene, caller: str) -> tuple[Phone, Headset]:
    ear = scene.headset(440)
    phone = scene.provider(HEARS_FINAL, [(caller, LINE_NUMBER, ear.port)])
    assert phone.finish(), phone.final_status()
    return phone, ear


def _heard(ear: Headset, *names: str, language: str = "en") -> None:
    # Between two recordings Asterisk may lose or add a frame or two of 20 ms each.
    assert ear.heard_seconds == pytest.approx(_seconds(*names, language=language), abs=0.1 + 0.05 * len(names))


def _say_early(decided_by: Callable[..., None], **settings: object) -> None:
    decided_by(announce="early", **settings)


def test_a13_an_unknown_caller_hears_only_that_the_number_is_not_recognised(
    scene: Scene, decided_by: Callable[..., None]
) -> None:
    _say_early(decided_by)
    phone, ear = _dial_and_listen(scene, new_number())
    assert [message.status for message in phone.received()] == [100, 183, 403]
    _heard(ear, "not-recognised")


def test_a13_a_withheld_caller_hears_how_to_call(scene: Scene, decided_by: Callable[..., None]) -> None:
    _say_early(decided_by)
    phone, ear = _dial_and_listen(scene, "anonymous")
    assert phone.final_status() == 433
    _heard(ear, "withheld")


def test_a13_a_provider_without_a_consultation_hears_first_that_the_number_is_recognised(
    scene: Scene, decided_by: Callable[..., None]
) -> None:
    booking = scene.book(starts_in=timedelta(days=3))
    _say_early(decided_by)
    phone, ear = _dial_and_listen(scene, booking.caller_number)
    assert phone.final_status() == 480
    _heard(ear, "recognised", "none-near")


def test_a13_after_the_window_it_has_closed_in_the_providers_language(
    scene: Scene, decided_by: Callable[..., None]
) -> None:
    booking = scene.book(starts_in=timedelta(hours=-2))
    name = f"a{booking.caller_number[-7:]}"
    scene.platform.put(
        f"/v1/providers/{name}",
        {
            "name": "Dra. Rivera",
            "time_zone": "America/Mexico_City",
            "language": "es-MX",
            "caller_numbers": [{"number": booking.caller_number, "label": "móvil"}],
        },
    )
    _say_early(decided_by)
    phone, ear = _dial_and_listen(scene, booking.caller_number)
    assert phone.final_status() == 480
    _heard(ear, "recognised", "has-closed", language="es")
    assert scene.refusal()["reason"] == "too_late"


def test_a13_before_the_window_the_opening_time_is_spoken(scene: Scene, decided_by: Callable[..., None]) -> None:
    booking = scene.book(starts_in=timedelta(hours=2))
    _say_early(decided_by)
    phone, ear = _dial_and_listen(scene, booking.caller_number)
    assert phone.final_status() == 480
    fixed = _seconds("recognised", "opens", "at", "am")
    assert fixed + 0.5 < ear.heard_seconds < fixed + 4


def test_a11_a13_a_provider_with_three_calls_up_hears_so_before_the_busy_signal(
    scene: Scene, decided_by: Callable[..., None]
) -> None:
    booking = scene.book()
    clients = scene.client(ANSWERS, [(booking.client_number, 9)] * 3, pause_ms=0)
    up = [scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=9000) for _ in range(3)]
    for phone in up:
        phone.wait_for(lambda message: message.received and message.status == 200)
    _say_early(decided_by)
    _hears_too_many_calls(scene, booking)
    assert all(phone.finish() for phone in up), "none of the calls that were up was touched"
    assert clients.finish()


def test_a11_a13_at_the_trunks_ceiling_the_caller_hears_so_before_the_busy_signal(
    scene: Scene, decided_by: Callable[..., None]
) -> None:
    first, second = scene.book(), scene.book()
    clients = scene.client(ANSWERS, [(first.client_number, 9)], pause_ms=0)
    up = scene.provider(CALLS, [(first.caller_number, LINE_NUMBER, 9)], pause_ms=9000)
    up.wait_for(lambda message: message.received and message.status == 200)
    _say_early(decided_by, trunk_max_calls=1)
    _hears_too_many_calls(scene, second)
    assert up.finish(), "the call that was up was not touched"
    assert clients.finish()


def _hears_too_many_calls(scene: Scene, booking: Booking) -> None:
    phone, ear = _dial_and_listen(scene, booking.caller_number)
    assert [message.status for message in phone.received()] == [100, 183, 486]
    words = "recognised", "too-many-calls"
    _heard(ear, *words)
    assert all(ear.heard((SOUNDS / "en" / f"{word}.ulaw").read_bytes()) for word in words)
    assert not ear.heard((SOUNDS / "en" / "has-closed.ulaw").read_bytes()), "the ear tells words apart"
    assert scene.refusal()["reason"] == "too_many_calls"


def test_a13_answered_mode_answers_speaks_and_hangs_up(scene: Scene, decided_by: Callable[..., None]) -> None:
    decided_by(announce="answer")
    ear = scene.headset(440)
    phone = scene.provider(WAITS, [(new_number(), LINE_NUMBER, ear.port)])
    assert phone.finish()
    assert phone.final_status() == 200
    _heard(ear, "not-recognised")
    assert scene.refusal()["reason"] == "caller_unknown"


def test_a13_off_mode_says_nothing(scene: Scene, decided_by: Callable[..., None]) -> None:
    decided_by(announce="off")
    phone, ear = _dial_and_listen(scene, new_number())
    assert [message.status for message in phone.received()] == [100, 403]
    assert ear.heard_seconds == 0


def test_a13_where_no_server_decides_asterisk_itself_says_to_use_the_clients_number(scene: Scene, line: Line) -> None:
    booking = scene.book()
    assert line.asterisk is not None
    line.asterisk.command("dialplan set global ANNOUNCE early")
    line.asterisk.command("dialplan set global AGI_SERVERS 127.0.0.1:1")
    try:
        phone, ear = _dial_and_listen(scene, booking.caller_number)
    finally:
        line.asterisk.command("dialplan set global ANNOUNCE off")
        line.asterisk.command(f"dialplan set global AGI_SERVERS {'&'.join(line.settings.agi_addresses)}")
    assert phone.final_status() == 503
    _heard(ear, "unavailable")
    assert scene.refusal()["reason"] == "line_unavailable"


def test_a13_a_caller_who_hangs_up_while_it_speaks_is_recorded(scene: Scene, decided_by: Callable[..., None]) -> None:
    _say_early(decided_by)
    phone = scene.provider(GIVES_UP, [(new_number(), LINE_NUMBER, 9)], pause_ms=300)
    assert phone.finish()
    refused = scene.refusal()
    assert (refused["reason"], refused["disposition"]) == ("caller_unknown", "refused")
