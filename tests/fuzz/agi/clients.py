"""Hostile clients against the FastAGI server that runs: slow ones, half lines, resets, more than it has places for."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from random import Random

from runtime.settings import Address
from tests.agi.asterisk_side import health
from tests.fuzz.agi import streams
from tests.fuzz.draws import chance, often
from tests.fuzz.octets import pieces

_AT_ONCE = 24
# The server's own deadline is far below that.
_LONGEST_SECONDS = 6.0


class AgiClients:
    """Each input is one connection. So many are made at once that the server has to turn some away."""

    name = "agi-clients"
    what = "the FastAGI server's port"
    batch = 480

    def __init__(self, seed: int, address: Address) -> None:
        self._seed = seed
        self.address = (address.host, address.port)

    def play(self, first: int, count: int) -> list[str]:
        """Every connection is closed in time, and when all are gone the server decides on calls again."""
        wrong = []
        for start in range(first, first + count, _AT_ONCE):
            wrong += self._volley(range(start, min(start + _AT_ONCE, first + count)))
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not health(self):
            if time.monotonic() > deadline:
                return [*wrong, f"input {first}: the server does not answer any more"]
        return wrong

    def close(self) -> None:
        """Nothing is held."""

    def _volley(self, numbers: range) -> list[str]:
        open_ones: dict[int, socket.socket] = {}
        for number in numbers:
            connection = socket.create_connection(self.address, 5)
            if self._behave(chance(self._seed, self.name, number), connection):
                open_ones[number] = connection
            else:
                connection.close()
        deadline = time.monotonic() + _LONGEST_SECONDS
        return [
            f"input {number}: the server keeps the connection"
            for number, one in open_ones.items()
            if not _closed(one, deadline)
        ]

    @staticmethod
    def _behave(rng: Random, connection: socket.socket) -> bool:
        """Do one kind of harm; returns whether the server is to close."""
        # Whoever may talk to this port may name a call, and it is recorded: these are another node's.
        data = streams.asks(rng).replace(b"line1-", b"fuzz1-")
        if often(rng, 0.5):
            data += streams.replies(rng)
        with contextlib.suppress(OSError):
            for piece in pieces(rng, data if often(rng, 0.7) else data[: rng.randrange(len(data) + 1)]):
                connection.sendall(piece)
            way = rng.random()
            if way < 0.4:
                connection.shutdown(socket.SHUT_WR)
                return True
            if way < 0.7:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            # One in thirty says nothing more and waits until the server's deadline.
            return way > 0.97
        return False


def _closed(connection: socket.socket, deadline: float) -> bool:
    with connection:
        try:
            while True:
                connection.settimeout(max(0.01, deadline - time.monotonic()))
                if not connection.recv(65536):
                    return True
        except TimeoutError:
            return False
        except OSError:
            return True
