"""An Asterisk that answers what the listener asks of it: what time it is, and what is up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from ami_listener.connection import Connection
from tests.ami_listener.manager import Fields, Link, linked

NOW = 1795470400.5


@dataclass(frozen=True, slots=True)
class Up:
    """A leg that is up."""

    call: str
    leg: str
    bridge: str = "one"
    account: str = "1795470300"

    def lines(self) -> list[str]:
        """How Asterisk lists it."""
        return [
            "Event: CoreShowChannel",
            f"Uniqueid: {self.leg}",
            f"Linkedid: {self.call}",
            f"BridgeId: {self.bridge}",
            f"AccountCode: {self.account}",
        ]


def talking(channel: str, bridge: str = "one") -> list[Up]:
    """Both legs of a call, in one bridge."""
    return [Up(channel, channel, bridge), Up(channel, f"{channel}.client", bridge)]


@dataclass
class Asterisk:
    """What it will answer, and what it was asked so far. `listed` is called at each question for what is up."""

    time: str = f"{NOW:.6f}"
    up: Sequence[Up] = ()
    listed: Callable[[], None] = lambda: None
    items: str | None = None  # ListItems, where it is not the number of legs
    extra: Sequence[str] = ()  # lines of another message, in the list
    complete: str = "CoreShowChannelsComplete"
    asked: list[str] = field(default_factory=list)

    async def serve(self, link: Link) -> None:
        """Answer until the link is closed."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self._answer(link, await link.action())

    def _answer(self, link: Link, action: Fields) -> None:
        self.asked.append(action["Action"])
        to = f"ActionID: {action['ActionID']}"
        if action["Action"] == "Ping":
            link.send("Response: Success", to, "Ping: Pong", f"Timestamp: {self.time}")
        elif action["Action"] == "CoreShowChannels":
            self.listed()
            link.send("Response: Success", to, "EventList: start", "Message: Channels will follow")
            for leg in self.up:
                link.send(*leg.lines(), to)
            if self.extra:
                link.send(*self.extra, to)
            items = self.items if self.items is not None else str(len(self.up))
            link.send(f"Event: {self.complete}", to, "EventList: Complete", f"ListItems: {items}")


@asynccontextmanager
async def answering(asterisk: Asterisk) -> AsyncIterator[Connection]:
    """A connection of ours to this Asterisk, as long as the block lasts."""
    async with linked() as (_, link, listener):
        serving = asyncio.create_task(asterisk.serve(link))
        try:
            yield listener.connection
        finally:
            serving.cancel()
            await asyncio.wait([serving])
