"""Processes of ours: started in order, watched, and gone when we are gone.

Written by hand because the usual runners start everything at once and know no readiness: here a part is started
only when what it stands on answers, and the kernel itself ends it if this process dies.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from runtime.settings import secret_variables

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class PartFailedError(Exception):
    """A part of the line did not start or stopped by itself; the message says which, why, and where its log is."""


class Part:
    """One process with its log. Use `start`, then `wait_until`, and `stop` in any case.

    Without an `environment` it has ours, but for the secrets in it.
    """

    def __init__(
        self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._environment = dict(environment) if environment is not None else without_secrets(os.environ)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id. Only while started."""
        if self._process is None:
            raise PartFailedError(f"{self.name} is not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; what it prints goes to its log.

        Call from the main thread: the kernel ties the process to the thread that started it.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                # Its own session: a Ctrl-C at the terminal reaches us alone, and we stop parts in order.
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - nothing is locked yet: we start parts from one thread
            )

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready()` says so. Raises PartFailedError if the process ends or the time is over."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise PartFailedError(f"{self.name} stopped while starting. {self.last_words()}")
            if time.monotonic() > deadline:
                raise PartFailedError(f"{self.name} was not ready after {seconds:.0f} s. {self.last_words()}")
            time.sleep(0.05)

    def last_words(self) -> str:
        """Where the log is, and its last lines."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-5:]
        except OSError:
            lines = []
        return "\n  ".join([f"Log: {self.log}", *lines])

    def send(self, sign: signal.Signals) -> None:
        """Send a signal, if the process is there."""
        if self._process is not None and self.running:
            self._process.send_signal(sign)

    def wait(self, seconds: float) -> int | None:
        """Wait for the process's own end. Returns its exit status, or None if it goes on after `seconds`."""
        if self._process is None:
            return None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, seconds: float = 10, sign: signal.Signals = signal.SIGTERM) -> None:
        """Ask the process to stop, and insist after `seconds`. Nothing happens if it is gone already."""
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(sign)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for programs that are not ours, Asterisk and PostgreSQL: they need no secret of the settings."""
    return {name: value for name, value in environment.items() if name.upper() not in secret_variables()}


def die_with_parent() -> None:
    """For a `preexec_fn`: the kernel ends the new process when the thread that started it is gone."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        os._exit(1)
