"""Receivers, and workers in this process and as processes of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from portal.outbox.reminders import gateway
from portal.outbox.webhook import webhook_sender
from portal.outbox.worker import Worker
from runtime.settings import Settings, load
from schema.engine import Store
from schema.models import Effect
from schema.queries.outbox import EventType, enqueue
from tests.portal.outbox.receiver import OK, Answer, Receiver

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"


def line_settings(**changes: object) -> Settings:
    """The settings of a line that nobody has set, with a secret for webhooks."""
    values = {name: field.default for name, field in Settings.model_fields.items()}
    return load(_env_file=None, **{**values, "webhook_secret": SECRET, "webhook_allow_private": True, **changes})


def make_due(store: Store) -> None:
    """The wait before the next attempt is over."""
    with store.transaction() as session:
        session.execute(select(Effect.id).order_by(Effect.id).with_for_update())
        session.execute(update(Effect).values(due_at=func.clock_timestamp()))


@pytest.fixture
def receivers() -> Iterator[Callable[[Answer], Receiver]]:
    """Call it for a receiver that answers so."""
    with ExitStack() as stack:

        def receiver(answer: Answer = OK) -> Receiver:
            made = Receiver(answer)
            stack.callback(made.close)
            return made

        yield receiver


class RunningWorker:
    """A worker in a thread of this process."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker: Worker | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(store, settings)))
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        if self._thread.is_alive() and self._loop is not None and self._worker is not None:
            self._loop.call_soon_threadsafe(self._worker.stop)
        self._thread.join(30)
        assert not self._thread.is_alive()

    async def _run(self, store: Store, settings: Settings) -> None:
        self._loop = asyncio.get_running_loop()
        senders = webhook_sender(settings), gateway(settings)
        self._worker = Worker(store, settings, *senders)
        self._ready.set()
        try:
            await self._worker.run()
        finally:
            for sender in senders:
                if sender is not None:
                    sender.close()


@pytest.fixture
def works(store: Store) -> Iterator[Callable[..., RunningWorker]]:
    """Call it with settings: a worker is at work until the test ends."""
    with ExitStack() as stack:

        def work(**changes: object) -> RunningWorker:
            worker = RunningWorker(store, line_settings(**changes))
            stack.callback(worker.stop)
            return worker

        yield work


class WorkerProcess:
    """`consultline run worker`, with its log."""

    def __init__(self, log: Path, settings: Settings) -> None:
        self.log = log
        command = [sys.executable, "-m", "ops.cli", "run", "worker"]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, env={**os.environ, **settings.environment()}, stdout=output, stderr=output
            )

    def stop(self) -> int:
        """What a supervisor sends; returns the exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(90)

    def wait(self) -> int:
        """The exit status, once it ends by itself."""
        return self._process.wait(90)

    def kill(self) -> None:
        """SIGKILL: no time for anything."""
        self._process.kill()
        self._process.wait()


@pytest.fixture
def processes(database_url: str, tmp_path: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """Call it with settings for a worker process."""
    with ExitStack() as stack:
        names = iter(range(100))

        def process(**changes: object) -> WorkerProcess:
            settings = line_settings(database_url=database_url, **changes)
            made = WorkerProcess(tmp_path / f"worker-{next(names)}.log", settings)
            stack.callback(made.kill)
            return made

        yield process


def tell(store: Store, subject: str, appointment_id: str | None = "a-1") -> None:
    """Something happened that the platform is to know."""
    with store.transaction() as session:
        payload = {"call_id": subject, "appointment_id": appointment_id}
        assert enqueue(session, EventType.CALL_ENDED, subject, appointment_id=appointment_id, payload=payload)
