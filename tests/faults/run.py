"""`make faults`: plays any number of schedules, and tells which promise was not kept."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ops.processes import die_with_parent
from ops.up import StopRequestedError, stoppable
from tests.faults import report
from tests.faults.schedule import Kind
from tests.faults.worker import Told

_ROOT = Path(__file__).parents[2]
# A line needs this long to stop all its parts.
_STOP_SECONDS = 40


def main(
    schedules: Annotated[int, typer.Option(help="How many to play")] = 20,
    seed: Annotated[int, typer.Option(help="The first one's seed; the others follow")] = 1,
    workers: Annotated[int, typer.Option(help="How many at the same time, each on a line of its own")] = 1,
    kind: Annotated[list[Kind] | None, typer.Option(help="Only this kind of fault; may be given again")] = None,
    *,
    short: Annotated[bool, typer.Option(help="Few calls, short faults, one at a time")] = False,
    write: Annotated[Path | None, typer.Option(help="Page whose marked block takes the tables")] = None,
    keep: Annotated[bool, typer.Option(help="Keep every log")] = False,
) -> None:
    """Play schedules of calls and faults, and check what the line wrote down against what the phones saw."""
    out = Console()
    folder = Path(tempfile.mkdtemp(prefix="consultline-faults-"))
    told: list[Told] = []
    kinds = tuple(kind or Kind)
    stopped = False
    try:
        with stoppable():
            _play(range(seed, seed + schedules), workers, folder, kinds, told, out, short=short)
    except StopRequestedError:
        stopped = True
        out.print("stopped; nothing of it is running any more")
    told.sort(key=lambda one: one.seed)
    report.show(told, out)
    if write is not None and not stopped:
        report.write(told, write)
    wrong = any(one.violations for one in told)
    if not wrong and not keep:
        shutil.rmtree(folder, ignore_errors=True)
    raise typer.Exit(130 if stopped else int(wrong))


def _play(
    seeds: Sequence[int],
    workers: int,
    folder: Path,
    kinds: tuple[Kind, ...],
    told: list[Told],
    out: Console,
    *,
    short: bool,
) -> None:
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for seed in seeds:
        waiting.put(seed)
    answers: queue.SimpleQueue[Told | None] = queue.SimpleQueue()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out) as bar, _processes(workers, folder, kinds, short=short) as processes:
        for process in processes:
            threading.Thread(target=_feed, args=(process, waiting, answers), daemon=True).start()
        task = bar.add_task("schedules", total=len(seeds))
        working = len(processes)
        while working:
            one = _next(answers)
            if one is None:
                working -= 1
                continue
            told.append(one)
            wrong = sum(bool(each.violations) for each in told)
            bar.update(task, advance=1, description=f"schedules ({wrong} with violations)")
            if one.violations:
                bar.console.print(f"seed {one.seed}: {one.violations[0][0]}", markup=False)
    if len(told) < len(seeds):
        out.print(f"a worker ended by itself: see {folder}/*.log", style="red")


def _next(answers: queue.SimpleQueue[Told | None]) -> Told | None:
    while True:
        try:
            # With a timeout: a wait without one keeps Ctrl-C waiting, too.
            return answers.get(timeout=1)
        except queue.Empty:
            continue


def _feed(
    process: subprocess.Popen[str], waiting: queue.SimpleQueue[int], answers: queue.SimpleQueue[Told | None]
) -> None:
    """Give one worker a seed whenever it has done the one before."""
    try:
        while True:
            seed = waiting.get_nowait()
            if process.stdin is None or process.stdout is None:
                return
            process.stdin.write(f"{seed}\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                return
            answers.put(Told(**json.loads(line)))
    except (queue.Empty, OSError):
        return
    finally:
        answers.put(None)


@contextmanager
def _processes(
    count: int, folder: Path, kinds: Sequence[Kind], *, short: bool
) -> Iterator[list[subprocess.Popen[str]]]:
    """The workers; stopped, with their lines, at the end."""
    processes: list[subprocess.Popen[str]] = []
    try:
        for number in range(1, count + 1):
            own = folder / f"worker-{number}"
            words = [str(own), ",".join(kinds), "short" if short else "long"]
            with (folder / f"worker-{number}.log").open("ab") as log:
                processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "tests.faults.worker", *words],
                        cwd=_ROOT,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=log,
                        text=True,
                        # Its own session: Ctrl-C reaches us alone, and we stop the workers.
                        start_new_session=True,
                        preexec_fn=die_with_parent,  # noqa: PLW1509 - before any thread of ours exists
                    )
                )
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    typer.run(main)
