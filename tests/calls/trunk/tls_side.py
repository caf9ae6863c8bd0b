"""TLS for a phone that has none: Debian's SIPp speaks TCP, and what it says goes on over TLS, and back."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable

from tests.calls.trunk.certificates import Certificate


class Relay:
    """Takes connections at `port`, and passes on what comes over each, both ways, to one that `reach` makes."""

    def __init__(self, listener: socket.socket, reach: Callable[[], socket.socket]) -> None:
        self._listener = listener
        self._reach = reach
        self.port: int = listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except ssl.SSLError:  # whoever did not like our certificate
                continue
            except OSError:
                return
            try:
                far = self._reach()
            except OSError:
                near.close()
                continue
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def towards_clients(certificate: Certificate, port: int, phone_port: int) -> Relay:
    """The carrier's TLS port: shows this certificate, and hands on to the phone's TCP port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    listener = context.wrap_socket(socket.create_server(("127.0.0.1", port)), server_side=True)
    return Relay(listener, lambda: socket.create_connection(("127.0.0.1", phone_port)))


def towards_the_line(certificate: Certificate, port: int) -> Relay:
    """A TCP port from which everything goes to the line's TLS port; the line's certificate is looked at."""
    context = ssl.create_default_context(cafile=str(certificate.authority))
    return Relay(
        socket.create_server(("127.0.0.1", 0)),
        lambda: context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1"),
    )


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, target):
            end.close()
