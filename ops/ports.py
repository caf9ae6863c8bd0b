"""Where the line listens: whether those places are free, and free ones for demos and tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from runtime.settings import Address, Settings


class PortTakenError(Exception):
    """Something listens already where the line wants to; the message names the setting and the cure."""


def check_free(settings: Settings) -> None:
    """Raise PortTakenError if any place where the line would listen is taken."""
    places = [
        ("LINE_SIP_BIND", settings.sip_bind, socket.SOCK_DGRAM),
        ("LINE_AGI_ADDRESSES", settings.listening_agi(), socket.SOCK_STREAM),
        ("LINE_AMI_ADDRESS", settings.listening_ami(), socket.SOCK_STREAM),
        ("LINE_API_BIND", settings.api_bind, socket.SOCK_STREAM),
    ]
    for variable, address, kind in places:
        problem = _problem(address, kind)
        if problem:
            raise PortTakenError(
                f"{variable}: {address} cannot be used: {problem}. Another line is up, or another program listens "
                f"there: stop it, or set {variable} to another port."
            )


def _problem(address: Address, kind: socket.SocketKind) -> str | None:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            # As our servers do: a connection that only lingers from the last run is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            return error.strerror or "it cannot be bound"
    return None


@contextmanager
def _held(count: int) -> Iterator[list[int]]:
    """Ports that are free for TCP and UDP alike, all held at once so that no two are the same."""
    with ExitStack() as stack:
        ports: list[int] = []
        while len(ports) < count:
            stream = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            stream.bind(("127.0.0.1", 0))
            port = stream.getsockname()[1]
            datagram = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                datagram.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
        yield ports


def free(count: int) -> list[int]:
    """Loopback ports that nobody uses now, for TCP and for UDP."""
    with _held(count) as ports:
        return ports
