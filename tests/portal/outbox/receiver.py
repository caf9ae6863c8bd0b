"""Somebody who is told: an HTTP server that behaves as a test wants it to."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Heard:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)


Answer = Callable[[socket.socket, Heard], None]


def status(code: int, headers: str = "", body: str = "") -> Answer:
    """Answer with this status."""

    def answer(connection: socket.socket, _heard: Heard) -> None:
        head = f"HTTP/1.1 {code} Whatever\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall((head + body).encode())

    return answer


def hang(connection: socket.socket, _heard: Heard) -> None:
    """Never answer."""
    connection.settimeout(60)
    connection.recv(1)


def reset(connection: socket.socket, _heard: Heard) -> None:
    """Cut the connection without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless(connection: socket.socket, _heard: Heard) -> None:
    """A 200 with a body that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(b"x" * 65_536)


def endless_head(connection: socket.socket, _heard: Heard) -> None:
    """A head that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000_000):
        connection.sendall(f"X-{number}: {'y' * 1000}\r\n".encode())


OK = status(200)


class Receiver:
    """Listens on loopback. `answer` decides what each request gets; it may be changed at any time."""

    def __init__(self, answer: Answer = OK, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.heard: list[Heard] = []
        self._changed = threading.Condition()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}/hooks?for=line"
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def wait_for(self, count: int, seconds: float = 60) -> list[Heard]:
        """Everything heard, once so much was."""
        return self.wait_until(lambda heard: len(heard) >= count, seconds)

    def wait_until(self, enough: Callable[[list[Heard]], bool], seconds: float = 60) -> list[Heard]:
        """Everything heard, once it is enough."""
        with self._changed:
            assert self._changed.wait_for(lambda: enough(self.heard), seconds), [one.body for one in self.heard]
            return list(self.heard)

    def close(self) -> None:
        """Stop listening, and cut what is open."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            connection.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._connections.append(connection)
            with connection, connection.makefile("rb") as lines:
                first = lines.readline().decode().split()
                headers = {}
                while line := lines.readline().decode().strip():
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                heard = Heard(first[1], headers, lines.read(int(headers.get("content-length", 0))))
                with self._changed:
                    self.heard.append(heard)
                    self._changed.notify_all()
                self.answer(connection, heard)
        except (OSError, IndexError):
            return
