"""Fuzzers that need no line, in a process of their own: the other core works meanwhile."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from tests.fuzz import process
from tests.fuzz.agi.sessions import AgiSessions
from tests.fuzz.ami.link import AmiLink
from tests.fuzz.ami.rows import CelRows

FUZZERS: dict[str, Callable[[int], AgiSessions | AmiLink | CelRows]] = {
    made.name: made for made in (AgiSessions, AmiLink, CelRows)
}
# By how much this process may grow after its first batches, in MiB.
_GROWTH = 48.0
_WARM_BATCHES = 20


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a batch."""

    violations: list[str]
    megabytes: float


def prepare() -> None:
    """For the process's beginning: Ctrl-C is for the one that started it, and nothing is logged a million times."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    structlog.configure(processors=[dropped])


def dropped(*_: object) -> str:
    """A structlog processor after which there is nothing to write."""
    raise structlog.DropEvent


def play(name: str, seed: int, first: int, count: int) -> Played:
    """Play a batch."""
    fuzzer = FUZZERS[name](seed)
    violations = fuzzer.play(first, count)
    fuzzer.close()
    return Played(violations, process.holding(os.getpid()).megabytes)


def grown(megabytes: list[float]) -> list[str]:
    """The violation in what this process held after each batch: more and more."""
    warm = megabytes[:_WARM_BATCHES]
    if len(megabytes) > _WARM_BATCHES and megabytes[-1] > max(warm) + _GROWTH:
        return [f"memory grew from {max(warm):.0f} to {megabytes[-1]:.0f} MiB"]
    return []
