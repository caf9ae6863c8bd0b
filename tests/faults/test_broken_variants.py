"""E4: the fault harness notices a listener that is broken, in one way or another; the one that we ship passes."""

from __future__ import annotations

import pytest

from tests.faults.process import WorkerProcess
from tests.faults.schedule import Order

pytestmark = pytest.mark.calls

SCRIPTS = ["nothing_goes_wrong", "nobody_listens_to_the_end", "listener_dies_as_it_writes"]


def broken_promises(worker: WorkerProcess, script: str, variant: str = "") -> set[str]:
    """Which promises this listener breaks in the course of this script."""
    return {promise for promise, _ in worker.play(Order(script=script, variant=variant)).violations}


@pytest.mark.parametrize("script", SCRIPTS)
def test_e4_the_listener_that_we_ship_breaks_no_promise(worker: WorkerProcess, script: str) -> None:
    assert broken_promises(worker, script) == set()


@pytest.mark.parametrize(
    ("variant", "script", "promise"),
    [
        ("without_cel", "nobody_listens_to_the_end", "nothing is lost that a witness saw"),
        ("fold_without_dedupe", "nothing_goes_wrong", "talk time is never too long"),
        ("place_before_rows", "listener_dies_as_it_writes", "nothing is lost that a witness saw"),
        ("effects_again", "nothing_goes_wrong", "no effect happens twice"),
    ],
)
def test_e4_a_listener_that_is_broken_is_noticed(
    worker: WorkerProcess, variant: str, script: str, promise: str
) -> None:
    assert promise in broken_promises(worker, script, variant)
