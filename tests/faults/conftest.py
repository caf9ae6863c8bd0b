"""A worker of the fault harness, with a line of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.process import WorkerProcess


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """It plays what it is ordered to, one schedule after the other."""
    if os.geteuid() != 0:
        pytest.skip("mounts a small disk for Asterisk, which takes root")
    worker = WorkerProcess(tmp_path_factory.mktemp("faults"))
    yield worker
    worker.stop()
