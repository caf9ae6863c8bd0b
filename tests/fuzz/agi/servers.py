"""Servers that talk nonsense to Asterisk: whatever they say, no call is connected that nobody admitted (A10)."""

from __future__ import annotations

import contextlib
import socket
import time
from random import Random

from tests.calls.agi_failures.impostor import impostor
from tests.fuzz.agi import streams
from tests.fuzz.draws import chance, often
from tests.fuzz.octets import pieces
from tests.fuzz.sip.calls import SipCalls
from tests.fuzz.sip.inputs import Family, ordinary

_AT_ONCE = 12
# A line that is cut off keeps Asterisk in a loop until the connection ends.
_LONGEST_SECONDS = 0.3


class AgiServers:
    """Each input is a call of a booked provider, and what the server that Asterisk asks says in place of a decision."""

    name = "agi-servers"
    what = "Asterisk's end of FastAGI, during a call"
    batch = 48

    def __init__(self, seed: int, sip: SipCalls) -> None:
        self._seed = seed
        self._sip = sip
        self._line = sip.stage.line
        self._said = 0

    def play(self, first: int, count: int) -> list[str]:
        """No call leaves the line."""
        address = self._line.settings.agi_addresses[1]
        assert self._line.asterisk is not None
        before = len(self._sip.carrier.invites)
        self._said = first
        inputs = [
            self._sip.keep(ordinary(self._seed, number, self._sip.world, Family.GOOD, self.name))
            for number in range(first, first + count)
        ]
        self._line.asterisk.command(f"dialplan set global AGI_SERVERS {address}")
        try:
            with impostor(address, self._speak):
                self._sip.wire.play(inputs)
                self._sip.hear(1.0)
        finally:
            self._line.asterisk.command(
                f"dialplan set global AGI_SERVERS {'&'.join(self._line.settings.agi_addresses)}"
            )
        if len(self._sip.carrier.invites) > before:
            return [f"inputs {first}-{first + count - 1}: an INVITE left the line that no server of ours allowed"]
        return []

    def close(self) -> None:
        """Nothing is held."""

    def _speak(self, connection: socket.socket) -> None:
        rng: Random = chance(self._seed, self.name, self._said)
        self._said += 1
        connection.settimeout(_LONGEST_SECONDS)
        with contextlib.suppress(OSError):
            connection.recv(65536)
            for piece in pieces(rng, streams.commands(rng)):
                connection.sendall(piece)
            until = time.monotonic() + _LONGEST_SECONDS
            while time.monotonic() < until and connection.recv(65536):
                pass
            if often(rng, 0.3):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
