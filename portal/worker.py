"""The worker's process: delivers, sweeps and watches the line, beside any number of others, until told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import structlog

from consultation.window import Margins
from portal.line_watch import LineWatch
from portal.outbox import reminders
from portal.outbox.webhook import webhook_sender
from portal.outbox.worker import Worker
from portal.retention import Retention
from portal.sweep import Sweep
from runtime import logging
from runtime.settings import Settings, SettingsError
from schema import key_check
from schema.engine import Store
from schema.keyring import keyring_of

log = structlog.get_logger("portal.worker")

_STOP_SECONDS = 8.0
_PATIENCE_SECONDS = 60.0


def serve(settings: Settings) -> None:
    """Run the worker until SIGTERM or Ctrl-C. Raises SettingsError where it cannot start."""
    logging.configure(settings.log_level)
    if settings.database_url is None:
        raise SettingsError("LINE_DATABASE_URL: needed by the worker. Example: postgresql://line@localhost/line")
    webhooks, texts = webhook_sender(settings), reminders.gateway(settings)
    keyring = keyring_of(settings)
    url = settings.database_url.get_secret_value()
    store = Store(url, pool=6, name="consultline worker", keyring=keyring)
    # To find what is old in large tables takes longer than anybody who waits should.
    patient = Store(url, pool=1, name="consultline retention", keyring=keyring, statement_seconds=_PATIENCE_SECONDS)
    try:
        key_check.check(keyring, store)
        loops = (Sweep(store, _margins(settings)), LineWatch(store, _hold(settings)), Retention(patient, settings))
        with _beside(*(loop.run for loop in loops)):
            asyncio.run(_deliver(Worker(store, settings, webhooks, texts)))
    finally:
        for sender in (webhooks, texts):
            if sender is not None:
                sender.close()
        store.close()
        patient.close()
    log.info("stopped")


def check(settings: Settings) -> None:
    """Raise SettingsError where the settings for webhooks and texts do not go together."""
    for sender in (webhook_sender(settings), reminders.gateway(settings)):
        if sender is not None:
            sender.close()


@contextmanager
def _beside(*loops: Callable[[Event], None]) -> Iterator[None]:
    """Each of these in a thread of its own, until the block ends."""
    stop = Event()
    threads = [Thread(target=loop, args=(stop,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(_STOP_SECONDS)


async def _deliver(worker: Worker) -> None:
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, worker.stop)
    log.info("working")
    await worker.run()


def _margins(settings: Settings) -> Margins:
    return Margins(timedelta(seconds=settings.opens_before_seconds), timedelta(seconds=settings.closes_after_seconds))


def _hold(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.up_after_seconds)
