"""One run: which fuzzers, how many inputs of each, and what was seen."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz import alone, on_line
from tests.fuzz.process import Holding
from tests.fuzz.torture import messages

# For each INVITE, how many inputs of each fuzzer. One SIP input in eight is another request than an INVITE.
_SHARES = {
    "sip": 1.15, "agi": 10.0, "ami": 10.0, "cel": 2.0, "http": 0.1, "rtp": 0.1, "agi-clients": 0.024,
    "agi-servers": 0.0048,
}  # fmt: skip
# After so many SIP inputs Asterisk's memory has its plateau: pools and caches are as large as they get.
_WARM_INPUTS = 20_000
_MOST_VIOLATIONS = 50

Played = Callable[[str, int, list[str]], None]


@dataclass(frozen=True, slots=True)
class Order:
    """So many inputs of a fuzzer."""

    name: str
    seed: int
    first: int
    count: int


@dataclass(slots=True)
class Line:
    """What is told of one fuzzer."""

    name: str
    inputs: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Told:
    """What is told of a run."""

    seed: int = 0
    lines: dict[str, Line] = field(default_factory=dict)
    invites: int = 0
    outbound: int = 0
    calls: int = 0
    plateau: dict[str, Holding] = field(default_factory=dict)
    end: dict[str, Holding] = field(default_factory=dict)
    complaints: dict[str, int] = field(default_factory=dict)

    @property
    def violations(self) -> list[str]:
        """All of them."""
        return [violation for line in self.lines.values() for violation in line.violations]


def share(name: str, invites: int) -> int:
    """How many inputs of this fuzzer go with so many INVITEs; at least one batch of those that come in batches."""
    if name == on_line.TORTURE:
        return len(messages())
    wanted = int(invites * _SHARES[name])
    return max(480, wanted // 480 * 480) if name in ("rtp", "agi-clients") else max(48, wanted)


def play(orders: Sequence[Order], folder: Path, told: Told, played: Played) -> None:
    """Play all of it: what needs no line in another process, meanwhile."""
    told.seed = orders[0].seed
    told.lines = {order.name: Line(order.name) for order in orders}
    pure = [order for order in orders if order.name in alone.FUZZERS]
    lined = [order for order in orders if order.name not in alone.FUZZERS]
    stop = threading.Event()
    # Not forked: a fork of a process with threads may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=alone.prepare) as pool:
        other = threading.Thread(target=_alone, args=(pure, pool, told, played, stop))
        other.start()
        try:
            if lined:
                with on_line.on_line(folder, told.seed) as line:
                    _on_line(line, lined, folder, told, played)
            while other.is_alive():
                other.join(0.2)
        finally:
            stop.set()
            other.join()


def _alone(
    orders: Sequence[Order], pool: ProcessPoolExecutor, told: Told, played: Played, stop: threading.Event
) -> None:
    for order in orders:
        held: list[float] = []
        for first, count in _batches(order, alone.FUZZERS[order.name](order.seed).batch):
            if stop.is_set():
                return
            began = time.monotonic()
            result = pool.submit(alone.play, order.name, order.seed, first, count).result()
            held.append(result.megabytes)
            _keep(told, order, count, time.monotonic() - began, [*result.violations, *alone.grown(held)], played)


def _on_line(line: on_line.OnLine, orders: Sequence[Order], folder: Path, told: Told, played: Played) -> None:
    for order in orders:
        batch = order.count if order.name == on_line.TORTURE else line.fuzzers[order.name].batch
        for first, count in _batches(order, batch):
            began = time.monotonic()
            violations = line.play(order.name, first, count)
            if violations:
                (folder / f"{order.name}-{first}.sent").write_bytes(line.observer.sent)
                again = f"make fuzz ONLY={order.name} SEED={order.seed} FIRST={first} COUNT={count}"
                violations = [f"{violation} (again: {again})" for violation in violations]
            if order.name == line.sip.name and not told.plateau and first + count >= _WARM_INPUTS:
                line.observer.plateau()
                told.plateau = line.observer.holdings()
            _keep(told, order, count, time.monotonic() - began, violations, played)
            told.invites, told.outbound, told.calls = (
                line.sip.invites,
                len(line.sip.carrier.invites),
                line.observer.records.calls,
            )
            if len(told.violations) > _MOST_VIOLATIONS or line.sip.stage.line.failed():
                return
    with suppress(FileNotFoundError, ProcessLookupError):
        told.end = line.observer.holdings()
    told.complaints = dict(line.observer.complaints)


def _keep(told: Told, order: Order, count: int, seconds: float, violations: list[str], played: Played) -> None:
    entry = told.lines[order.name]
    entry.inputs += count
    entry.seconds += seconds
    entry.violations += violations
    played(order.name, count, violations)


def _batches(order: Order, size: int) -> list[tuple[int, int]]:
    """First number and count of each batch."""
    end = order.first + order.count
    return [(first, min(size, end - first)) for first in range(order.first, end, size)]
