"""What a call test works with: a booked consultation, the two phones, and what the line says afterwards."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ops import ports
from ops.demo.audio import Headset
from ops.demo.phone import SCENARIOS, Phone
from ops.demo.platform import Platform
from ops.demo.sip import Message
from ops.line import Line

HERE = Path(__file__).parent
ANSWERS = SCENARIOS / "client_answers.xml"
CALLS = SCENARIOS / "provider_calls.xml"
HEARS_FINAL = HERE / "provider_hears_final.xml"
CLIENT_BUSY = HERE / "client_busy" / "client.xml"
LINE_NUMBER = "+14155550199"

# Numbers of these tests, in whatever spelling: none may stand in a log of the line (P1).
_A_NUMBER = re.compile(r"\+?1?415(?:21|555)\d{4,5}(?!\d)")

_numbers = itertools.count(2_100_000)


def new_number() -> str:
    """A US number that no other test uses."""
    return f"+1415{next(_numbers)}"


@dataclass(frozen=True, slots=True)
class Booking:
    """One consultation as the platform booked it."""

    appointment_id: str
    caller_number: str
    client_number: str


class Scene:
    """One test's stage on the line that all call tests share."""

    def __init__(self, line: Line, platform: Platform, folder: Path) -> None:
        self.line = line
        self.platform = platform
        self._folder = folder
        self._began_at = datetime.now(UTC)
        self._phones: list[Phone] = []
        self._headsets: list[Headset] = []
        self._names = itertools.count(1)

    def book(
        self, *, starts_in: timedelta = timedelta(minutes=-5), lasts: timedelta = timedelta(minutes=50)
    ) -> Booking:
        """A provider with one number, a client, and an appointment; without more, one that is open now."""
        caller, client = new_number(), new_number()
        name = f"a{caller[-7:]}"
        self.platform.provider(name, "Dr. Rivera", caller)
        self.platform.client(name, "Sam", client)
        self.platform.appointment(name, name, name, starts_in=starts_in, lasts=lasts)
        return Booking(name, caller, client)

    def book_again(
        self, booking: Booking, *, starts_in: timedelta, lasts: timedelta = timedelta(minutes=50)
    ) -> Booking:
        """Another appointment of the same provider, with another client."""
        client = new_number()
        name = f"a{client[-7:]}"
        self.platform.client(name, "Alex", client)
        provider = f"a{booking.caller_number[-7:]}"
        self.platform.appointment(name, provider, name, starts_in=starts_in, lasts=lasts)
        return Booking(name, booking.caller_number, client)

    def reached(self, booking: Booking, *others: Booking, line_number: str = LINE_NUMBER) -> Booking:
        """Which of these bookings' clients the provider reaches now; each of their phones is busy."""
        bookings = (booking, *others)
        client = self.client(CLIENT_BUSY, [(booking.client_number,)])
        assert self.dial(booking.caller_number, line_number).final_status() == 486
        assert client.finish()
        (invite,) = invites(client)
        client.stop()
        (found,) = [entry for entry in bookings if f"sip:{entry.client_number}@" in invite.first_line]
        return found

    def client(self, scenario: Path, rows: Sequence[Sequence[object]], *, pause_ms: int = 200) -> Phone:
        """The carrier's side towards clients: answers by the scenario. Ready when this returns."""
        port = self.line.settings.trunk_address.port
        return self._phone(Phone(scenario, self._new_folder(), port=port, rows=rows, pause_ms=pause_ms))

    def provider(self, scenario: Path, rows: Sequence[Sequence[object]], *, pause_ms: int = 300) -> Phone:
        """The carrier's side towards providers: has dialled when this returns."""
        (port,) = ports.free(1)
        dials = self.line.settings.sip_bind
        return self._phone(Phone(scenario, self._new_folder(), port=port, rows=rows, dials=dials, pause_ms=pause_ms))

    def dial(self, caller: str, line_number: str = LINE_NUMBER) -> Phone:
        """A provider's phone that dials and takes whatever final answer comes; finished when this returns."""
        phone = self.provider(HEARS_FINAL, [(caller, line_number, 9)])
        assert phone.finish(), phone.final_status()
        return phone

    def headset(self, tone_hz: int) -> Headset:
        """A mouth and an ear."""
        headset = Headset(tone_hz)
        self._headsets.append(headset)
        return headset

    def call_of(self, booking: Booking, number: int = 1) -> dict[str, Any]:
        """A booking's call of this number, counted from 1, once it has its outcome."""
        return self.platform.settled_call(booking.appointment_id, number=number)

    def appointment(self, booking: Booking) -> dict[str, Any]:
        """The appointment as the API shows it."""
        found: dict[str, Any] = self.platform.get(f"/v1/appointments/{booking.appointment_id}")
        return found

    def refusals(self, *, expected: int = 1, seconds: float = 10) -> list[dict[str, Any]]:
        """The calls refused since this test began and over by now, newest first, waited for until so many are."""
        deadline = time.monotonic() + seconds
        while True:
            page = self.platform.get("/v1/calls", decision="refused", since=self._began_at.isoformat())
            refused = [call for call in page["calls"] if call["ended_at"]]
            if len(refused) >= expected or time.monotonic() > deadline:
                return refused
            time.sleep(0.05)

    def refusal(self) -> dict[str, Any]:
        """The one call refused since this test began."""
        (refused,) = self.refusals()
        return refused

    def close(self) -> None:
        """End every phone that still runs."""
        for phone in self._phones:
            phone.stop()
        for headset in self._headsets:
            headset.close()

    def _phone(self, phone: Phone) -> Phone:
        self._phones.append(phone)
        phone.start()
        return phone

    def _new_folder(self) -> Path:
        return self._folder / f"phone-{next(self._names)}"


def invites(phone: Phone) -> list[Message]:
    """Every INVITE that a phone received, retransmissions left out."""
    seen: dict[str | None, Message] = {}
    for message in phone.received():
        if message.method == "INVITE":
            seen.setdefault(message.header("Call-ID"), message)
    return list(seen.values())


def assert_hides(phone: Phone, number: str) -> None:
    """Nothing that was sent to this phone holds the number, in any spelling (C3)."""
    digits = number.lstrip("+")
    for message in phone.received():
        assert digits not in message.text, message.first_line
        assert digits[1:] not in message.text, message.first_line


def assert_logs_hold_no_number(folder: Path) -> None:
    """No file that the line wrote beside its database holds a number of these tests (P1)."""
    logs = [path for part in ("log", "asterisk/log") for path in (folder / part).rglob("*") if path.is_file()]
    assert logs
    for log in logs:
        assert not _A_NUMBER.findall(log.read_text(errors="replace")), f"a phone number stands in {log.name}"
