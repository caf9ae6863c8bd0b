"""A short run of the fuzzers that need no line; `make fuzz` has the long one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from tests.fuzz import alone

SEED = 1
INPUTS = 3000


@pytest.fixture(autouse=True)
def _no_log() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(processors=[alone.dropped])
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("name", alone.FUZZERS)
def test_a10_whatever_comes_is_understood_refused_or_passed_over(name: str) -> None:
    fuzzer = alone.FUZZERS[name](SEED)
    assert fuzzer.play(0, INPUTS) == []
    # Not everything is refused: some of it is what it should be, and was understood.
    assert fuzzer.understood > 100
