"""The link to Asterisk's manager interface. The only importer of panoramisk, and what panoramisk 1.4 needs mending for.

Mended here: UTF-8 that is split across segments is kept; neither a callback that raises nor a message that makes no
sense closes the link; a rejected login is said aloud, once; what was asked and not answered is never asked again by
itself; a link on which nothing comes back is cut and made anew; after its end, a link does not come back.
"""

from __future__ import annotations

import asyncio
import codecs
import re
import time
from collections.abc import Callable, Mapping

import structlog
from panoramisk import Manager
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from runtime.settings import Address

log = structlog.get_logger("ami_listener.connection")

PING_SECONDS = 2
# A half-open link is noticed within 10 s: pings every 2 s, of which three in a row may stay unanswered.
SILENCE_SECONDS = 8
_RECONNECT_SECONDS = 1
_CONNECT_SECONDS = 5
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_MESSAGE = 1 << 20


class LoginRejectedError(Exception):
    """Asterisk does not accept the listener's name or password; waiting will not help."""


class NotConnectedError(Exception):
    """There is no link to Asterisk right now."""


class _Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """One TCP connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.heard_at = time.monotonic()

    def data_received(self, data: bytes) -> None:
        self.heard_at = time.monotonic()
        # panoramisk decodes each segment by itself and drops a character that two segments share.
        super().data_received(self._decoder.decode(data).encode())
        if self.queue and len(self.queue[0]) > _LONGEST_MESSAGE:
            log.error("message_too_long", bytes=len(self.queue[0]))
            self.transport.abort()

    def handle_message(self, message: Message) -> None:
        try:
            super().handle_message(message)
        except Exception:
            # panoramisk would let it through to asyncio, which closes the link: our own callback's failure, and its
            # own over a header that comes twice.
            log.exception("message_failed", event_name=str(message.get("Event")))

    def silent_for(self) -> float:
        """Seconds since anything was heard."""
        return time.monotonic() - self.heard_at

    def abort(self) -> None:
        """Cut the connection without waiting for the other side, which may not be there any more."""
        self.transport.abort()


class _Manager(Manager):  # type: ignore[misc]
    """panoramisk's manager, which stays closed and does not ask again what a lost connection left unanswered."""

    def __init__(self, **config: object) -> None:
        super().__init__(**config)
        self.login_failed: Callable[[], None] = lambda: None
        self._over = False

    def connect(self) -> None:
        if not self._over:
            attempt = super().connect()
            # Packets that vanish would keep the attempt for minutes.
            give_up = self.loop.call_later(_CONNECT_SECONDS, attempt.cancel)
            attempt.add_done_callback(lambda _: give_up.cancel())

    def connection_made(self, attempt: asyncio.Task[tuple[asyncio.Transport, _Protocol]]) -> None:
        if self._over:
            if not attempt.cancelled() and attempt.exception() is None:
                attempt.result()[0].abort()
        elif attempt.cancelled():
            log.warning("connecting_timed_out", seconds=_CONNECT_SECONDS)
            self.connect()
        else:
            super().connection_made(attempt)

    def login(self, future: asyncio.Future[Message]) -> bool:
        if future.cancelled():
            return False
        accepted: bool = super().login(future)
        if not accepted:
            self.close()
            self.login_failed()
        return accepted

    def close(self) -> None:
        self._over = True
        super().close()

    async def send_awaiting_actions(self, *_: object) -> None:
        self.awaiting_actions.clear()


class Connection:
    """A link to Asterisk that comes back by itself.

    `on_event` is called with every event, one after the other, in the order in which Asterisk sent them; `on_login`
    each time that the link is up anew, when nobody knows what happened meanwhile.
    """

    def __init__(
        self,
        address: Address,
        username: str,
        secret: str,
        on_event: Callable[[Mapping[str, str]], None],
        on_login: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_event = on_event
        self._on_login = on_login
        self._rejected = asyncio.Event()
        self._manager = _Manager(
            host=address.host,
            port=address.port,
            username=username,
            secret=secret,
            ping_delay=PING_SECONDS,
            ping_interval=PING_SECONDS,
            reconnect_timeout=_RECONNECT_SECONDS,
            protocol_factory=_Protocol,
            loop=asyncio.get_running_loop(),
            on_login=self._logged_in,
            on_disconnect=self._disconnected,
        )
        self._manager.login_failed = self._rejected.set
        # One plain callback: panoramisk runs coroutines side by side, and a Hangup could overtake a DialEnd.
        self._manager.register_event("*", self._dispatch)

    async def run(self) -> None:
        """Keep the link up until cancelled. Raises LoginRejectedError."""
        self._manager.connect()
        try:
            while True:
                try:
                    await asyncio.wait_for(self._rejected.wait(), 1)
                except TimeoutError:
                    self._cut_if_silent()
                else:
                    raise LoginRejectedError(
                        "Asterisk rejected the listener's password: LINE_AMI_SECRET is another one"
                    )
        finally:
            self._manager.close()

    @property
    def up(self) -> bool:
        """Whether Asterisk answers on the link."""
        protocol = self._manager.protocol
        return bool(
            self._manager.authenticated and protocol and not protocol.closed and self._silence() < SILENCE_SECONDS
        )

    async def ask(self, action: str, seconds: float = 5, **fields: str) -> list[Mapping[str, str]]:
        """Ask something that only reads, and return all messages of the answer. Raises NotConnectedError."""
        if not self.up:
            raise NotConnectedError
        if any(_CONTROL.search(value) for value in fields.values()):
            raise ValueError("a control character in an AMI field would begin another field")
        future = self._manager.send_action(Action({"Action": action, **fields}))
        try:
            answer = await asyncio.wait_for(future, seconds)
        except TimeoutError:
            raise NotConnectedError from None
        return list(answer) if isinstance(answer, list) else [answer]

    def _dispatch(self, _manager: Manager, event: Message) -> None:
        self._on_event(event)

    def _logged_in(self, _manager: Manager) -> None:
        log.info("logged_in")
        self._on_login()

    def _silence(self) -> float:
        protocol = self._manager.protocol
        return protocol.silent_for() if protocol else 0.0

    def _cut_if_silent(self) -> None:
        protocol = self._manager.protocol
        if protocol and not protocol.closed and self._silence() >= SILENCE_SECONDS:
            log.error("link_silent", seconds=SILENCE_SECONDS)
            protocol.abort()

    def _disconnected(self, _manager: Manager, _error: object) -> None:
        self._manager.authenticated = False
        log.warning("disconnected")
