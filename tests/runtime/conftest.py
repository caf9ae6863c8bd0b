"""An environment in which nothing of the line is set, and logging for one test."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import structlog

from runtime.logging import configure


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No variable of ours, and an empty current folder, where `.env` would be."""
    for name in [name for name in os.environ if name.upper().startswith("LINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What is logged. Afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    stream = StringIO()
    configure("debug", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
