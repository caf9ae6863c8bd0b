"""What a run showed: a table for the terminal, and the same as Markdown for docs/reliability.md."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.fuzz import alone, on_line
from tests.fuzz.agi.clients import AgiClients
from tests.fuzz.agi.servers import AgiServers
from tests.fuzz.campaign import Told
from tests.fuzz.http.api import HttpApi
from tests.fuzz.rtp.prompts import PinPrompts
from tests.fuzz.sip.calls import SipCalls

_BEGIN, _END = "<!-- fuzz:begin -->", "<!-- fuzz:end -->"
_WHAT = {
    **{name: made(0).what for name, made in alone.FUZZERS.items()},
    **{one.name: one.what for one in (SipCalls, PinPrompts, AgiServers, AgiClients, HttpApi)},
    on_line.TORTURE: "Asterisk's SIP port: the torture messages of RFC 4475",
}
Row = tuple[str, str, str, str, str]


def rows(told: Told) -> list[Row]:
    """For each fuzzer: its name, what it is thrown at, inputs, inputs a second, violations."""
    return [
        (
            name,
            _WHAT[name],
            f"{line.inputs:,}",
            f"{line.inputs / line.seconds:,.0f}" if line.seconds else "-",
            str(len(line.violations)),
        )
        for name, line in told.lines.items()
    ]


def memory(told: Told) -> list[Row]:
    """For each process: MiB, threads and open files, at its plateau and at the end."""
    return [
        (
            name,
            f"{before.megabytes:.0f} → {end.megabytes:.0f}",
            f"{before.threads} → {end.threads}",
            f"{before.files} → {end.files}",
            "",
        )
        for name, before in told.plateau.items()
        if (end := told.end.get(name))
    ]


def show(told: Told, out: Console) -> None:
    """Print it."""
    table = Table("fuzzer", "against", "inputs", "a second", "violations", box=None)
    for row in rows(told):
        table.add_row(*row)
    out.print(table)
    out.print(_sum(told))
    if told.plateau:
        held = Table("process", "MiB", "threads", "files", box=None)
        for row in memory(told):
            held.add_row(*row[:4])
        out.print(held)
    for kind, count in sorted(told.complaints.items()):
        out.print(f"{count:7}  {kind}", markup=False, soft_wrap=True)


def write(told: Told, page: Path) -> None:
    """Put the tables in place of the marked block of this page, or behind all of it."""
    block = "\n".join([_BEGIN, *_markdown(told), _END])
    text = page.read_text() if page.exists() else "# Reliability\n"
    before, begin, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    page.write_text(f"{before}{block}{after}" if begin else f"{text.rstrip()}\n\n## Fuzzing\n\n{block}\n")


def _sum(told: Told) -> str:
    return (
        f"seed {told.seed}: {told.invites:,} INVITEs sent, {told.calls:,} calls recorded, {told.outbound:,} calls of "
        f"booked providers went out to their clients, {len(told.violations)} violations"
    )


def _markdown(told: Told) -> list[str]:
    lines = ["| fuzzer | against | inputs | a second | violations |", "|---|---|---:|---:|---:|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows(told)]
    lines += ["", f"{_sum(told)}."]
    if told.plateau:
        lines += ["", "| process | MiB, plateau → end | threads | files |", "|---|---:|---:|---:|"]
        lines += ["| " + " | ".join(row[:4]) + " |" for row in memory(told)]
    return lines
