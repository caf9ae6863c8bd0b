"""The line that the fuzzers play against: a whole one of their own, with consultations that are open now."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from ops import ports
from ops.demo import own_line
from ops.demo.platform import Platform
from ops.line import Line
from runtime.settings import load
from tests.fuzz.sip.world import LINE_NUMBER, Booked
from tests.number_key import NUMBER_KEY

# Longer than any run.
_OPEN = timedelta(hours=20)


class Stage:
    """The line and those who have to do with it."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.platform = Platform(line.api_url, line.api_token)
        self._numbers = itertools.count(2_100_000)

    def new_number(self) -> str:
        """A US number that nobody else has here; all of them look alike, so that a log can be searched for them."""
        return f"+1415{next(self._numbers)}"

    def book(self) -> Booked:
        """A provider with one number, and a consultation that is open now."""
        caller, client = self.new_number(), self.new_number()
        name = f"a{caller[-7:]}"
        self.platform.provider(name, "Dr. Rivera", caller)
        self.platform.client(name, "Sam", client)
        self.platform.appointment(name, name, name, starts_in=timedelta(minutes=-5), lasts=_OPEN)
        return Booked(caller, client)

    def share(self, pin: str = "90417735") -> Booked:
        """A phone that a practice shares: its callers are asked for a PIN, and who knows it has a consultation now."""
        number, client = self.new_number(), self.new_number()
        name = f"s{number[-7:]}"
        listed = [{"number": number, "label": "desk"}]
        self.platform.put(f"/v1/practices/{name}", {"name": "Elm Street", "caller_numbers": listed})
        provider = {"name": "P", "time_zone": "UTC", "caller_numbers": [], "practice_id": name, "pin": pin}
        self.platform.put(f"/v1/providers/{name}", provider)
        self.platform.client(name, "Sam", client)
        self.platform.appointment(name, name, name, starts_in=timedelta(minutes=-5), lasts=_OPEN)
        return Booked(number, client)

    def close(self) -> None:
        """Close the connections to the API."""
        self.platform.close()


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A line of its own in this folder, as long as the block lasts."""
    (second,) = ports.free(1)
    base = own_line.settings(folder, load())
    settings = own_line.settings(
        folder,
        load(),
        numbers=[LINE_NUMBER],
        # The observer looks into the line's database.
        number_key=NUMBER_KEY,
        ring_seconds=5,
        # Announcements take seconds each; what decides on a call is the same with them and without.
        announce="off",
        agi_deadline_seconds=2,
        # Nobody listens at the second address but where a fuzzer puts somebody there.
        agi_addresses=f"{base.agi_addresses[0]},127.0.0.1:{second}",
    )
    line = Line(settings)
    made = None
    try:
        line.start(lambda _: None)
        made = Stage(line)
        yield made
    finally:
        if made is not None:
            made.close()
        line.stop()
