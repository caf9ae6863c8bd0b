"""The listener stands where Asterisk stands, and asks what Asterisk would ask (F1)."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import event

from agi.server import Server
from ami_listener.health import admits, watch
from ops import ports
from runtime.settings import Address
from schema.engine import Store
from schema.queries.line import parts
from tests.agi.asterisk_side import defaults, serving
from tests.agi.wire import SOON
from tests.ami_listener.manager import Link, linked, listening, scene


def at(server: Server) -> Address:
    """Where a server listens."""
    return Address("{}:{}".format(*server.address))


@pytest.fixture
def nowhere() -> Iterator[Store]:
    """A store whose database is down."""
    store = Store("postgresql://line@127.0.0.1:1/line")
    yield store
    store.close()


def test_f1_a_server_that_could_decide_on_a_call_says_so(store: Store) -> None:
    with serving(store) as server:
        assert [admits(at(server)) for _ in range(3)] == [True] * 3


def test_f1_a_server_whose_database_is_down_does_not_admit(nowhere: Store) -> None:
    with serving(nowhere) as server:
        assert not admits(at(server))


def test_f1_a_server_that_is_busy_does_not_admit(nowhere: Store) -> None:
    with serving(nowhere, workers=1) as server, contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(socket.create_connection(server.address))
        assert not admits(at(server))


def test_f1_where_nobody_listens_nobody_admits() -> None:
    assert not admits(Address(f"127.0.0.1:{ports.free(1)[0]}"))


def test_f1_a_server_that_hangs_does_not_admit_and_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        started = time.monotonic()
        assert not admits(Address(f"127.0.0.1:{hanging.getsockname()[1]}"), 0.2)
        assert time.monotonic() - started < 2


ANSWERS = {
    b'SET VARIABLE "ARRAY(LINE_HEALTH)" "up"\n': True,
    b'SET VARIABLE "ARRAY(LINE_HEALTH)" "down"\n': False,
    b'SET VARIABLE "ARRAY(LINE_HE': False,
    b"HTTP/1.1 400 Bad Request\r\n\r\n": False,
    b"\x00" * 100_000: False,
    b"\n": False,
    b"": False,
}


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer[:40].decode())
def test_f1_whoever_answers_something_else_or_nothing_does_not_admit(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError), connection.makefile("rb") as request:
                while request.readline() != b"\n":
                    pass
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                request.read()

        other = threading.Thread(target=serve)
        other.start()
        assert admits(Address(f"127.0.0.1:{listener.getsockname()[1]}")) == ANSWERS[answer]
        other.join(SOON)
        assert not other.is_alive()


async def answer_device_states(link: Link, state: str) -> None:
    """Answer whatever is asked with the trunk's state, as Asterisk does."""
    while True:
        action = await link.action("Ping")
        assert action["Action"] == "DeviceStateList"
        action_id = f"ActionID: {action['ActionID']}"
        start = ("EventList: start", "Message: Device State Changes will follow")
        link.send("Response: Success", action_id, *start)
        link.send("Event: DeviceStateChange", action_id, "Device: PJSIP/other", "State: INUSE")
        link.send("Event: DeviceStateChange", action_id, "Device: PJSIP/trunk", f"State: {state}")
        link.send("Event: DeviceStateListComplete", action_id, "EventList: Complete", "ListItems: 2")


def written(store: Store) -> threading.Event:
    """Set once a transaction on the store is over: SQLAlchemy's own `commit` comes before the commit."""
    done = threading.Event()
    event.listen(store.engine, "checkin", lambda _connection, _record: done.set())
    return done


def states(store: Store) -> dict[str, str]:
    """How the parts are, as they were written down."""
    with store.transaction() as session:
        return {part: found.state for part, found in parts(session)[1].items()}


@pytest.mark.parametrize(("state", "usable"), [("NOT_INUSE", "up"), ("UNAVAILABLE", "down")])
@scene
async def test_f1_every_part_is_written_down_as_it_is(store: Store, database_url: str, state: str, usable: str) -> None:
    done = written(store)
    with contextlib.closing(Store(database_url)) as theirs, serving(theirs) as server:
        async with linked() as (_, link, listener):
            answering = asyncio.create_task(answer_device_states(link, state))
            settings = defaults(agi_addresses=f"127.0.0.1:{ports.free(1)[0]},{at(server)}")
            watching = asyncio.create_task(watch(listener.connection, settings, store))
            await asyncio.to_thread(done.wait, SOON)
            watching.cancel()
            answering.cancel()
    assert states(store) == {"asterisk": "up", "trunk": usable, "admission": "up", "listener": "up"}


@scene
async def test_f1_without_asterisk_its_parts_are_down_and_the_listener_is_not(store: Store) -> None:
    done = written(store)
    nobody = Address(f"127.0.0.1:{ports.free(1)[0]}")
    async with listening(nobody) as listener:
        watching = asyncio.create_task(watch(listener.connection, defaults(agi_addresses=str(nobody)), store))
        await asyncio.to_thread(done.wait, SOON)
        watching.cancel()
    assert states(store) == {"asterisk": "down", "trunk": "down", "admission": "down", "listener": "up"}


@scene
async def test_f1_the_watch_goes_on_while_the_database_is_down(nowhere: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ami_listener.health.EVERY_SECONDS", 0)
    nobody = str(Address(f"127.0.0.1:{ports.free(1)[0]}"))
    async with linked() as (_, link, listener):
        watching = asyncio.create_task(watch(listener.connection, defaults(agi_addresses=nobody), nowhere))
        for _ in range(3):
            action = await link.action("Ping")
            link.send("Response: Error", f"ActionID: {action['ActionID']}", "Message: Permission denied")
        assert not watching.done()
        watching.cancel()
