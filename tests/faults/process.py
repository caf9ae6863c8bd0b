"""A worker in a process of its own, and how to talk to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ops.processes import die_with_parent
from tests.faults.schedule import Order
from tests.faults.worker import Told

_ROOT = Path(__file__).parents[2]
# A line needs this long to stop all its parts.
_STOP_SECONDS = 40


class WorkerGoneError(Exception):
    """The worker's process ended by itself; the message says where its log is."""


class WorkerProcess:
    """One worker, under `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "worker.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.worker", str(folder)],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # Its own session: Ctrl-C reaches us alone, and we stop the workers.
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - before any thread of ours exists
            )

    def play(self, order: Order) -> Told:
        """Have one schedule played. Raises WorkerGoneError."""
        if self._process.stdin is None or self._process.stdout is None:
            raise WorkerGoneError(self._log)
        try:
            self._process.stdin.write(order.line() + "\n")
            self._process.stdin.flush()
            said = self._process.stdout.readline()
        except OSError:
            said = ""
        if not said:
            raise WorkerGoneError(f"a worker ended by itself: see {self._log}")
        return Told(**json.loads(said))

    def ask_to_stop(self) -> None:
        """Ask, without waiting for it."""
        self._process.terminate()

    def stop(self) -> None:
        """Stop it with its line."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def workers(count: int, folder: Path) -> Iterator[Sequence[WorkerProcess]]:
    """So many workers; stopped, with their lines, at the end."""
    with ExitStack() as stack:
        made: list[WorkerProcess] = []
        for number in range(1, count + 1):
            worker = WorkerProcess(folder / f"worker-{number}")
            stack.callback(worker.stop)
            made.append(worker)
        # All at once, before each is waited for.
        stack.callback(_ask_to_stop, made)
        yield made


def _ask_to_stop(made: Sequence[WorkerProcess]) -> None:
    for worker in made:
        worker.ask_to_stop()
