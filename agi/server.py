"""The FastAGI server: bounded workers, a deadline on every conversation, a stop that finishes what it began."""

from __future__ import annotations

import selectors
import signal
import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog

from agi.handlers import Context, Handler
from agi.handlers.admit import admit
from agi.handlers.health import health
from agi.handlers.text import text
from agi.session import AgiError, CallerGoneError, Session
from runtime.settings import Address, Settings, SettingsError
from schema import key_check
from schema.engine import Store, StoreUnavailableError
from schema.keyring import keyring_of

log = structlog.get_logger("agi.server")

HANDLERS: Mapping[str, Handler] = {"admit": admit, "health": health, "text": text}


class Server:
    """Accepts connections from Asterisk and gives each to a worker.

    `deadline_seconds` bounds one conversation, counted from its arrival. At most `workers` conversations go on at
    once and as many wait; any more are closed at once, and the dialplan asks the next server.
    """

    def __init__(self, address: Address, context: Context, *, workers: int, deadline_seconds: float) -> None:
        self._context = context
        self._deadline_seconds = deadline_seconds
        self._room = threading.BoundedSemaphore(workers * 2)
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="agi")
        self._listener = socket.create_server((address.host, address.port), backlog=workers * 2)
        self._wake_reader, self._wake_writer = socket.socketpair()
        self.address: tuple[str, int] = self._listener.getsockname()[:2]

    def serve(self) -> None:
        """Serve until `stop`; then let conversations that began come to their end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while not any(key.fileobj is self._wake_reader for key, _ in selector.select()):
                self._accept()
        self._listener.close()
        self._workers.shutdown(wait=True)
        self._wake_reader.close()

    def stop(self) -> None:
        """Make `serve` return. Safe in a signal handler."""
        self._wake_writer.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            log.warning("accept_failed", error=type(error).__name__)
            return
        deadline = time.monotonic() + self._deadline_seconds
        if not self._room.acquire(blocking=False):
            connection.close()
            log.warning("connection_turned_away", why="all workers are busy and as many connections wait")
            return
        self._workers.submit(self._converse, connection, deadline)

    def _converse(self, connection: socket.socket, deadline: float) -> None:
        started = time.monotonic()
        session = None
        try:
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                session = Session(connection, deadline)
                handler = HANDLERS.get(session.script)
                if handler is None:
                    log.warning("unknown_script", channel=_channel(session))
                else:
                    handler(session, self._context)
        except StoreUnavailableError as error:
            log.error("database_unavailable", channel=_channel(session), error=str(error))
        except CallerGoneError as error:
            log.info("caller_gone", channel=_channel(session), why=str(error))
        except AgiError as error:
            log.warning("conversation_failed", channel=_channel(session), kind=type(error).__name__, why=str(error))
        except Exception:
            # A10: a bug refuses this call, and touches no other.
            log.exception("handler_failed", channel=_channel(session))
        finally:
            self._room.release()
            log.debug("conversation_over", milliseconds=round((time.monotonic() - started) * 1000, 1))


def _channel(session: Session | None) -> str | None:
    return session.env.get("agi_uniqueid") if session else None


def serve(settings: Settings) -> None:
    """Run the FastAGI server until SIGTERM or Ctrl-C."""
    if settings.database_url is None:
        raise SettingsError(
            "LINE_DATABASE_URL: needed by the FastAGI server. Example: postgresql://line@localhost/line"
        )
    # Asterisk gives up after agi_deadline_seconds; we must have given up before, or a decision that nobody hears
    # would be kept as if it had been carried out.
    deadline_seconds = settings.agi_deadline_seconds * 0.8
    keyring = keyring_of(settings)
    store = Store(
        settings.database_url.get_secret_value(),
        pool=settings.agi_workers,
        statement_seconds=deadline_seconds / 2,
        name="consultline agi",
        keyring=keyring,
    )
    key_check.check(keyring, store)
    address = settings.listening_agi()
    try:
        server = Server(
            address, Context(settings, store), workers=settings.agi_workers, deadline_seconds=deadline_seconds
        )
    except OSError as error:
        raise SettingsError(f"LINE_AGI_BIND: cannot listen on {address}: {error.strerror}") from None
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: server.stop())
    log.info("listening", address=address)
    server.serve()
    store.close()
    log.info("stopped")
