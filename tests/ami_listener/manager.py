"""Asterisk's manager interface, played by the test on a loopback port."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import ParamSpec

from ami_listener.connection import Connection
from runtime.settings import Address
from tests.agi.wire import SOON

P = ParamSpec("P")
Fields = Mapping[str, str]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def scene(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Let a test be a coroutine, which must end soon."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def play() -> None:
            async with asyncio.timeout(3 * SOON):
                await test(*args, **kwargs)

        asyncio.run(play())

    return run


def message(*lines: str) -> bytes:
    """A message of these lines, as it stands on the wire."""
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


class Link:
    """One connection of the listener's."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, *lines: str) -> None:
        """Send a message."""
        self.writer.write(message(*lines))

    async def action(self, *passed_over: str) -> Fields:
        """The next action that the listener sends, other than those. Raises IncompleteReadError if it closes."""
        while True:
            block = (await self._reader.readuntil(b"\r\n\r\n")).decode()
            fields = dict(line.split(": ", 1) for line in block.strip().split("\r\n"))
            if fields["Action"] not in passed_over:
                return fields

    async def greet(self) -> Fields:
        """Say who we are, and return the listener's login."""
        self.writer.write(BANNER)
        login = await self.action()
        assert login["Action"] == "Login"
        return login

    async def log_in(self) -> None:
        """Let the listener in, as Asterisk does."""
        login = await self.greet()
        self.send("Response: Success", f"ActionID: {login['ActionID']}", "Message: Authentication accepted")
        self.send("Event: FullyBooted", "Privilege: system,all", "Status: Fully Booted")

    async def closed(self) -> None:
        """Wait until the listener has closed, whatever it says before."""
        with suppress(ConnectionError):
            while await self._reader.read(65536):
                pass

    def close(self) -> None:
        """Close without a word."""
        self.writer.close()


class Manager:
    """What listens. Every connection of the listener's is a link, one after the other."""

    def __init__(self) -> None:
        self.links: asyncio.Queue[Link] = asyncio.Queue()
        self.address = Address("127.0.0.1:0")

    async def link(self) -> Link:
        """The next connection of the listener's."""
        return await self.links.get()


@asynccontextmanager
async def manager(port: int = 0) -> AsyncIterator[Manager]:
    """A manager interface, as long as the block lasts."""
    played = Manager()
    links: list[Link] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        links.append(Link(reader, writer))
        played.links.put_nowait(links[-1])

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    played.address = Address(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield played
    finally:
        server.close()
        for link in links:
            link.close()


class Listener:
    """A connection of ours that is kept up, and the events that came over it."""

    def __init__(self, address: Address, on_event: Callable[[Fields], None] | None = None) -> None:
        self.events: asyncio.Queue[Fields] = asyncio.Queue()
        self.logins = 0
        take = on_event or self.events.put_nowait
        self.connection = Connection(address, "listener", "secret", take, self._logged_in)
        self.running = asyncio.create_task(self.connection.run())

    async def event(self, name: str) -> Fields:
        """The next event of that name."""
        while True:
            event = await self.events.get()
            if event["Event"] == name:
                return event

    async def up(self) -> None:
        """Wait until the connection says that it is up."""
        while not self.connection.up:
            await asyncio.sleep(0)

    def _logged_in(self) -> None:
        self.logins += 1

    async def down(self) -> None:
        """Wait until the connection says that it is not up."""
        while self.connection.up:
            await asyncio.sleep(0)


@asynccontextmanager
async def listening(address: Address, on_event: Callable[[Fields], None] | None = None) -> AsyncIterator[Listener]:
    """A listener's connection to that address, as long as the block lasts."""
    listener = Listener(address, on_event)
    try:
        yield listener
    finally:
        listener.running.cancel()
        await asyncio.wait([listener.running])


@asynccontextmanager
async def linked(on_event: Callable[[Fields], None] | None = None) -> AsyncIterator[tuple[Manager, Link, Listener]]:
    """A listener that is logged in at a manager interface."""
    async with manager() as played, listening(played.address, on_event) as listener:
        link = await played.link()
        await link.log_in()
        await listener.up()
        yield played, link, listener
