"""The carrier towards clients: writes down every INVITE that Asterisk sends, and answers each its own way.

It answers no INVITE with 486: what a provider hears as 486 is our own `too_many_calls`.
"""

from __future__ import annotations

import heapq
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.fuzz.octets import mutated
from tests.fuzz.sip.message import Received, answer, follow_up, read

_USER = re.compile(rb"sips?:([^@>;]*)@")


@dataclass(frozen=True, slots=True)
class Outbound:
    """One INVITE that left the line."""

    call_id: str
    client: str
    shown: str  # the user part of From
    asserted: str
    diverted: str


class Carrier:
    """One socket. `invites` has every INVITE once, however often it was sent."""

    def __init__(self, bound: socket.socket, rng: Random) -> None:
        self.socket = bound
        self.invites: list[Outbound] = []
        self._rng = rng
        self._known: set[bytes] = set()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._name = "{}:{}".format(*bound.getsockname()[:2]).encode()

    def hears(self, data: bytes, source: tuple[str, int]) -> None:
        """Take one datagram of Asterisk's."""
        message = read(data)
        if message.status:
            return
        match message.method:
            case b"INVITE":
                call = message.get(b"call-id")
                if call not in self._known:
                    self._known.add(call)
                    self.invites.append(_outbound(message))
                    self._decide(message, source)
            case b"CANCEL":
                self.socket.sendto(answer(message, 200), source)
                ended = Received(message.data, message.first_line, [
                    (name, value.replace(b"CANCEL", b"INVITE") if name == b"cseq" else value) for name,
                    value in message.headers
                ])  # fmt: skip
                self.socket.sendto(answer(ended, 487), source)
            case b"ACK":
                pass
            case _:
                self.socket.sendto(answer(message, 200), source)

    def go_on(self) -> None:
        """Do what was put off until now."""
        while self._later and self._later[0][0] <= time.monotonic():
            heapq.heappop(self._later)[2]()

    def _decide(self, invite: Received, source: tuple[str, int]) -> None:
        rng, way = self._rng, self._rng.random()
        contact = b"Contact: <sip:client@" + self._name + b">"
        sdp = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"

        def say(status: int, body: bytes = b"") -> None:
            self.socket.sendto(answer(invite, status, contact, body=body), source)

        def garble() -> None:
            said = answer(invite, rng.choice([100, 180, 183, 200, 302, 404, 500]), contact, body=sdp)
            self.socket.sendto(mutated(rng, said), source)

        if way < 0.6:
            say(603)
        elif way < 0.7:
            say(180)
            self._put_off(0.05, lambda: say(603))
        elif way < 0.8:
            say(rng.choice([404, 408, 410, 480, 500, 503, 302, 401, 407]))
        elif way < 0.9:
            say(200, sdp)
            # Asterisk has acknowledged by then; the client hangs up.
            self._put_off(0.1, lambda: self._hang_up(invite, source))
        else:
            garble()
            self._put_off(0.1, lambda: say(603))

    def _hang_up(self, invite: Received, source: tuple[str, int]) -> None:
        """BYE from the client's side: To and From change places."""
        to = invite.get(b"to") + b";tag=carrier"
        turned = read(answer(invite, 200))
        headers = [
            (name, to if name == b"from" else invite.get(b"from") if name == b"to" else value)
            for name, value in turned.headers
        ]
        target = (b"contact", invite.get(b"contact"))
        dialog = Received(turned.data, turned.first_line, [*headers, target])
        self.socket.sendto(follow_up(dialog, b"BYE", b"c%d" % len(self.invites), self._name, step=1), source)

    def _put_off(self, seconds: float, what: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._later, (time.monotonic() + seconds, self._order, what))


def _outbound(invite: Received) -> Outbound:
    def user(text: bytes) -> str:
        match = _USER.search(text)
        return match[1].decode("ascii", "replace") if match else ""

    return Outbound(
        invite.get(b"call-id").decode("ascii", "replace"),
        user(invite.first_line),
        user(invite.get(b"from")),
        user(invite.get(b"p-asserted-identity")),
        user(invite.get(b"diversion")),
    )
