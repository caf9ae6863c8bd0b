"""What Asterisk sends over FastAGI, byte by byte, and a session at the other end of a socket."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from agi.session import Session

CHANNEL = "line1-1764000000.42"
CALLER = "+14155550100"
SOON = 10.0  # seconds: far more than anything here takes


def environment(script: str = "admit", *arguments: str, channel: str = CHANNEL, **others: str) -> bytes:
    """What Asterisk 22 sends first (res_agi.c, setup_env). `others` replace or add keys, without their `agi_`."""
    fields = {
        "network": "yes",
        "network_script": script,
        "request": f"agi://127.0.0.1:4573/{script}",
        "channel": "PJSIP/trunk-00000000",
        "language": "en",
        "type": "PJSIP",
        "uniqueid": channel,
        "version": "22.10.1",
        "callerid": CALLER,
        "calleridname": "unknown",
        "callingpres": "0",
        "callingani2": "0",
        "callington": "0",
        "callingtns": "0",
        "dnid": "unknown",
        "rdnis": "unknown",
        "context": "admission",
        "extension": "s",
        "priority": "15",
        "enhanced": "0.0",
        "accountcode": "",
        "threadid": "139637976454848",
        **{f"arg_{place}": argument for place, argument in enumerate(arguments, 1)},
        **others,
    }
    return "".join(f"agi_{key}: {value}\n" for key, value in fields.items()).encode() + b"\n"


@contextmanager
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Our end of a connection, and Asterisk's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    theirs.settimeout(SOON)
    with ours, theirs:
        yield ours, theirs


@contextmanager
def session(
    replies: bytes = b"", *, env: bytes | None = None, seconds: float = SOON, closes: bool = False
) -> Iterator[tuple[Session, socket.socket]]:
    """A session to which Asterisk has sent an environment and `replies`; with `closes`, it sends no more after that."""
    with connected() as (ours, theirs):
        theirs.sendall((environment() if env is None else env) + replies)
        if closes:
            theirs.shutdown(socket.SHUT_WR)
        yield Session(ours, time.monotonic() + seconds), theirs
