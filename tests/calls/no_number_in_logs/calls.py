"""Calls of all kinds. Every number that was used is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from ops.demo.audio import Headset
from ops.demo.phone import Phone
from tests.calls.caller_spellings import test_caller_spellings as spellings
from tests.calls.malformed_caller.test_malformed_caller import HOSTILE
from tests.calls.scene import ANSWERS, CALLS, CLIENT_BUSY, HEARS_FINAL, HERE, LINE_NUMBER, Booking, Scene, new_number

UNVERIFIED = [
    ("<sip:{e164};verstat=TN-Validation-Failed@carrier.test>", "", 403),
    ("<sip:trunk7@carrier.test>", "P-Asserted-Identity: <tel:{e164};verstat=TN-Validation-Failed>", 403),
]
PIN_WAITS = HERE / "connected" / "provider_waits.xml"
PIN_HANGS_UP = HERE / "practice" / "provider_hangs_up.xml"
UNREACHED = [f"client_unreachable/client_{code}.xml" for code in (404, 408, 410, 480, 503)]
UNREACHED += [f"client_{what}/client.xml" for what in ("busy", "rejects", "redirects")]
UNREACHED += ["client_rings.xml"]


class Stage(Scene):
    """A scene whose ids say nothing of the numbers, and that remembers every number."""

    numbers: list[str]
    said: list[bytes]

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.numbers, self.said = [], []
        self.folder: Path = arguments[-1]

    def number(self) -> str:
        """A new one."""
        self.numbers.append(new_number())
        return self.numbers[-1]

    def book(
        self, *, starts_in: timedelta = timedelta(minutes=-5), lasts: timedelta = timedelta(minutes=50)
    ) -> Booking:
        """As in any scene."""
        caller, client = self.number(), self.number()
        name = f"kind-{len(self.numbers)}"
        self.platform.provider(name, "Dr. Rivera", caller)
        self.platform.client(name, "Sam", client)
        self.platform.appointment(name, name, name, starts_in=starts_in, lasts=lasts)
        return Booking(name, caller, client)

    def refused(self, rows: Sequence[tuple[str, str]]) -> None:
        """Callers that dial these, all at once, and hear a final answer."""
        phone = self.provider(HEARS_FINAL, [(caller, dialled, 9) for caller, dialled in rows])
        assert phone.finish(), "one of them was not refused"


def connected(stage: Stage) -> None:
    """Three talk at once, on three consultations."""
    bookings = [stage.book() for _ in range(3)]
    client = stage.client(ANSWERS, [(booking.client_number, 9) for booking in bookings], pause_ms=50)
    rows = [(booking.caller_number, LINE_NUMBER, 9) for booking in bookings]
    assert stage.provider(CALLS, rows, pause_ms=300).finish()
    assert client.finish()
    assert {stage.call_of(booking)["disposition"] for booking in bookings} == {"connected"}


def not_reached(stage: Stage) -> None:
    """The client's phone, or its carrier, in every way that does not connect; and a provider who gives up."""
    for scenario in UNREACHED:
        booking = stage.book()
        client = stage.client(HERE / scenario, [(booking.client_number,)])
        stage.dial(booking.caller_number)
        assert client.finish(), scenario
        stage.call_of(booking)
    booking = stage.book()
    client = stage.client(HERE / "client_rings.xml", [(booking.client_number,)])
    gives_up = HERE / "provider_gives_up" / "provider.xml"
    assert stage.provider(gives_up, [(booking.caller_number, LINE_NUMBER, 9)]).finish()
    assert client.finish()
    assert stage.call_of(booking)["disposition"] == "caller_gave_up"


def refused_by_the_rules(stage: Stage) -> None:
    """Too early, too late, nothing near, the wrong number, nobody's number, no number, numbers with more in them."""
    early, late = stage.book(starts_in=timedelta(hours=3)), stage.book(starts_in=timedelta(hours=-3))
    far, fine = stage.book(starts_in=timedelta(days=3)), stage.book()
    rows = [(booking.caller_number, LINE_NUMBER) for booking in (early, late, far)]
    rows += [(fine.caller_number, stage.number()), (stage.number(), LINE_NUMBER), (stage.number(), stage.number())]
    rows += [(fine.caller_number, f"{stage.number()}123456"), (fine.caller_number, "s")]
    rows += [(spelling.format(number=fine.caller_number), LINE_NUMBER) for spelling in HOSTILE]
    stage.refused(rows)
    stage.platform.post(f"/v1/appointments/{fine.appointment_id}/cancel")
    stage.refused([(fine.caller_number, LINE_NUMBER)])


