"""The proxy fails as it is told, and in no other way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from runtime.settings import Address
from tests.faults.proxy import Mode, Proxy


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy before a server that says everything back."""
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_echo, args=(server,), daemon=True).start()
    proxy = Proxy(Address(f"127.0.0.1:{server.getsockname()[1]}"))
    yield proxy
    proxy.close()
    server.close()


def _echo(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    try:
        while data := connection.recv(4096):
            connection.sendall(data)
    except OSError:
        pass
    finally:
        connection.close()


def dialled(proxy: Proxy) -> socket.socket:
    connection = socket.create_connection((proxy.address.host, proxy.address.port), timeout=3)
    connection.sendall(b"one")
    return connection


def test_an_open_proxy_passes_everything_on_and_ends_when_either_side_does(proxy: Proxy) -> None:
    with dialled(proxy) as connection:
        assert connection.recv(10) == b"one"
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(10) == b""


def test_a_cut_is_a_reset(proxy: Proxy) -> None:
    with dialled(proxy) as connection:
        assert connection.recv(10) == b"one"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            connection.recv(10)


def test_a_stalled_link_loses_nothing_and_tells_nobody(proxy: Proxy) -> None:
    with dialled(proxy) as connection:
        assert connection.recv(10) == b"one"
        proxy.mode = Mode.STALLED
        connection.sendall(b"two")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(10)
        proxy.mode = Mode.OPEN
        connection.settimeout(3)
        assert connection.recv(10) == b"two"


def test_a_refusing_proxy_resets_after_the_first_bytes(proxy: Proxy) -> None:
    proxy.mode = Mode.REFUSING
    with dialled(proxy) as connection, pytest.raises(ConnectionResetError):
        connection.recv(10)


@pytest.mark.parametrize(("mode", "said"), [(Mode.HALF_A_LINE, b"SET VARIABLE"), (Mode.SILENT, b"")])
def test_a_broken_server_says_at_most_half_a_line(proxy: Proxy, mode: Mode, said: bytes) -> None:
    proxy.mode = mode
    with dialled(proxy) as connection:
        connection.settimeout(0.3)
        heard = connection.recv(100) if said else b""
        assert heard.startswith(said)
        assert b"\n" not in heard
        with pytest.raises(TimeoutError):
            connection.recv(100)


def test_a_slow_link_passes_everything_on_in_the_end(proxy: Proxy) -> None:
    proxy.mode = Mode.SLOW
    with dialled(proxy) as connection:
        assert connection.recv(10) == b"one"
        connection.sendall(b"x" * 600)
        assert connection.makefile("rb").read(600) == b"x" * 600
