"""How far the record is behind what happens, and how fast it catches up: the numbers of docs/reliability.md."""

from __future__ import annotations

import os
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import text

from ops import ports
from ops.demo.phone import SCENARIOS, Phone
from ops.up import StopRequestedError, stoppable
from tests.faults import backlog, blocks, disk
from tests.faults.stage import LINE_NUMBER, Stage

_AT_A_TIME = 2
_QUIET_SECONDS = 5.0


def main(
    calls: Annotated[int, typer.Option(help="How many calls to place")] = 200,
    write: Annotated[Path | None, typer.Option(help="Page whose marked block takes the numbers")] = None,
) -> None:
    """Measure the listener's lag over real calls, and how fast it reads what was written while it was away."""
    out = Console()
    disk.enter_own_namespace()
    with tempfile.TemporaryDirectory(prefix="consultline-lag-") as folder, stoppable(), _stage(Path(folder)) as stage:
        try:
            with out.status(f"{calls} calls"):
                _place(stage, Path(folder), calls)
                lags = _lags(stage)
            with out.status(f"catching up with {backlog.ROWS} rows"):
                caught_up = backlog.catch_up(stage)
        except StopRequestedError:
            raise typer.Exit(130) from None
    lines = ["| from the event to the commit | facts | median | 95 % | 99 % | longest |", "|---|---|---|---|---|---|"]
    lines += [f"| {_witness(name)} | {len(found)} | {_quantiles(found)} |" for name, found in sorted(lags.items())]
    lines += [
        "",
        f"{calls} calls, {_AT_A_TIME} a second, on {os.cpu_count()} processors. Then {caught_up.rows} rows came",
    ]
    lines += [
        f"while the listener was away: committed, with all outcomes and effects, {caught_up.seconds:.1f} s after its"
    ]
    lines += [f"start, for {caught_up.busy:.1f} s of which its process was busy; {caught_up.interrupted} calls were"]
    lines += [f"interrupted. The machine's load at the end: {os.getloadavg()[0]:.1f}."]
    found = "\n".join(lines)
    out.print(found, markup=False, soft_wrap=True)
    if write is not None:
        blocks.replace(write, "make lag", found)


@contextmanager
def _stage(folder: Path) -> Iterator[Stage]:
    """A line whose PostgreSQL notes when each transaction was committed."""
    stage = Stage(folder / "line")
    try:
        stage.start()
        with stage.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ALTER SYSTEM SET track_commit_timestamp = on"))
        stage.part("postgres").stop(sign=signal.SIGINT)
        stage.healed()
        yield stage
    finally:
        stage.close()


def _place(stage: Stage, folder: Path, count: int) -> None:
    """So many calls, each of a consultation of its own, each with a second of talk."""
    booked = [_book(stage) for _ in range(count)]
    clients = Phone(
        SCENARIOS / "client_answers.xml",
        folder / "clients",
        port=stage.line.settings.trunk_address.port,
        rows=[(client, 9) for _, client in booked],
        pause_ms=200,
        seconds=600,
    )
    providers: list[Phone] = []
    try:
        clients.start()
        for first in range(0, count, _AT_A_TIME):
            rows = [(caller, LINE_NUMBER, 9) for caller, _ in booked[first : first + _AT_A_TIME]]
            phone = Phone(
                SCENARIOS / "provider_calls.xml",
                folder / f"providers-{first}",
                port=ports.free(1)[0],
                rows=rows,
                dials=stage.line.settings.sip_bind,
                pause_ms=1000,
            )
            providers.append(phone)
            phone.start()
            time.sleep(1)
        if not all(phone.finish() for phone in providers):
            raise RuntimeError("not every call went as it should: a lag among failures is not a result")
        backlog.wait_until_settled(stage)
    finally:
        for phone in (clients, *providers):
            phone.stop()


def _book(stage: Stage) -> tuple[str, str]:
    caller, client = stage.new_number(), stage.new_number()
    name = f"a{caller[-7:]}"
    stage.platform.provider(name, "Dr. Rivera", caller)
    stage.platform.client(name, "Sam", client)
    stage.platform.appointment(name, name, name)
    return caller, client


def _lags(stage: Stage) -> dict[str, list[float]]:
    """Milliseconds between Asterisk's word on when a thing happened and the commit of the fact, by witness."""
    _wait_until_quiet(stage)
    found: dict[str, list[float]] = {}
    with stage.store.transaction() as transaction:
        rows = transaction.execute(
            text(
                "SELECT witness, extract(epoch FROM pg_xact_commit_timestamp(xmin) - occurred_at) * 1000 AS lag "
                "FROM call_facts WHERE witness IN ('ami', 'cel')"
            )
        )
        for row in rows:
            found.setdefault(row.witness, []).append(float(row.lag))
    return found


def _wait_until_quiet(stage: Stage) -> None:
    """Until neither witness has had anything to add for some seconds."""
    known, since = -1, time.monotonic()
    while time.monotonic() - since < _QUIET_SECONDS:
        with stage.store.transaction() as transaction:
            facts = transaction.scalar(text("SELECT count(*) FROM call_facts")) or 0
        if facts != known:
            known, since = facts, time.monotonic()
        time.sleep(0.2)


def _witness(name: str) -> str:
    return {"ami": "manager events", "cel": "rows on Asterisk's disk"}[name]


def _quantiles(found: Sequence[float]) -> str:
    cuts = statistics.quantiles(found, n=100)
    return " | ".join(f"{value:.0f} ms" for value in (statistics.median(found), cuts[94], cuts[98], max(found)))


if __name__ == "__main__":
    typer.run(main)
