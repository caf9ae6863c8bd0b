"""What the tests of the FastAGI server share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from agi.server import Server
from schema.engine import Store
from tests.agi.asterisk_side import serving
from tests.agi.platform_side import book


@pytest.fixture(autouse=True)
def plain_log() -> Iterator[None]:
    """Logs in plain lines: structlog's default draws every traceback with all its variables, which takes seconds."""
    before = structlog.get_config()
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(key_order=["event"])])
    yield
    structlog.configure(**before)


@pytest.fixture
def line(store: Store) -> Store:
    """The store of a line on which one consultation is open now."""
    book(store)
    return store


@pytest.fixture
def server(line: Store) -> Iterator[Server]:
    """A server of that line."""
    with serving(line) as server:
        yield server
