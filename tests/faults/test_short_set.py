"""E1-E5, S1, S2: real calls while every kind of fault happens once. `make faults` plays as many as one likes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.process import WorkerProcess
from tests.faults.schedule import Kind, Order

pytestmark = [
    pytest.mark.calls,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk for Asterisk, which takes root"),
]

# Two at a time, so that all of them take a minute; never two that hit the same part.
PAIRS = [
    (Kind.LISTENER_KILLED, Kind.AGI_RESET),
    (Kind.LISTENER_STOPPED, Kind.AGI_KILLED),
    (Kind.PORTAL_KILLED, Kind.AMI_CUT),
    (Kind.PORTAL_STOPPED, Kind.ASTERISK_KILLED),
    (Kind.POSTGRES_STOPPED, Kind.CEL_ROTATED),
    (Kind.POSTGRES_CRASHED, Kind.AMI_SLOW),
    (Kind.AMI_BLACK_HOLE, Kind.AGI_HALF_A_LINE),
    (Kind.DISK_FULL, Kind.AGI_STOPPED),
    (Kind.CLOCK_STEPPED, Kind.AGI_SILENT),
]


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """A worker with a line of its own."""
    worker = WorkerProcess(tmp_path_factory.mktemp("faults"))
    yield worker
    worker.stop()


def test_every_kind_of_fault_is_in_the_set() -> None:
    assert sorted(kind for pair in PAIRS for kind in pair) == sorted(Kind)


@pytest.mark.parametrize(("seed", "kinds"), list(enumerate(PAIRS, 1)), ids=["-".join(pair) for pair in PAIRS])
def test_e4_no_outcome_is_lost_or_invented(worker: WorkerProcess, seed: int, kinds: tuple[Kind, ...]) -> None:
    told = worker.play(Order(seed, kinds, every=True, short=True))
    assert told.violations == []
    assert {"connected", "interrupted"} & set(told.dispositions), "nobody was connected, so nothing was shown"
