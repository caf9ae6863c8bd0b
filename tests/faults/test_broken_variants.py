"""E4: the fault harness notices a listener that is broken, in one way or another; the one that we ship passes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.faults.process import WorkerProcess
from tests.faults.schedule import Order

pytestmark = [
    pytest.mark.calls,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk for Asterisk, which takes root"),
]

Promises = Callable[[str, str | None], set[str]]


@pytest.fixture(scope="module")
def broken_by(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Promises]:
    """Plays a script on a line with this listener, and says which promises it breaks."""
    with ExitStack() as stack:
        workers: dict[str | None, WorkerProcess] = {}

        def play(script: str, variant: str | None) -> set[str]:
            if variant not in workers:
                workers[variant] = WorkerProcess(tmp_path_factory.mktemp("faults"), variant=variant)
                stack.callback(workers[variant].stop)
            return {promise for promise, _ in workers[variant].play(Order(script=script)).violations}

        yield play


@pytest.mark.parametrize("script", ["nothing_goes_wrong", "nobody_listens_to_the_end", "listener_dies_as_it_writes"])
def test_e4_the_listener_that_we_ship_breaks_no_promise(broken_by: Promises, script: str) -> None:
    assert broken_by(script, None) == set()


@pytest.mark.parametrize(
    ("variant", "script", "promise"),
    [
        ("without_cel", "nobody_listens_to_the_end", "nothing is lost that a witness saw"),
        ("fold_without_dedupe", "nothing_goes_wrong", "talk time is never too long"),
        ("place_before_rows", "listener_dies_as_it_writes", "nothing is lost that a witness saw"),
        ("effects_again", "nothing_goes_wrong", "no effect happens twice"),
    ],
)
def test_e4_a_listener_that_is_broken_is_noticed(broken_by: Promises, variant: str, script: str, promise: str) -> None:
    assert promise in broken_by(script, variant)
