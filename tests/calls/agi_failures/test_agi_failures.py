"""A10: whatever happens to the FastAGI server, no call is connected that nobody admitted, and the attempt is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from agi.handlers import Context
from agi.server import Server
from ops.line import Line
from schema.engine import Store
from tests.calls.agi_failures import impostor
from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Scene, assert_hides, invites


@pytest.fixture
def without_admission(line: Line) -> Iterator[Line]:
    """The line, while no FastAGI server of ours runs."""
    line.parts["agi"].stop()
    yield line
    line.start_agi()


def _assert_refused(scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    provider = scene.dial(booking.caller_number)
    assert provider.final_status() == 503
    refused = scene.refusal()
    assert (refused["reason"], refused["disposition"], refused["ended_by"]) == ("line_unavailable", "refused", "line")
    assert invites(client) == []
    assert_hides(provider, booking.client_number)
    assert scene.appointment(booking)["status"] == "pending"


def test_a10_server_down_refuses_the_call(scene: Scene, without_admission: Line) -> None:
    _assert_refused(scene)


@pytest.mark.parametrize(
    "behaviour",
    [
        impostor.hang,
        impostor.close_at_once,
        impostor.close_after_environment,
        impostor.close_after_half_an_answer,
        impostor.reset,
    ],
)
def test_a10_a_server_that_fails_midway_refuses_the_call(
    scene: Scene, without_admission: Line, behaviour: impostor.Behaviour
) -> None:
    with impostor.impostor(without_admission.settings.agi_addresses[0], behaviour):
        _assert_refused(scene)


@pytest.mark.parametrize("behaviour", [impostor.close_at_once, impostor.hang, impostor.close_after_half_an_answer])
def test_a10_where_one_server_fails_the_next_decides(
    scene: Scene, without_admission: Line, second_server: Server, behaviour: impostor.Behaviour
) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    with impostor.impostor(without_admission.settings.agi_addresses[0], behaviour):
        provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)])
        assert provider.finish()
    assert client.finish()
    assert scene.call_of(booking)["disposition"] == "connected"


@pytest.fixture
def second_server(without_admission: Line) -> Iterator[Server]:
    """A real server at the second address that Asterisk asks."""
    settings = without_admission.settings
    store = Store(without_admission.database_url, pool=4)
    server = Server(settings.agi_addresses[1], Context(settings, store), workers=4, deadline_seconds=2)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.stop()
    thread.join(5)
    store.close()
