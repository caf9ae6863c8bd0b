"""What many schedules showed: a table for the terminal, and the same as Markdown for docs/reliability.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.faults import blocks
from tests.faults.schedule import Kind
from tests.faults.worker import Told

_MEANING = {
    Kind.LISTENER_KILLED: "the listener is killed, and started again",
    Kind.LISTENER_STOPPED: "the listener hangs, and goes on",
    Kind.AGI_KILLED: "the FastAGI server is killed, and started again",
    Kind.AGI_STOPPED: "the FastAGI server hangs, and goes on",
    Kind.PORTAL_KILLED: "the API's process is killed, and started again",
    Kind.PORTAL_STOPPED: "the API's process hangs, and goes on",
    Kind.ASTERISK_KILLED: "Asterisk is killed, and started again",
    Kind.POSTGRES_STOPPED: "PostgreSQL is stopped, and started again",
    Kind.POSTGRES_CRASHED: "PostgreSQL ends without a checkpoint, and recovers",
    Kind.AMI_CUT: "the link to Asterisk's manager is reset",
    Kind.AMI_BLACK_HOLE: "the same link swallows everything and tells nobody",
    Kind.AMI_SLOW: "the same link crawls",
    Kind.AGI_RESET: "the link to the FastAGI server is reset",
    Kind.AGI_HALF_A_LINE: "the FastAGI server says half a line and hangs",
    Kind.AGI_SILENT: "the FastAGI server accepts and says nothing",
    Kind.CEL_ROTATED: "an operator moves the CEL file away",
    Kind.DISK_FULL: "the disk that Asterisk writes to is full",
    Kind.CLOCK_STEPPED: "the machine's clock jumps, and jumps back",
}


def rows(told: Iterable[Told]) -> list[tuple[str, int, int, int]]:
    """For each kind of fault: what it is, schedules with it, their calls, their violations."""
    found = {kind: [0, 0, 0] for kind in Kind}
    for one in told:
        for kind in set(one.kinds):
            entry = found[Kind(kind)]
            entry[0] += 1
            entry[1] += len(one.dispositions)
            entry[2] += len(one.violations)
    return [(_MEANING[kind], *entry) for kind, entry in found.items() if entry[0]]  # type: ignore[misc]


def dispositions(told: Iterable[Told]) -> list[tuple[str, int]]:
    """How many calls had which outcome, the most frequent first."""
    return Counter(disposition for one in told for disposition in one.dispositions).most_common()


def show(told: Sequence[Told], out: Console) -> None:
    """Print the tables, and every violation with the seed that shows it again."""
    table = Table("what went wrong", "schedules", "calls", "violations", box=None)
    for row in rows(told):
        table.add_row(*map(str, row))
    out.print(table)
    out.print(f"\n{_summary(told)}\n", soft_wrap=True)
    for one in told:
        for promise, evidence in one.violations:
            out.print(f"seed {one.seed}: {promise}: {evidence}", style="red", soft_wrap=True, markup=False)
        if one.violations:
            out.print(f"  again: {one.again}   logs: {one.folder}", soft_wrap=True, markup=False)


def write(told: Sequence[Told], page: Path) -> None:
    """Put the same tables into a page. Raises ValueError if it has no place for them."""
    blocks.replace(page, "make faults", _markdown(told))


def _markdown(told: Sequence[Told]) -> str:
    lines = ["| what went wrong | schedules | calls | violations |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows(told)]
    lines += ["", _summary(told), "", "| outcome | calls |", "|---|---|"]
    lines += [f"| `{disposition}` | {count} |" for disposition, count in dispositions(told)]
    return "\n".join(lines) + "\n"


def _summary(told: Sequence[Told]) -> str:
    """A schedule may have two faults, so the rows add up to more than this."""
    calls = sum(len(one.dispositions) for one in told)
    violations = sum(len(one.violations) for one in told)
    partial, unrecorded = sum(one.partial for one in told), sum(one.unrecorded for one in told)
    seeds = f"seeds {min(one.seed for one in told)} to {max(one.seed for one in told)}" if told else "none"
    return (
        f"{len(told)} schedules ({seeds}), {calls} calls, {violations} violations; "
        f"{partial} calls whose talk time is marked as known in part; "
        f"{unrecorded} refused attempts that nobody wrote down."
    )
