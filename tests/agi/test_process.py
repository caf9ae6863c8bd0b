"""The FastAGI server as it runs in production: what it logs, and how it stops."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ops import ports
from tests.agi.asterisk_side import LINE_NUMBER, Call, defaults, health
from tests.agi.platform_side import CLIENT, OTHER_LINE, STRANGER
from tests.agi.wire import CALLER, SOON, environment


class Process:
    """`consultline run agi`, with its log."""

    def __init__(self, database_url: str) -> None:
        self.address = ("127.0.0.1", ports.free(1)[0])
        settings = defaults(
            database_url=database_url, agi_addresses=f"127.0.0.1:{self.address[1]}", agi_workers=2, log_level="debug"
        )
        environment = {**os.environ, **settings.environment()}
        command = [sys.executable, "-m", "ops.cli", "run", "agi"]
        self._process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        # It says so once it listens; nothing else has happened by then.
        self._first = self._process.stderr.readline()
        assert json.loads(self._first)["event"] == "listening", self._first

    def stop(self) -> None:
        """What a supervisor sends."""
        self._process.send_signal(signal.SIGTERM)

    def log(self) -> str:
        """The whole log of a process that ended by itself, and well."""
        _, rest = self._process.communicate(timeout=SOON)
        assert self._process.returncode == 0
        return self._first + rest

    def kill(self) -> None:
        """End it whatever it does."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def running(database_url: str) -> Iterator[Process]:
    """A process of the server's own."""
    process = Process(database_url)
    try:
        yield process
    finally:
        process.kill()


HOSTILE = [
    environment("admit", CALLER, LINE_NUMBER, CALLER),  # no such presentation
    environment("admit", CALLER, LINE_NUMBER, channel=f"line1-\x00{CALLER}"),  # PostgreSQL does not take this
    environment(CALLER),  # no such script
    f"agi_a: {CALLER}\nagi_a: {CALLER}\n\n".encode(),
    f"{CALLER}: {CLIENT}\n\n".encode(),
    f"agi_arg_1: {CALLER}".encode(),
]


@pytest.mark.usefixtures("line")
def test_p1_from_its_start_to_a_sigterm_a_server_logs_no_whole_number(database_url: str) -> None:
    with running(database_url) as process:
        attempts = [(CALLER, LINE_NUMBER), (STRANGER, LINE_NUMBER), (CALLER, OTHER_LINE), ("", LINE_NUMBER)]
        for caller, dialled in attempts:
            with Call(process) as call:
                call.admit(caller, dialled)
                assert call.answer()
        for sent in HOSTILE:
            with Call(process) as call:
                call.socket.sendall(sent)
                call.socket.shutdown(socket.SHUT_WR)
                while call.command():
                    pass
        assert health(process)
        with Call(process) as call:
            call.admit()
            assert call.variables()["LINE_DECISION"] == "admit"
            # A conversation that has begun comes to its end.
            process.stop()
            call.reply(f"999 {CLIENT}")
            assert call.command() == ""
        log = process.log()
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert (events[0], events[-1]) == ("listening", "stopped")
    assert {"call_decided", "unknown_script", "conversation_failed", "caller_gone"} <= set(events)
    for number in (CALLER, CLIENT, STRANGER, LINE_NUMBER, OTHER_LINE):
        assert number[-7:] not in log
