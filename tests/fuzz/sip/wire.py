"""Both ends of the trunk on two sockets: the provider's side, which sends inputs and behaves, and the client's carrier.

A call that Asterisk answers is acknowledged and ended at once, a refusal is acknowledged, as a carrier would: what
then stays up in Asterisk stays for no fault of ours.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from runtime.settings import Address
from tests.fuzz.sip.carrier import Carrier
from tests.fuzz.sip.inputs import Input
from tests.fuzz.sip.message import Received, answer, follow_up, read

# So long an input without a final answer holds its place. Asterisk is silent to most that it cannot parse.
_PATIENCE_SECONDS = 0.25
_BUFFER_BYTES = 8 << 20
_OURS = re.compile(rb"n(\d+)@")


def bound(address: tuple[str, int]) -> socket.socket:
    """A UDP socket with room for a burst."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    made.bind(address)
    made.setblocking(False)
    return made


class Wire:
    """Sends inputs, as many at a time as `window`, and keeps what was answered to each: `statuses`, by its number."""

    def __init__(self, line: Address, here: socket.socket, carrier: Carrier, *, window: int = 40) -> None:
        self._line = (line.host, line.port)
        self._here = here
        self._carrier = carrier
        self._window = window
        self._selector = selectors.DefaultSelector()
        self._selector.register(here, selectors.EVENT_READ, self._provider_hears)
        self._selector.register(carrier.socket, selectors.EVENT_READ, carrier.hears)
        self._name = "{}:{}".format(*here.getsockname()[:2]).encode()
        self._pending: dict[int, float] = {}
        self._branches = 0
        self.statuses: dict[int, set[int]] = {}
        self.seen: Counter[int] = Counter()  # final statuses of INVITEs
        self.on_answer: Callable[[Received], bool] = lambda _: False  # True: the call is not to be ended yet

    def close(self) -> None:
        """Close both sockets."""
        self._selector.close()
        self._here.close()
        self._carrier.socket.close()

    def play(self, inputs: Iterable[Input], *, each: Callable[[], None] = lambda: None) -> None:
        """Send all of these; returns when each has its final answer or had its time. `each` is called now and then."""
        waiting: Iterator[Input] = iter(inputs)
        more = True
        while more or self._pending:
            while more and len(self._pending) < self._window:
                one = next(waiting, None)
                if one is None:
                    more = False
                else:
                    self.send(one.octets)
                    self._pending[one.number] = time.monotonic() + _PATIENCE_SECONDS
                    each()
            self.hear(0.02)
            now = time.monotonic()
            for number in [number for number, until in self._pending.items() if until < now]:
                del self._pending[number]

    def send(self, octets: bytes) -> None:
        """One datagram to Asterisk, from the provider's side."""
        self._here.sendto(octets, self._line)

    def hear(self, seconds: float) -> None:
        """Answer what came, waiting so long if nothing did."""
        for key, _ in self._selector.select(seconds):
            for _ in range(200):
                try:
                    data, source = key.fileobj.recvfrom(65535)  # type: ignore[union-attr]
                except OSError:
                    break
                key.data(data, source)
        self._carrier.go_on()

    def end(self, response: Received) -> None:
        """Hang up a call that was answered."""
        self._branches += 1
        self.send(follow_up(response, b"BYE", b"b%d" % self._branches, self._name, step=1))

    def _provider_hears(self, data: bytes, source: tuple[str, int]) -> None:
        message = read(data)
        if not message.status:
            if message.method not in (b"ACK", b"") and message.get(b"via"):
                self._here.sendto(answer(message, 200), source)
            return
        number = _OURS.match(message.get(b"call-id"))
        if number:
            if message.method == b"INVITE" and message.get(b"from").endswith(b";tag=f" + number[1]):
                self.statuses.setdefault(int(number[1]), set()).add(message.status)
            if message.status >= 200:
                self._pending.pop(int(number[1]), None)
        if message.status < 200 or message.method != b"INVITE" or not message.get(b"cseq")[:1].isdigit():
            return
        self.seen[message.status] += 1
        if message.status >= 300:
            self.send(follow_up(message, b"ACK", None, self._name))
            return
        self._branches += 1
        self.send(follow_up(message, b"ACK", b"a%d" % self._branches, self._name))
        if not self.on_answer(message):
            self.end(message)
