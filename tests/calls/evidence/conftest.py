"""A line of these tests' own, of which they may kill parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.demo import own_line
from ops.demo.platform import Platform
from ops.line import Line
from runtime.settings import load
from schema.engine import Store
from tests.calls.scene import LINE_NUMBER, assert_logs_hold_no_number
from tests.number_key import NUMBER_KEY


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The whole line, which looks at what is up every second."""
    folder = tmp_path_factory.mktemp("line")
    line = Line(
        own_line.settings(
            folder, load(), numbers=[LINE_NUMBER], number_key=NUMBER_KEY, announce="off", reconcile_seconds=1
        )
    )
    try:
        line.start(lambda _: None)
        yield line
    finally:
        line.stop()
    assert_logs_hold_no_number(folder)


@pytest.fixture(scope="module")
def platform(line: Line) -> Iterator[Platform]:
    """The platform that books."""
    platform = Platform(line.api_url, line.api_token)
    yield platform
    platform.close()


@pytest.fixture
def store(line: Line) -> Iterator[Store]:
    """The line's database."""
    store = Store(line.database_url, pool=1)
    yield store
    store.close()
