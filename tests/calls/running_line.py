"""A whole line for call tests, in a folder of its own. No log of it may hold a phone number when it is over (P1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ops import ports
from ops.demo import own_line
from ops.line import Line
from runtime.settings import load
from tests.calls.scene import LINE_NUMBER, assert_logs_hold_no_number
from tests.number_key import NUMBER_KEY


@contextmanager
def running(folder: Path, **overrides: Any) -> Iterator[Line]:
    """Asterisk, FastAGI server, listener, API and database, up until this ends; `overrides` are settings."""
    first, second = ports.free(2)
    values: dict[str, Any] = {
        "numbers": [LINE_NUMBER],
        # The stores of these tests look into the line's database.
        "number_key": NUMBER_KEY,
        "ring_seconds": 5,
        # Announcements take seconds; the tests that are about them turn them on.
        "announce": "off",
        "agi_deadline_seconds": 2,
        # Nobody listens at the second address but where a test puts somebody there.
        "agi_addresses": f"127.0.0.1:{first},127.0.0.1:{second}",
    }
    line = Line(own_line.settings(folder, load(), **{**values, **overrides}))
    try:
        line.start(lambda _: None)
        yield line
    finally:
        line.stop()
    assert_logs_hold_no_number(folder)
