"""One line for all call tests, and a stage of its own for each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import ports
from ops.demo import own_line
from ops.demo.platform import Platform
from ops.line import Line
from runtime.settings import load
from tests.calls.scene import LINE_NUMBER, Scene

# Numbers of these tests, in whatever spelling: none may stand in a log of the line (P1).
_A_NUMBER = re.compile(r"\+?1?415(?:21|555)\d{4,5}(?!\d)")


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The whole line: Asterisk, FastAGI server, listener, API, database."""
    folder = tmp_path_factory.mktemp("line")
    first, second = ports.free(2)
    settings = own_line.settings(
        folder,
        load(),
        numbers=[LINE_NUMBER],
        ring_seconds=5,
        agi_deadline_seconds=2,
        # Nobody listens at the second address but where a test puts somebody there.
        agi_addresses=f"127.0.0.1:{first},127.0.0.1:{second}",
    )
    line = Line(settings)
    try:
        line.start(lambda _: None)
        yield line
    finally:
        line.stop()
    _assert_logs_hold_no_number(folder)


@pytest.fixture(scope="session")
def platform(line: Line) -> Iterator[Platform]:
    """The platform that books."""
    platform = Platform(line.api_url, line.api_token)
    yield platform
    platform.close()


@pytest.fixture
def scene(line: Line, platform: Platform, tmp_path: Path) -> Iterator[Scene]:
    """This test's stage."""
    scene = Scene(line, platform, tmp_path)
    yield scene
    scene.close()


def _assert_logs_hold_no_number(folder: Path) -> None:
    logs = [*(folder / "log").iterdir(), *(folder / "asterisk" / "log").iterdir()]
    assert logs
    for log in logs:
        assert not _A_NUMBER.findall(log.read_text(errors="replace")), f"a phone number stands in {log.name}"
