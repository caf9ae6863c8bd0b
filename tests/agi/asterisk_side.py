"""Asterisk's side of FastAGI: a real server of ours, and calls that ask it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol

from agi.handlers import Context
from agi.server import Server
from runtime.settings import Address, Settings, load
from schema.engine import Store
from tests.agi.wire import CALLER, CHANNEL, SOON, environment
from tests.number_key import NUMBER_KEY

LINE_NUMBER = "+14155550199"

_SET = re.compile(r'SET VARIABLE "ARRAY\((?P<names>[^)]*)\)" "(?P<values>[^"]*)"\n')


def defaults(**changes: object) -> Settings:
    """The settings of a line of which only the key of numbers was set, whatever the environment says."""
    values = {name: field.default for name, field in Settings.model_fields.items()}
    return load(_env_file=None, **{**values, "number_key": NUMBER_KEY, **changes})


@contextmanager
def serving(store: Store, *, workers: int = 4, seconds: float = SOON, **changes: object) -> Iterator[Server]:
    """A FastAGI server on a port of its own, which has stopped when the block is over."""
    context = Context(defaults(**changes), store)
    server = Server(Address("127.0.0.1:0"), context, workers=workers, deadline_seconds=seconds)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(SOON)
        assert not thread.is_alive()


class Listening(Protocol):
    """A server, in this process or another."""

    address: tuple[str, int]


class Call:
    """One connection of Asterisk's to a server."""

    def __init__(self, server: Listening) -> None:
        self.socket = socket.create_connection(server.address, SOON)
        self._lines = self.socket.makefile("rb")

    def __enter__(self) -> Call:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection, as Asterisk does when the caller is gone."""
        self._lines.close()
        self.socket.close()

    def admit(
        self,
        caller: str = CALLER,
        dialled: str = LINE_NUMBER,
        presentation: str = "allowed_not_screened",
        channel: str = CHANNEL,
        **others: str,
    ) -> None:
        """Ask what the dialplan asks for a call; `others` are lines of the environment, without their `agi_`."""
        self.socket.sendall(environment("admit", caller, dialled, presentation, channel=channel, **others))

    def ask(self, script: str) -> None:
        """Ask for a script by its name."""
        self.socket.sendall(environment(script))

    def command(self) -> str:
        """The next command; empty if the server closes in place of one."""
        try:
            return self._lines.readline().decode()
        except ConnectionResetError:
            return ""

    def variables(self) -> dict[str, str]:
        """The variables that the next command sets, in their order; none if the server closes in place of one."""
        line = self.command()
        if not line:
            return {}
        command = _SET.fullmatch(line)
        assert command, line
        return dict(zip(command["names"].split(","), command["values"].split(","), strict=True))

    def reply(self, line: str = "200 result=1") -> None:
        """Answer the command."""
        self.socket.sendall(f"{line}\n".encode())

    def answer(self) -> dict[str, str]:
        """All variables of the conversation, from one command, until the server closes."""
        found = self.variables()
        if found:
            self.reply()
            assert self.command() == "", "more than one command"
        return found


def health(server: Listening) -> bool:
    """Whether the server says that it could decide on a call now."""
    with Call(server) as call:
        call.ask("health")
        return call.answer() == {"LINE_HEALTH": "up"}
