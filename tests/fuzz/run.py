"""`make fuzz`: throws inputs at everything that listens, and tells which promise was not kept."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ops.up import StopRequestedError, stoppable
from tests.fuzz import alone, campaign, on_line, report
from tests.fuzz.campaign import Order

NAMES = [*alone.FUZZERS, *on_line.NAMES]


def main(
    inputs: Annotated[int, typer.Option(help="INVITEs; of everything else in proportion")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same inputs")] = 1,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Only this fuzzer, of {', '.join(NAMES)}; may be given again")
    ] = None,
    first: Annotated[int, typer.Option(help="Number of the first input: to play a batch again")] = 0,
    count: Annotated[int | None, typer.Option(help="How many inputs of each fuzzer, whatever --inputs says")] = None,
    write: Annotated[Path | None, typer.Option(help="Page whose marked block takes the tables")] = None,
    *,
    keep: Annotated[bool, typer.Option(help="Keep every log")] = False,
) -> None:
    """Fuzz everything that listens, and watch the line meanwhile."""
    out = Console()
    names = [name for entry in only or [] for name in entry.split(",") if name] or NAMES
    if wrong := [name for name in names if name not in NAMES]:
        raise typer.BadParameter(f"no such fuzzer: {', '.join(wrong)}. There are {', '.join(NAMES)}")
    orders = [Order(name, seed, first, count if count is not None else campaign.share(name, inputs)) for name in names]
    folder = Path(tempfile.mkdtemp(prefix="consultline-fuzz-"))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    told = campaign.Told()
    stopped = False
    try:
        with stoppable(), Progress(*columns, console=out) as bar:
            tasks = {order.name: bar.add_task(order.name, total=order.count) for order in orders}

            def played(name: str, number: int, violations: list[str]) -> None:
                bar.update(tasks[name], advance=number)
                for violation in violations:
                    out.print(f"[red]{name}[/] seed {seed}: {violation}", markup=True, soft_wrap=True)

            campaign.play(orders, folder, told, played)
    except StopRequestedError:
        stopped = True
        out.print("stopped; nothing of it is running any more")
    except Exception:
        # A fuzzer's own defect must not lose what was found before it.
        report.show(told, out)
        raise
    report.show(told, out)
    if write is not None and not stopped:
        report.write(told, write)
    complete = not stopped and not told.violations
    if complete and not keep:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        out.print(f"every log, and what was sent by SIP when something was wrong, is in {folder}", soft_wrap=True)
    raise typer.Exit(130 if stopped else int(not complete))


if __name__ == "__main__":
    typer.run(main)
