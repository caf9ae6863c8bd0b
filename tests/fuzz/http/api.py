"""Raw HTTP against the API that runs."""

from __future__ import annotations

import contextlib
import re
import socket

from runtime.settings import Address
from tests.fuzz.draws import chance
from tests.fuzz.http import requests
from tests.fuzz.octets import pieces

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
_LONGEST_SECONDS = 8.0


class HttpApi:
    """Each input is one connection with one request; most show a token that is right."""

    name = "http"
    what = "the API's port, with a token and without"
    batch = 1000

    def __init__(self, seed: int, address: Address, token: str) -> None:
        self._seed = seed
        self._address = (address.host, address.port)
        self._token = token
        self.statuses: dict[int, int] = {}

    def play(self, first: int, count: int) -> list[str]:
        """No answer says that something inside went wrong, none repeats a number in a complaint, all come in time."""
        wrong = []
        for number in range(first, first + count):
            try:
                answer = self._ask(number)
            except TimeoutError:
                wrong.append(f"input {number}: no answer, and the connection stays")
                continue
            for match in _STATUS.finditer(answer):
                status = int(match[1])
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status >= 500:
                    wrong.append(f"input {number}: answered {status}")
                if status >= 400 and b"4152170042" in answer:
                    wrong.append(f"input {number}: a number is repeated in a complaint")
            if re.search(rb"(?im)^X-Injected", answer):
                wrong.append(f"input {number}: a header of its own in the answer")
        return wrong

    def close(self) -> None:
        """Nothing is held."""

    def _ask(self, number: int) -> bytes:
        rng = chance(self._seed, self.name, number)
        with socket.create_connection(self._address, _LONGEST_SECONDS) as connection:
            with contextlib.suppress(OSError):
                for piece in pieces(rng, requests.make(rng, self._token), most=3):
                    connection.sendall(piece)
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while piece := connection.recv(65536):
                    answer += piece
            except ConnectionError:
                pass
            return answer