def in_every_spelling(stage: Stage) -> None:
    """As carriers spell callers, who are recognised or withheld. All at once."""
    text = spellings.SCENARIO.read_text()
    expected, scenarios, clients = [], [], []
    for place, (sender, headers, status) in enumerate([*spellings.SPELLINGS.values(), *UNVERIFIED]):
        booking = stage.book()
        numbers = {"e164": booking.caller_number, "national": booking.caller_number[2:], "other": stage.number()}
        more = f"\n      {headers.format(**numbers)}" if headers else ""
        scenario = stage.folder / f"spelling-{place}.xml"
        scenario.write_text(text.replace("@FROM@", f"From: {sender.format(**numbers)}").replace("@HEADERS@", more))
        expected.append(status)
        scenarios.append(scenario)
        clients += [(booking.client_number,)] if status == spellings.ADMITTED else []
    busy = stage.client(CLIENT_BUSY, clients)
    providers = [stage.provider(scenario, [(LINE_NUMBER,)]) for scenario in scenarios]
    assert all(provider.finish() for provider in providers)
    assert [provider.final_status() for provider in providers] == expected
    assert busy.finish()


def too_many(stage: Stage) -> None:
    """Three of one consultation, and a fourth."""
    booking = stage.book()
    clients = stage.client(ANSWERS, [(booking.client_number, 9)] * 3, pause_ms=0)
    up = stage.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)] * 3, pause_ms=2000)
    for count in (1, 2, 3):
        up.wait_for(lambda _, count=count: _answers(up) >= count)  # type: ignore[misc]
    stage.refused([(booking.caller_number, LINE_NUMBER)])
    assert up.finish()
    assert clients.finish()


def _answers(phone: Phone) -> int:
    return len({message.header("Call-ID") for message in phone.received() if message.status == 200})


def with_pins(stage: Stage) -> None:
    """A shared phone: nothing entered, the right PIN, and so often a wrong one that it is locked."""
    number, client = stage.number(), stage.number()
    shared = {"name": "Elm Street", "caller_numbers": [{"number": number, "label": "desk"}]}
    stage.platform.put("/v1/practices/elm", shared)
    member = {"name": "P", "time_zone": "UTC", "caller_numbers": [], "practice_id": "elm", "pin": "471147"}
    stage.platform.put("/v1/providers/elm-1", member)
    stage.platform.client("elm-1", "Sam", client)
    stage.platform.appointment("elm-1", "elm-1", "elm-1")
    assert stage.provider(PIN_HANGS_UP, [(number, LINE_NUMBER, 9)], pause_ms=300).finish()
    busy = stage.client(CLIENT_BUSY, [(client,)])
    phone, keypad = _prompted(stage, number, PIN_WAITS)
    keypad.press("471147#")
    assert phone.finish()
    assert busy.finish()
    wrong = [_prompted(stage, number, PIN_HANGS_UP, pause_ms=2500) for _ in range(5)]
    for _, keypad in wrong:
        keypad.press("9999#")
    assert all(phone.finish() for phone, _ in wrong)
    stage.refusals(expected=6)
    stage.refused([(number, LINE_NUMBER)])


def _prompted(stage: Stage, number: str, scenario: Path, *, pause_ms: int = 0) -> tuple[Phone, Headset]:
    headset = stage.headset(440)
    phone = stage.provider(scenario, [(number, LINE_NUMBER, headset.port)], pause_ms=pause_ms)
    answer = phone.wait_for(lambda message: message.received and message.status == 200)
    assert answer.audio is not None
    headset.point_at(*answer.audio)
    return phone, headset


def while_parts_are_down(stage: Stage) -> None:
    """No database, and no server that decides."""
    line, booking = stage.line, stage.book()
    assert line.postgres is not None
    line.postgres.stop()
    try:
        stage.refused([(booking.caller_number, LINE_NUMBER), (stage.number(), LINE_NUMBER)])
    finally:
        line.postgres.start()
    line.parts["agi"].stop()
    try:
        stage.refused([(booking.caller_number, LINE_NUMBER), (stage.number(), LINE_NUMBER)])
    finally:
        line.start_agi()
