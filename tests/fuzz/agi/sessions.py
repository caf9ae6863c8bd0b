"""Environments and replies against one conversation, in this process: as many as a machine can make."""

from __future__ import annotations

import contextlib
import re
import socket
import time

from agi.handlers.admit import _attempt
from agi.session import AgiError, Session
from tests.agi.asterisk_side import defaults
from tests.fuzz.agi import streams
from tests.fuzz.draws import chance

_SUCCESS = re.compile(rb"200-? ?result=")
_LONGEST_SECONDS = 2.0


class AgiSessions:
    """Each input is one conversation: what Asterisk might send, all of it, and then the end."""

    name = "agi"
    what = "a FastAGI conversation: environment, arguments and replies"
    batch = 2_000

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._settings = defaults()
        self.understood = 0

    def play(self, first: int, count: int) -> list[str]:
        """Every conversation ends in an answer or an AgiError, in time, and an answer was really given."""
        wrong = []
        for number in range(first, first + count):
            rng = chance(self._seed, self.name, number)
            asked, replied = streams.asks(rng), streams.replies(rng)
            started = time.monotonic()
            try:
                said = self._converse(asked + replied)
            except Exception as error:  # noqa: BLE001 - whatever else comes out of it is what is looked for
                wrong.append(f"input {number}: {type(error).__name__}: {error}"[:200])
                continue
            if said and not _SUCCESS.search(asked + replied):
                wrong.append(f"input {number}: taken for a success, which was never said")
            if time.monotonic() - started > _LONGEST_SECONDS:
                wrong.append(f"input {number}: took {time.monotonic() - started:.1f} s")
            self.understood += said
        return wrong

    def close(self) -> None:
        """Nothing is held."""

    def _converse(self, data: bytes) -> bool:
        """Whether the conversation came to its end with an answer."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            with contextlib.suppress(BlockingIOError):
                theirs.setblocking(False)
                theirs.send(data)
            theirs.shutdown(socket.SHUT_WR)
            try:
                session = Session(ours, time.monotonic() + _LONGEST_SECONDS / 2)
                _attempt(session, self._settings)
                session.set_variables({"LINE_REASON": "caller_unknown", "LINE_DECISION": "refuse"})
            except AgiError:
                return False
            return True
