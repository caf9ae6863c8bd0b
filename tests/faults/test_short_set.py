"""E1-E5, S1, S2: real calls while every kind of fault happens once. `make faults` plays as many as one likes."""

from __future__ import annotations

import pytest

from tests.faults.process import WorkerProcess
from tests.faults.schedule import Kind, Order

pytestmark = pytest.mark.calls

# Two at a time, so that all of them take a minute; never two that hit the same part. The seeds are such that one of
# them happens in the middle of a call, and that somebody is connected in any case.
SET = [
    Order(221, (Kind.LISTENER_KILLED, Kind.AGI_RESET), every=True, short=True),
    Order(3, (Kind.LISTENER_STOPPED, Kind.AGI_KILLED), every=True, short=True),
    Order(13, (Kind.PORTAL_KILLED, Kind.AMI_CUT), every=True, short=True),
    Order(2, (Kind.PORTAL_STOPPED, Kind.ASTERISK_KILLED), every=True, short=True),
    Order(8, (Kind.POSTGRES_STOPPED, Kind.CEL_ROTATED), every=True, short=True),
    Order(38, (Kind.POSTGRES_CRASHED, Kind.AMI_SLOW), every=True, short=True),
    Order(3, (Kind.AMI_BLACK_HOLE, Kind.AGI_HALF_A_LINE), every=True, short=True),
    Order(1422, (Kind.DISK_FULL, Kind.AGI_STOPPED), every=True, short=True),
    Order(221, (Kind.CLOCK_STEPPED, Kind.AGI_SILENT), every=True, short=True),
]


def test_every_kind_of_fault_is_in_the_set() -> None:
    assert sorted(kind for order in SET for kind in order.kinds) == sorted(Kind)


@pytest.mark.parametrize("order", SET, ids=["-".join(order.kinds) for order in SET])
def test_e4_no_outcome_is_lost_or_invented(worker: WorkerProcess, order: Order) -> None:
    told = worker.play(order)
    assert told.violations == [], told.again
    assert {"connected", "interrupted"} & set(told.dispositions), "nobody was connected, so nothing was shown"
