"""How far the record is behind what happens, and how fast it catches up: the numbers of docs/reliability.md."""

from __future__ import annotations

import re
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

from ami_listener.files import NAME
from ops import ports
from ops.demo.phone import SCENARIOS, Phone
from ops.up import StopRequestedError, stoppable
from tests.faults import blocks, disk
from tests.faults.stage import LINE_NUMBER, Stage

_AT_A_TIME = 10
_ROWS = 10_000
_COPY_CALL = """
INSERT INTO calls (id, channel, caller, line_number, provider_id, consultation_id, arrived_at, decision, decided_on)
SELECT gen_random_uuid(), :prefix || n, caller, line_number, provider_id, consultation_id, arrived_at, decision,
       decided_on
FROM calls, generate_series(1, :copies) n WHERE channel = :channel
"""


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
            with out.status(f"catching up with {_ROWS} rows"):
                rows, seconds, interrupted = _catch_up(stage)
        except StopRequestedError:
            raise typer.Exit(130) from None
    lines = ["| from the event to the commit | facts | median | 95 % | 99 % | longest |", "|---|---|---|---|---|---|"]
    lines += [f"| {_witness(name)} | {len(found)} | {_quantiles(found)} |" for name, found in sorted(lags.items())]
    rate = f"{seconds:.1f} s after its start ({rows / seconds:.0f} rows a second)"
    lines += [
        "",
        f"{calls} calls, {_AT_A_TIME} a second. {rows} rows came while the listener was away: committed with all",
    ]
    lines += [f"outcomes and effects {rate}; {interrupted} calls were interrupted."]
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
        _wait(stage, "SELECT count(*) FROM calls WHERE disposition IS NULL")
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
    time.sleep(2)  # the second witness may still be reading
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


def _catch_up(stage: Stage) -> tuple[int, float, int]:
    """Rows that came while the listener was away, seconds until all of them counted, calls interrupted by then."""
    stage.part("listener").stop()
    rows = _copy_last_call(stage)
    started = time.monotonic()
    stage.restart("listener")
    _wait(stage, "SELECT count(*) FROM calls WHERE disposition IS NULL", every=0.05)
    seconds = time.monotonic() - started
    with stage.store.transaction() as transaction:
        interrupted = transaction.scalar(text("SELECT count(*) FROM calls WHERE disposition = 'interrupted'")) or 0
    return rows, seconds, interrupted


def _copy_last_call(stage: Stage) -> int:
    """Calls that nobody has heard of yet: the last one's rows and its decision, under other channels' names."""
    path = stage.line.settings.cel_folder() / NAME
    last = path.read_text().splitlines()
    with stage.store.transaction() as transaction:
        channel: str = transaction.execute(
            text("SELECT channel FROM calls WHERE disposition = 'connected' ORDER BY arrived_at DESC LIMIT 1")
        ).scalar_one()
        own = [line for line in last if f'"linkedid":"{channel}"' in line]
        copies = _ROWS // len(own)
        transaction.execute(text(_COPY_CALL), {"prefix": f"{_node(channel)}-1.", "copies": copies, "channel": channel})
    with path.open("a") as opened:
        for number in range(1, copies + 1):
            for line in own:
                opened.write(_renamed(line, channel, number) + "\n")
    return len(own) * copies


def _renamed(line: str, channel: str, number: int) -> str:
    """The row under another call's name: its provider's leg is `number`, its client's is beside it."""
    node = _node(channel)
    named = line.replace(f'"{channel}"', f'"{node}-1.{number}"')
    return re.sub(rf'"uniqueid":"{node}-(?!1\.)[0-9.]+"', f'"uniqueid":"{node}-2.{number}"', named)


def _node(channel: str) -> str:
    return channel.partition("-")[0]


def _wait(stage: Stage, count: str, *, every: float = 0.2, seconds: float = 300) -> None:
    """Until the query counts nothing. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with stage.store.transaction() as transaction:
            if not transaction.scalar(text(count)):
                return
        time.sleep(every)
    raise TimeoutError(count)


def _witness(name: str) -> str:
    return {"ami": "manager events", "cel": "rows on Asterisk's disk"}[name]


def _quantiles(found: Sequence[float]) -> str:
    cuts = statistics.quantiles(found, n=100)
    return " | ".join(f"{value:.0f} ms" for value in (statistics.median(found), cuts[94], cuts[98], max(found)))


if __name__ == "__main__":
    typer.run(main)
