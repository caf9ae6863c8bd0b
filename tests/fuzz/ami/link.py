"""Streams of octets against the listener's end of the manager interface, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from panoramisk.message import Message

from ami_listener import listing
from ami_listener.connection import Connection, NotConnectedError, _Protocol
from ami_listener.events import MalformedEventError, read
from runtime.settings import Address
from tests.fuzz.ami import streams
from tests.fuzz.draws import chance, often
from tests.fuzz.octets import pieces

_SENTINEL = (
    b"\r\n\r\nEvent: BridgeEnter\r\nUniqueid: %s\r\nLinkedid: %s\r\nBridgeUniqueid: b\r\n"
    b"Timestamp: 1795458785.099942\r\n\r\n"
)


class _Transport:
    """A connection to nobody."""

    def __init__(self) -> None:
        self.open = True

    def write(self, data: bytes) -> None:
        """Take it."""

    def close(self) -> None:
        """Close."""
        self.open = False

    abort = close


class _Answers:
    """A link on which everything that is asked was answered already."""

    def __init__(self, *answers: Sequence[Mapping[str, str]]) -> None:
        self._answers = list(answers)

    async def ask(self, *_: str) -> Sequence[Mapping[str, str]]:
        """The next answer."""
        return self._answers.pop(0)


class AmiLink:
    """Each input is a message, cut anywhere; behind it comes an event that must be heard, whatever was before it."""

    name = "ami"
    what = "the listener's link to Asterisk's manager interface"
    batch = 2_000

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._heard: list[str] = []
        self._wrong: list[str] = []
        self.understood = 0

    def play(self, first: int, count: int) -> list[str]:
        """Every message is understood, refused or passed over; the link goes on, or ends if it was told to."""
        self._wrong = []
        asyncio.run(self._play(first, count))
        return self._wrong

    def close(self) -> None:
        """Nothing is held."""

    async def _play(self, first: int, count: int) -> None:
        connection = protocol = None
        for number in range(first, first + count):
            if connection is None or protocol is None:
                connection, protocol = self._connected()
            rng = chance(self._seed, self.name, number)
            try:
                if often(rng, 0.1):
                    await self._list(
                        [Message.from_line(part.decode("utf-8", "replace")) for part in streams.listed(rng)]
                    )
                self._feed(rng, protocol, number)
            except Exception as error:  # noqa: BLE001 - whatever comes out of it is what is looked for
                self._wrong.append(f"input {number}: {type(error).__name__}: {error}"[:200])
            if protocol.closed or not cast(_Transport, protocol.transport).open:
                connection._manager.close()
                connection = None
        if connection is not None:
            connection._manager.close()

    def _feed(self, rng: Any, protocol: Any, number: int) -> None:
        self._heard.clear()
        mark = f"line1-{number}.0"
        for piece in pieces(rng, streams.message(rng) + _SENTINEL % (mark.encode(), mark.encode())):
            protocol.data_received(piece)
        if protocol.closed or not protocol.transport.open:
            return
        if self._heard.count(mark) != 1:
            self._wrong.append(f"input {number}: the event behind it was heard {self._heard.count(mark)} times")

    async def _list(self, answer: Sequence[Mapping[str, str] | None]) -> None:
        whole = [message for message in answer if message is not None]
        pong = Message({"Response": "Success", "Timestamp": "1795458785.099942"})
        with suppress(NotConnectedError):
            await listing.take(cast(Connection, _Answers([pong], whole or [pong])))

    def _connected(self) -> tuple[Connection, Any]:
        connection = Connection(Address("127.0.0.1:1"), "listener", "secret", self._on_event)
        manager = connection._manager
        protocol = _Protocol()
        protocol.connection_made(cast(asyncio.Transport, _Transport()))
        made: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        made.set_result((protocol.transport, protocol))
        manager.connection_made(cast(asyncio.Task[Any], made))
        return connection, protocol

    def _on_event(self, event: Mapping[str, str]) -> None:
        """As the listener takes events (ami_listener/listener.py)."""
        try:
            seen = read(event)
        except MalformedEventError:
            return
        if seen is not None:
            self.understood += 1
            self._heard.append(seen.channel)
