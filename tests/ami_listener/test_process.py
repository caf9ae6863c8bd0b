"""The listener as it runs in production: from Asterisk's word to the status, and to its own end."""

import asyncio
import json
import os
import socket
import sys
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ami_listener.connection import LoginRejectedError
from ami_listener.listener import serve
from ops import ports
from schema.engine import Store
from tests.agi.asterisk_side import defaults
from tests.agi.wire import SOON
from tests.ami_listener.decided import call, decide_on, outcome, status
from tests.ami_listener.manager import BANNER, Manager, manager, message, scene
from tests.ami_listener.recordings import wire

CHANNEL, OTHER = "line1-1764000000.42", "line1-1764000000.43"


@asynccontextmanager
async def running(played: Manager, database_url: str) -> AsyncIterator[Process]:
    """`consultline run listener`, told of that manager interface and that database."""
    settings = defaults(
        database_url=database_url,
        ami_address=str(played.address),
        ami_secret="secret",
        agi_addresses=f"127.0.0.1:{ports.free(1)[0]}",
    )
    environment = {**os.environ, **settings.environment()}
    command = [sys.executable, "-m", "ops.cli", "run", "listener"]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: Process, event: str) -> list[str]:
    """The log up to where it says this."""
    assert process.stderr is not None
    lines: list[str] = []
    while not lines or json.loads(lines[-1])["event"] != event:
        lines.append((await process.stderr.readline()).decode())
        assert lines[-1], lines
    return lines


@scene
async def test_s2_a_call_that_asterisk_tells_of_is_settled_and_no_log_of_it_holds_a_number(
    line: Store, database_url: str
) -> None:
    decide_on(line, CHANNEL)
    async with manager() as played, running(played, database_url) as process:
        link = await played.link()
        await link.log_in()
        link.writer.write(wire("connected", CHANNEL) + wire("unavailable", OTHER))
        link.send("Event: Hangup", "Uniqueid: +14155550177", "Linkedid: x", "Timestamp: +14155550177")
        log = await said(process, "event_malformed")
        # By then it has read what came before, and what it has read it writes before it ends.
        process.terminate()
        _, rest = await process.communicate()
        log += rest.decode().splitlines()
    assert process.returncode == 0
    assert json.loads(log[-1])["event"] == "stopped"
    assert "5550" not in "".join(log)
    assert (outcome(line, CHANNEL)["disposition"], status(line)) == ("connected", ("completed", "line"))
    assert call(line, OTHER).reason == "line_unavailable"


def test_a_listener_whose_password_is_wrong_says_so_and_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as asterisk:

        def reject() -> None:
            connection, _ = asterisk.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(BANNER)
                login = dict(line.decode().strip().split(": ", 1) for line in iter(lines.readline, b"\r\n"))
                connection.sendall(message("Response: Error", f"ActionID: {login['ActionID']}"))
                lines.read()

        rejecting = threading.Thread(target=reject)
        rejecting.start()
        address = f"127.0.0.1:{asterisk.getsockname()[1]}"
        others = {
            "database_url": "postgresql://line@127.0.0.1:1/line",
            "agi_addresses": f"127.0.0.1:{ports.free(1)[0]}",
        }
        with pytest.raises(LoginRejectedError, match="LINE_AMI_SECRET"):
            serve(defaults(ami_address=address, ami_secret="secret", **others))
        rejecting.join(SOON)
        assert not rejecting.is_alive()
