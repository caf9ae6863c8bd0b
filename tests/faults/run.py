"""`make faults`: plays any number of schedules, and tells which promise was not kept."""

from __future__ import annotations

import queue
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ops.up import StopRequestedError, stoppable
from tests.faults import process, report
from tests.faults.schedule import Kind, Order
from tests.faults.worker import Told


def main(
    schedules: Annotated[int, typer.Option(help="How many to play")] = 20,
    seed: Annotated[int, typer.Option(help="The first one's seed; the others follow")] = 1,
    workers: Annotated[int, typer.Option(help="How many at the same time, each on a line of its own")] = 1,
    kind: Annotated[list[Kind] | None, typer.Option(help="Only this kind of fault; may be given again")] = None,
    *,
    every: Annotated[bool, typer.Option(help="Each kind that was given, in every schedule")] = False,
    short: Annotated[bool, typer.Option(help="Few calls, short faults, one at a time")] = False,
    write: Annotated[Path | None, typer.Option(help="Page whose marked block takes the tables")] = None,
    keep: Annotated[bool, typer.Option(help="Keep every log")] = False,
) -> None:
    """Play schedules of calls and faults, and check what the line wrote down against what the phones saw."""
    out = Console()
    folder = Path(tempfile.mkdtemp(prefix="consultline-faults-"))
    orders = [
        Order(each, tuple(kind or Kind), every=every and bool(kind), short=short)
        for each in range(seed, seed + schedules)
    ]
    told: list[Told] = []
    stopped = False
    try:
        with stoppable():
            _play(orders, workers, folder, told, out)
    except StopRequestedError:
        stopped = True
        out.print("stopped; nothing of it is running any more")
    told.sort(key=lambda one: one.seed)
    report.show(told, out)
    if write is not None and not stopped:
        report.write(told, write)
    complete = len(told) == len(orders) and not any(one.violations for one in told)
    if complete and not keep:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        out.print(f"every log is in {folder}", soft_wrap=True)
    raise typer.Exit(130 if stopped else int(not complete))


def _play(orders: Sequence[Order], count: int, folder: Path, told: list[Told], out: Console) -> None:
    waiting: queue.SimpleQueue[Order] = queue.SimpleQueue()
    for order in orders:
        waiting.put(order)
    answers: queue.SimpleQueue[Told | None] = queue.SimpleQueue()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with process.workers(count, folder) as working, Progress(*columns, console=out) as bar:
        for worker in working:
            threading.Thread(target=_feed, args=(worker, waiting, answers), daemon=True).start()
        task = bar.add_task("schedules", total=len(orders))
        left = len(working)
        while left:
            one = _next(answers)
            if one is None:
                left -= 1
                continue
            told.append(one)
            wrong = sum(bool(each.violations) for each in told)
            bar.update(task, advance=1, description=f"schedules ({wrong} with violations)")
            for promise, evidence in one.violations:
                bar.console.print(f"seed {one.seed}: {promise}: {evidence}", markup=False, soft_wrap=True)


def _next(answers: queue.SimpleQueue[Told | None]) -> Told | None:
    while True:
        try:
            # With a timeout: a wait without one keeps Ctrl-C waiting, too.
            return answers.get(timeout=1)
        except queue.Empty:
            continue


def _feed(
    worker: process.WorkerProcess,
    waiting: queue.SimpleQueue[Order],
    answers: queue.SimpleQueue[Told | None],
) -> None:
    """Give one worker an order whenever it has carried out the one before."""
    try:
        while True:
            answers.put(worker.play(waiting.get_nowait()))
    except (queue.Empty, process.WorkerGoneError):
        return
    finally:
        answers.put(None)


if __name__ == "__main__":
    typer.run(main)
