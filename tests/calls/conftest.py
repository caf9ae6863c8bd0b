"""One line for all call tests, and a stage of its own for each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from agi.handlers import Context
from agi.server import Server
from ops.demo.platform import Platform
from ops.line import Line
from runtime.settings import Address
from schema.engine import Store
from tests.calls.running_line import running
from tests.calls.scene import LINE_NUMBER, Scene
from tests.portal.outbox.conftest import SECRET
from tests.portal.outbox.receiver import Receiver


@pytest.fixture(scope="session")
def hooks() -> Iterator[Receiver]:
    """The platform's side of webhooks."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory, hooks: Receiver) -> Iterator[Line]:
    """The whole line: Asterisk, FastAGI server, listener, API, database."""
    tells = {
        "webhook_url": hooks.url,
        "webhook_secret": SECRET,
        "webhook_allow_private": True,
        "sms": "sip",
        "sms_from": LINE_NUMBER,
        "portal_url": "https://line.example",
    }
    with running(tmp_path_factory.mktemp("line"), **tells) as line:
        yield line


@pytest.fixture(scope="session")
def platform(line: Line) -> Iterator[Platform]:
    """The platform that books."""
    platform = Platform(line.api_url, line.api_token)
    yield platform
    platform.close()


@pytest.fixture
def scene(line: Line, platform: Platform, tmp_path: Path) -> Iterator[Scene]:
    """This test's stage, on a line that has recovered from what the test before it did."""
    platform.wait_until_up()
    scene = Scene(line, platform, tmp_path)
    yield scene
    scene.close()


@pytest.fixture
def decided_by(line: Line) -> Iterator[Callable[..., None]]:
    """Call it with settings: until the test ends, a FastAGI server with these settings decides on calls."""
    with ExitStack() as stack:

        def decide_with(**settings: Any) -> None:
            store = Store(line.database_url, pool=2)
            stack.callback(store.close)
            context = Context(line.settings.model_copy(update=settings), store)
            server = Server(Address("127.0.0.1:0"), context, workers=2, deadline_seconds=2)
            thread = threading.Thread(target=server.serve)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.stop)
            _ask_servers(line, f"127.0.0.1:{server.address[1]}")
            stack.callback(_ask_servers, line, "&".join(line.settings.agi_addresses))

        yield decide_with


def _ask_servers(line: Line, addresses: str) -> None:
    """Tell the running Asterisk which FastAGI servers to ask."""
    assert line.asterisk is not None
    line.asterisk.command(f"dialplan set global AGI_SERVERS {addresses}")
