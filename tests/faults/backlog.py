"""Rows that Asterisk wrote while the listener was away, and how long it takes until all of them count."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from ami_listener.files import NAME
from tests.faults.stage import Stage

ROWS = 10_000
_SETTLE_SECONDS = 300.0
_COPY_CALL = """
INSERT INTO calls (id, channel, caller, line_number, provider_id, consultation_id, arrived_at, decision, decided_on)
SELECT gen_random_uuid(), :prefix || n, caller, line_number, provider_id, consultation_id, arrived_at, decision,
       decided_on
FROM calls, generate_series(1, :copies) n WHERE channel = :channel
"""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """So many rows, seconds until all of them counted, for how many of these the listener's process was busy, and how
    many calls were interrupted by then.
    """

    rows: int
    seconds: float
    busy: float
    interrupted: int


def catch_up(stage: Stage) -> CaughtUp:
    """Stop the listener, write rows of calls that nobody has heard of yet, and start it again."""
    stage.part("listener").stop()
    rows = _copy_last_call(stage)
    started = time.monotonic()
    stage.restart("listener")
    wait_until_settled(stage)
    seconds = time.monotonic() - started
    busy = _processor_seconds(stage.part("listener").pid)
    with stage.store.transaction() as transaction:
        interrupted = transaction.scalar(text("SELECT count(*) FROM calls WHERE disposition = 'interrupted'")) or 0
    return CaughtUp(rows, seconds, busy, interrupted)


def _processor_seconds(pid: int) -> float:
    """User and system time of a process (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _copy_last_call(stage: Stage) -> int:
    """Calls that nobody has heard of yet: the last one's rows and its decision, under other channels' names."""
    path = stage.line.settings.cel_folder() / NAME
    last = path.read_text().splitlines()
    with stage.store.transaction() as transaction:
        channel: str = transaction.execute(
            text("SELECT channel FROM calls WHERE disposition = 'connected' ORDER BY arrived_at DESC LIMIT 1")
        ).scalar_one()
        own = [line for line in last if f'"linkedid":"{channel}"' in line]
        copies = ROWS // len(own)
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


def wait_until_settled(stage: Stage) -> None:
    """Until every call has its outcome. Raises TimeoutError."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        with stage.store.transaction() as transaction:
            if not transaction.scalar(text("SELECT count(*) FROM calls WHERE disposition IS NULL")):
                return
        time.sleep(0.05)
    raise TimeoutError("some calls have no outcome yet")
