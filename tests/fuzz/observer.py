"""Watches the line between batches, by itself: the fuzzers only send.

What it holds against what it saw first: every process the same and alive, nothing up and nothing leaked once all is
over, every log free of numbers and of complaints that nobody has explained, memory at its plateau.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ami_listener.files import NAME
from schema.keyring import keyring_of
from tests.fuzz import complaints, process
from tests.fuzz.attempts import Attempts
from tests.fuzz.logs import Logs
from tests.fuzz.process import Holding
from tests.fuzz.records import Records
from tests.fuzz.stage import Stage

# Asterisk keeps transactions for 32 s (RFC 3261, timer B), and idle threads of its pools for a minute.
_DRAIN_SECONDS = 60.0
# Pools of threads and connections grow with load up to their settings and no further. Asterisk: 50 of its pool; the
# FastAGI server: its workers, each with a connection; uvicorn: 40 for requests.
_POOLS = {
    "asterisk": (60, 30),
    "agi": (20, 40),
    "listener": (12, 20),
    "portal": (45, 45),
    "worker": (30, 30),
    "postgres": (0, 10),
}
# By how much memory may still grow after the plateau was measured, in MiB.
_GROWTH = {"asterisk": 96.0, "agi": 32.0, "listener": 32.0, "portal": 32.0, "worker": 32.0, "postgres": 64.0}


class Observer:
    """One for a run. `begin` when the line is quiet; `look` after each batch; `plateau` once everything is warm."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._line = stage.line
        self._folder = folder
        self._logs = Logs(folder)
        self._rows = folder / "asterisk/log/cel-custom" / NAME
        self._attempts = Attempts(self._rows.parent)
        self.records = Records(stage.line.database_url, keyring_of(stage.line.settings))
        self._before: dict[str, Holding] = {}
        self._plateau: dict[str, Holding] = {}
        self._connections = 0
        self.sent = b""  # by SIP, between the last two looks
        settings = stage.line.settings
        self._ports = [
            *(address.port for address in settings.agi_addresses),
            settings.listening_ami().port,
            settings.api_bind.port,
        ]

    @property
    def complaints(self) -> Counter[str]:
        """Every kind of warning and error that stood in a log, and how often."""
        return self._logs.kinds

    def begin(self) -> None:
        """Take down what the line holds now."""
        self._before = self.holdings()
        self._connections = process.tcp_connections(*self._ports)
        self._logs.read()
        self.records.begin()

    def plateau(self) -> None:
        """Take down what it holds after its first load: from here on, no more than a little is to be added."""
        self._plateau = self.holdings()

    def look(self, taken: Callable[[], tuple[bytes, list[str]]], *, hear: Callable[[float], None]) -> list[str]:
        """The violations since the last look.

        `taken` tells, once all is over, what was sent meanwhile and what was wrong with the INVITEs that left the line;
        `hear` is what the fuzzer does while it waits.
        """
        wrong = self._alive()
        if wrong:
            return wrong
        wrong = self._drained(hear)
        self.sent, left = taken()
        wrong += [*left, *self._holdings(), *self._logs.read(), *complaints.unknown(self.complaints)]
        return [*wrong, *self.records.look(self.sent)]

    def holdings(self) -> dict[str, Holding]:
        """What each process holds now."""
        return {name: process.holding(pid) for name, pid in self._pids().items()}

    def _pids(self) -> dict[str, int]:
        pids = {name: part.pid for name, part in self._line.parts.items()}
        # The part is what started Asterisk; its own process is behind it.
        pids["asterisk"] = int((self._folder / "asterisk/run/asterisk.pid").read_text())
        return pids

    def _alive(self) -> list[str]:
        problem = self._line.failed()
        if problem:
            return [problem]
        try:
            now = self.holdings()
        except (FileNotFoundError, ProcessLookupError) as gone:
            return [f"a process is gone: {gone}"]
        return [
            f"{name} is another process than at first"
            for name, held in now.items()
            if (held.pid, held.started) != (self._before[name].pid, self._before[name].started)
        ]

    def _drained(self, hear: Callable[[float], None]) -> list[str]:
        """Wait until no channel is up, no connection is left over and every call has its end."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while True:
            left = self._left()
            if not left or time.monotonic() > deadline:
                return left
            hear(0.25)

    def _left(self) -> list[str]:
        assert self._line.asterisk is not None
        said = self._line.asterisk.command("core show channels count")
        connections = process.tcp_connections(*self._ports)
        left = [] if said.startswith("0 active channels") else [f"channels stay: {said.splitlines()[:1]}"]
        if connections > self._connections:
            left.append(f"{connections - self._connections} TCP connections stay")
        self._attempts.read()
        # In this order: a call that has no record yet has no open one either.
        return [
            *left,
            *self.records.unrecorded(self._attempts),
            *self.records.unread(self._rows),
            *self.records.open_calls(),
        ]

    def _holdings(self) -> list[str]:
        wrong = []
        for name, held in self.holdings().items():
            before, (threads, files) = self._before[name], _POOLS[name]
            if held.threads > before.threads + threads:
                wrong.append(f"{name} has {held.threads} threads, {before.threads} at first")
            if held.files > before.files + files:
                wrong.append(f"{name} has {held.files} files open, {before.files} at first")
            plateau = self._plateau.get(name)
            if plateau and held.megabytes > plateau.megabytes + _GROWTH[name]:
                wrong.append(f"{name} holds {held.megabytes:.0f} MiB, {plateau.megabytes:.0f} at its plateau")
        return wrong
