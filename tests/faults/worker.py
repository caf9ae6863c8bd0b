"""One worker: a line of its own, on which it plays the schedules that it is told to, one after the other.

Reads an order a line from its input; says on its output, as one line of JSON each, what came of it.
"""

from __future__ import annotations

import json
import shutil
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from ops.up import StopRequestedError, stoppable
from tests.faults import disk
from tests.faults.play import Play, Played
from tests.faults.schedule import Order, generate
from tests.faults.scripts import SCRIPTS
from tests.faults.stage import Stage, UnhealedError


@dataclass(frozen=True, slots=True)
class Told:
    """What a worker says of one schedule. `folder` holds its logs if something was wrong; `again` plays it again."""

    seed: int
    again: str
    kinds: list[str]
    dispositions: list[str]
    partial: int
    unrecorded: int
    violations: list[tuple[str, str]]
    seconds: float
    folder: str = ""

    @classmethod
    def of(cls, order: Order, played: Played, folder: Path) -> Told:
        """The same of a schedule that was played to its end."""
        calls = played.records.calls
        return cls(
            seed=order.seed,
            again=order.again(),
            kinds=[fault.kind for fault in played.schedule.faults],
            dispositions=[call.disposition or "open" for call in calls],
            partial=sum(call.talk_partial for call in calls),
            unrecorded=played.unrecorded,
            violations=[(violation.promise, violation.evidence) for violation in played.violations],
            seconds=played.seconds,
            folder=str(folder) if played.violations else "",
        )


class Worker:
    """Plays schedules on a line of its own, and on a new one whenever that did not come back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stage: Stage | None = None
        self._stages = 0

    def play(self, order: Order) -> Told:
        """Play the schedule of this order."""
        schedule = SCRIPTS[order.script] if order.script else generate(order)
        folder = self._folder / f"schedule-{order.seed}"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            stage = self._up()
            stage.listen_with(order.variant)
            played = Play(stage, schedule, folder).run()
        except Exception as error:  # noqa: BLE001 - whatever it was: a line that fails is told, and made anew
            # Its logs are worth more than a tidy folder.
            folder = self._stage.folder if self._stage else self._folder
            self.close()
            promise = "the line comes back by itself" if isinstance(error, UnhealedError) else "the harness works"
            print(traceback.format_exc(), file=sys.stderr, flush=True)  # noqa: T201 - the worker's own log
            kinds = [str(fault.kind) for fault in schedule.faults]
            said = f"{type(error).__name__}: {error}"
            return Told(order.seed, order.again(), kinds, [], 0, 0, [(promise, said)], 0, str(folder))
        told = Told.of(order, played, folder)
        if not told.violations:
            shutil.rmtree(folder)
        return told

    def close(self) -> None:
        """Stop the line."""
        if self._stage is not None:
            self._stage.close()
            self._stage = None

    def _up(self) -> Stage:
        if self._stage is None:
            self._stages += 1
            self._stage = Stage(self._folder / f"line-{self._stages}")
            self._stage.start()
        return self._stage


def main() -> None:
    """`python -m tests.faults.worker <folder>`."""
    disk.enter_own_namespace()
    worker = Worker(Path(sys.argv[1]))
    with stoppable():
        try:
            for line in sys.stdin:
                sys.stdout.write(json.dumps(asdict(worker.play(Order.read(line)))) + "\n")
                sys.stdout.flush()
        except StopRequestedError:
            pass
        finally:
            worker.close()


if __name__ == "__main__":
    main()
