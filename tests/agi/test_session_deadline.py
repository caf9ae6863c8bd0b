"""One deadline bounds a whole conversation, however alive the other side looks."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agi.session import DeadlineError, Session
from tests.agi.wire import connected, environment, session

DEADLINE = 0.3
LATE = 1.5  # later than the deadline on a busy machine too, and sooner than anything below ends by itself


@contextmanager
def trickling(theirs: socket.socket, data: bytes) -> Iterator[None]:
    """Asterisk's end sends one byte after the other, each soon enough to keep a careless reader waiting."""
    enough = threading.Event()

    def trickle() -> None:
        for byte in data:
            if enough.wait(DEADLINE / 20):
                return
            theirs.send(bytes([byte]))

    sender = threading.Thread(target=trickle)
    sender.start()
    try:
        yield
    finally:
        enough.set()
        sender.join()


@contextmanager
def cut_off_in_time() -> Iterator[None]:
    """DeadlineError, and not much after the deadline."""
    started = time.monotonic()
    with pytest.raises(DeadlineError):
        yield
    assert time.monotonic() - started < LATE


def test_an_environment_that_trickles_in_is_cut_off() -> None:
    with connected() as (ours, theirs), trickling(theirs, environment()), cut_off_in_time():
        Session(ours, time.monotonic() + DEADLINE)


def test_a_reply_that_trickles_in_is_cut_off() -> None:
    with session(seconds=DEADLINE) as (asterisk, theirs), trickling(theirs, b"100 Trying...\n" * 20), cut_off_in_time():
        asterisk.execute("NOOP")


def test_silence_is_cut_off() -> None:
    with connected() as (ours, _), cut_off_in_time():
        Session(ours, time.monotonic() + DEADLINE)


def test_no_reply_is_cut_off() -> None:
    with session(seconds=DEADLINE) as (asterisk, _), cut_off_in_time():
        asterisk.execute("NOOP")


def test_a_command_that_nobody_reads_is_cut_off() -> None:
    with connected() as (ours, theirs):
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        theirs.sendall(environment())
        with cut_off_in_time():
            Session(ours, time.monotonic() + DEADLINE).execute("NOOP", "x" * 10_000_000)


def test_a_deadline_that_is_over_already_reads_nothing() -> None:
    with connected() as (ours, theirs):
        theirs.sendall(environment())
        with pytest.raises(DeadlineError):
            Session(ours, time.monotonic())
