"""Broken clients leave nothing behind: no thread, no file descriptor, no connection to the database."""

import gc
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import QueuePool

from schema.engine import Store
from tests.agi.asterisk_side import Call, health, serving
from tests.agi.platform_side import STRANGER
from tests.agi.wire import environment


def says_nothing(call: Call) -> None:
    """Connects and closes."""
    call.socket.shutdown(socket.SHUT_WR)


def talks_http(call: Call) -> None:
    """Is another kind of client."""
    call.socket.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


def stops_half_way(call: Call) -> None:
    """Closes within the environment."""
    call.socket.sendall(environment()[:100])
    call.socket.shutdown(socket.SHUT_WR)


def leaves_before_the_answer(call: Call) -> None:
    """Asks, and hangs up."""
    call.admit(STRANGER)
    call.socket.shutdown(socket.SHUT_WR)


def answers_nonsense(call: Call) -> None:
    """Replies with what is no reply."""
    call.admit(STRANGER)
    call.variables()
    call.reply("thank you")


def hangs_up_on_the_answer(call: Call) -> None:
    """The caller is gone when the decision comes."""
    call.admit(STRANGER)
    call.variables()
    call.reply("HANGUP")


def breaks_off(call: Call) -> None:
    """Its machine is gone: a reset in place of an end."""
    call.admit(STRANGER)
    call.variables()
    call.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    call.socket.shutdown(socket.SHUT_WR)


BROKEN: list[Callable[[Call], None]] = [
    says_nothing,
    talks_http,
    stops_half_way,
    leaves_before_the_answer,
    answers_nonsense,
    hangs_up_on_the_answer,
    breaks_off,
]


def open_files() -> int:
    """How many file descriptors this process holds."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.usefixtures("line")
def test_two_hundred_broken_clients_leave_nothing_behind(store: Store) -> None:
    gc.collect()
    threads, files = set(threading.enumerate()), open_files()
    with serving(store, workers=2) as server:
        for place in range(200):
            with Call(server) as call:
                BROKEN[place % len(BROKEN)](call)
                while call.command():
                    pass
        # Every place is free again: with as many stuck, the server would have turned this one away.
        assert health(server)
    pool = store.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0
    store.close()
    assert set(threading.enumerate()) <= threads
    assert open_files() <= files
