"""FastAGI servers that fail, each in one way."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from runtime.settings import Address

Behaviour = Callable[[socket.socket], None]


def hang(connection: socket.socket) -> None:
    """Accept, and never say anything. Returns when Asterisk closes."""
    while connection.recv(4096):
        pass


def close_at_once(connection: socket.socket) -> None:
    """Close before reading."""
    connection.close()


def close_after_environment(connection: socket.socket) -> None:
    """Read what Asterisk says, and close."""
    _read_environment(connection)


def close_after_half_an_answer(connection: socket.socket) -> None:
    """Name a client, but die before the decision."""
    _read_environment(connection)
    connection.sendall(b'SET VARIABLE "ARRAY(LINE_CLIENT,LINE_PRESENTED)" "+14155550123,+14155550100"\n')
    connection.recv(4096)


def reset(connection: socket.socket) -> None:
    """Reset the connection while Asterisk waits."""
    _read_environment(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


@contextlib.contextmanager
def impostor(address: Address, behaviour: Behaviour) -> Iterator[None]:
    """A server at this address that behaves so towards whoever connects."""
    listener = socket.create_server((address.host, address.port))
    threads: list[threading.Thread] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=_behave, args=(connection, behaviour), daemon=True)
            threads.append(thread)
            thread.start()

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.join(5)
        for thread in threads:
            thread.join(5)


def _behave(connection: socket.socket, behaviour: Behaviour) -> None:
    with connection, contextlib.suppress(OSError):
        behaviour(connection)


def _read_environment(connection: socket.socket) -> None:
    said = b""
    while b"\n\n" not in said:
        said += connection.recv(4096)
