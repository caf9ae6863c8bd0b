"""The listener's process: events in, facts out, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Mapping

import structlog

from ami_listener import health
from ami_listener.connection import Connection
from ami_listener.events import MalformedEventError, read
from ami_listener.reconcile import Reconciler
from ami_listener.tail import Tail
from ami_listener.writer import Writer
from runtime.settings import Settings, SettingsError
from schema import key_check
from schema.engine import Store
from schema.keyring import keyring_of

log = structlog.get_logger("ami_listener")

USERNAME = "listener"
_DRAIN_SECONDS = 8.0


def serve(settings: Settings) -> None:
    """Run the listener until SIGTERM or Ctrl-C. Raises SettingsError, LoginRejectedError."""
    if settings.database_url is None:
        raise SettingsError("LINE_DATABASE_URL: needed by the listener. Example: postgresql://line@localhost/line")
    if settings.ami_secret is None:
        raise SettingsError("LINE_AMI_SECRET: needed by the listener. Example: a long random word")
    keyring = keyring_of(settings)
    store = Store(settings.database_url.get_secret_value(), pool=5, name="consultline listener", keyring=keyring)
    key_check.check(keyring, store)
    writer = Writer(store, settings)
    writer.start()
    tail = Tail(settings.cel_folder(), store, settings)
    tailing = threading.Thread(target=tail.run, name="tail", daemon=True)
    tailing.start()
    try:
        asyncio.run(_listen(settings, settings.ami_secret.get_secret_value(), store, writer, tail))
    finally:
        tail.stop()
        writer.stop(_DRAIN_SECONDS)
        tailing.join(_DRAIN_SECONDS)
        store.close()
    log.info("stopped")


async def _listen(settings: Settings, secret: str, store: Store, writer: Writer, tail: Tail) -> None:
    def on_event(event: Mapping[str, str]) -> None:
        try:
            seen = read(event)
        except MalformedEventError as error:
            log.error("event_malformed", event_name=str(event.get("Event")), why=str(error))
        else:
            if seen is not None:
                writer.put(seen)

    def caught_up() -> bool:
        tail.catch_up()
        return writer.flush(_DRAIN_SECONDS)

    compare_now = asyncio.Event()
    connection = Connection(settings.ami_address, USERNAME, secret, on_event, on_login=compare_now.set)
    reconciler = Reconciler(connection, store, settings, caught_up, compare_now)
    works = (connection.run(), health.watch(connection, settings, store), reconciler.run())
    tasks = [asyncio.create_task(work) for work in works]
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, lambda: [task.cancel() for task in tasks])
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.wait(tasks)
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
