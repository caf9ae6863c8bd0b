"""The line of one worker: a real one, with proxies, a clock and a disk that the faults get at."""

from __future__ import annotations

import itertools
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ops import ports
from ops.asterisk.installation import Installation
from ops.asterisk.server import Asterisk
from ops.demo import own_line
from ops.demo.platform import Platform
from ops.line import Line
from ops.processes import Part
from runtime.settings import Address, Settings, load
from schema.engine import Store, StoreUnavailableError
from schema.keyring import keyring_of
from schema.queries import line as line_queries
from tests.faults.clock import Clock
from tests.faults.disk import SmallDisk
from tests.faults.proxy import Mode, Proxy
from tests.number_key import NUMBER_KEY

LINE_NUMBER = "+14155550199"
_HEAL_SECONDS = 30


class UnhealedError(Exception):
    """The line did not come back after everything that was wrong was put right; the message says what is missing."""


class Stage:
    """A line that survives many schedules. Use from one thread; `close` in any case."""

    def __init__(self, folder: Path) -> None:
        agi, ami = (Address(f"127.0.0.1:{port}") for port in ports.free(2))
        self.folder = folder
        self.agi, self.ami = Proxy(agi), Proxy(ami)
        self.line = _FaultyLine(_settings(folder, agi, ami, self.agi.address, self.ami.address))
        self.disk: SmallDisk | None = None
        self.deaths: list[datetime] = []
        self._numbers = itertools.count(2_100_000)

    def start(self) -> None:
        """Bring the line up."""
        self.disk = SmallDisk(self.line.folder / "asterisk")
        self.line.start(lambda _: None)
        self.platform = Platform(self.line.api_url, self.line.api_token)
        self.store = Store(
            self.line.database_url,
            pool=2,
            statement_seconds=2,
            name="fault harness",
            keyring=keyring_of(self.line.settings),
        )

    def close(self) -> None:
        """Stop everything, whatever state it is in."""
        for part in self.line.parts.values():
            part.send(signal.SIGCONT)
        self.line.stop()
        self.agi.close()
        self.ami.close()
        if self.disk is not None:
            self.disk.release()
        if hasattr(self, "platform"):
            self.platform.close()
            self.store.close()

    def listen_with(self, variant: str) -> None:
        """Let a listener listen that is broken on purpose (tests.faults.broken); with no name, the one that we ship."""
        if variant != self.line.variant:
            self.part("listener").stop()
            self.line.variant = variant
            self.line.start_listener()

    def new_number(self) -> str:
        """A US number that no other call on this line uses."""
        return f"+1415{next(self._numbers)}"

    @property
    def clock(self) -> Clock:
        """Asterisk's clock."""
        if self.line.clock is None:
            raise RuntimeError("the line is not started")
        return self.line.clock

    def part(self, name: str) -> Part:
        """A part of the line by its name."""
        return self.line.parts[name]

    def kill(self, name: str) -> None:
        """End a part as the kernel would, with no time to say a word."""
        if name == "asterisk":
            self.deaths.append(datetime.now(UTC))
        self.part(name).send(signal.SIGKILL)
        self.part(name).wait(5)

    def restart(self, name: str) -> None:
        """What a supervisor does with a part that is gone."""
        if not self.part(name).running:
            self.part(name).start()

    def put_right(self) -> None:
        """End every fault that may still last."""
        self.agi.mode = self.ami.mode = Mode.OPEN
        self.clock.step(timedelta(0))
        if self.disk is not None:
            self.disk.free()
        for name, part in self.line.parts.items():
            part.send(signal.SIGCONT)
            self.restart(name)

    def healed(self) -> None:
        """Wait until the line says of itself that all of it is up. Raises UnhealedError."""
        since = time.monotonic()
        problem = "nothing was asked yet"
        while time.monotonic() - since < _HEAL_SECONDS:
            for name in self.line.parts:
                self.restart(name)
            problem = self._missing(time.monotonic() - since)
            if not problem:
                return
            time.sleep(0.1)
        raise UnhealedError(problem)

    def _missing(self, seconds: float) -> str:
        try:
            with self.store.transaction() as transaction:
                now, parts = line_queries.parts(transaction)
        except StoreUnavailableError:
            return "the database does not answer"
        for name in ("listener", "asterisk", "trunk", "admission"):
            part = parts.get(name)
            # Seen since we began to ask, not what was written before the fault.
            if part is None or part.state != "up" or (now - part.seen_at).total_seconds() > seconds:
                return f"{name} is not up"
        return "" if self._answers() else "the API does not answer"

    def _answers(self) -> bool:
        try:
            return bool(self.platform.get("/healthz"))
        except Exception:  # noqa: BLE001 - whatever it is, it is no answer
            return False


class _FaultyLine(Line):
    """A line whose Asterisk goes by a clock of ours, and whose listener may be broken on purpose."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.clock: Clock | None = None
        self.variant = ""

    def _asterisk(self, installation: Installation) -> Asterisk:
        folder = self.folder / "asterisk"
        self.clock = Clock(folder, installation)
        return Asterisk(installation, folder, self.settings, self.clock.environment)

    def _server_command(self, name: str) -> list[str]:
        if name == "listener" and self.variant:
            return [sys.executable, "-m", "tests.faults.broken", self.variant]
        return super()._server_command(name)


def _settings(folder: Path, agi: Address, ami: Address, agi_proxy: Address, ami_proxy: Address) -> Settings:
    wanted: dict[str, Any] = {
        "numbers": [LINE_NUMBER],
        "number_key": NUMBER_KEY,
        "ring_seconds": 5,
        "announce": "off",
        "agi_deadline_seconds": 2,
        "agi_bind": agi,
        "agi_addresses": agi_proxy,
        "ami_bind": ami,
        "ami_address": ami_proxy,
        "reconcile_seconds": 2,
    }
    return own_line.settings(
        folder, load(), **{name: value for name, value in wanted.items() if name in Settings.model_fields}
    )
