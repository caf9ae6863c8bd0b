"""A TCP proxy that can be made to fail as networks do: cut, black hole, slow link, and what a broken server says."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from enum import StrEnum

from runtime.settings import Address

_RST = struct.pack("ii", 1, 0)
_SLOW_BYTES_A_SECOND = 2_000


class Mode(StrEnum):
    """How the proxy treats what passes."""

    OPEN = "open"
    STALLED = "stalled"  # nothing gets through, nobody is told; what was sent waits
    SLOW = "slow"
    REFUSING = "refusing"  # every new connection is reset once its first bytes came
    HALF_A_LINE = "half_a_line"  # every new connection gets a partial line and then nothing
    SILENT = "silent"  # new connections are accepted, and that is all


class Proxy:
    """Listens on a free loopback port, and passes on to `target`, from whoever connects."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = Address(f"127.0.0.1:{self._listener.getsockname()[1]}")
        self.mode = Mode.OPEN
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._over = threading.Event()
        threading.Thread(target=self._accept, daemon=True, name="proxy").start()

    def cut(self) -> None:
        """Reset every connection, both ways."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _reset(connection)

    def close(self) -> None:
        """Cut everything and listen no more."""
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True, name="proxy").start()

    def _serve(self, near: socket.socket) -> None:
        self._keep(near)
        try:
            if not self._lets_in(near):
                return
            far = socket.create_connection((self._target.host, self._target.port), timeout=5)
            far.settimeout(None)
        except OSError:
            self._drop(near)
            return
        self._keep(far)
        back = threading.Thread(target=self._pass, args=(near, far), daemon=True, name="proxy")
        back.start()
        self._pass(far, near)
        back.join()
        self._drop(near)
        self._drop(far)

    def _lets_in(self, near: socket.socket) -> bool:
        """Whether a new connection goes on to the target; if not, it has been dealt with."""
        mode = self.mode
        if mode is Mode.REFUSING:
            near.recv(4096)
            self._drop(near)
            return False
        if mode is Mode.HALF_A_LINE:
            near.recv(4096)
            near.sendall(b'SET VARIABLE "ARRAY(LINE_CLI')
        if mode in (Mode.HALF_A_LINE, Mode.SILENT):
            self._until_it_ends(near)
            return False
        self._wait_while_stalled()
        return True

    def _until_it_ends(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while not select.select([near], [], [], 0.1)[0] or near.recv(4096):
                pass
        self._drop(near)

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while True:
                # Not a blocking recv: a connection that another thread closes would stay until that returned.
                if not select.select([source], [], [], 0.1)[0]:
                    continue
                slow = self.mode is Mode.SLOW
                data = source.recv(200 if slow else 65536)
                self._wait_while_stalled()
                if not data:
                    break
                sink.sendall(data)
                if slow:
                    time.sleep(len(data) / _SLOW_BYTES_A_SECOND)
            # One side is done: the other is told, and may still answer.
            sink.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            _reset(source)
            _reset(sink)

    def _wait_while_stalled(self) -> None:
        while self.mode is Mode.STALLED and not self._over.is_set():
            time.sleep(0.02)

    def _keep(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(connection)

    def _drop(self, connection: socket.socket) -> None:
        _reset(connection)
        with self._lock:
            self._open.discard(connection)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    connection.close()
