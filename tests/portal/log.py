"""What the API and the pages log."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

import runtime.logging


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, as in production."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    # The client of these tests logs the addresses it asks for.
    logging.getLogger("httpx").disabled = True
    runtime.logging.configure("debug", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("httpx").disabled = False
    structlog.reset_defaults()


def events(stream: io.StringIO) -> list[dict[str, object]]:
    """Our events, without those of libraries."""
    every = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [event for event in every if str(event.get("logger", "")).startswith("portal")]
