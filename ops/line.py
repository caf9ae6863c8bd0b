"""The whole line on one machine: every part started in order, watched, and stopped in reverse."""

from __future__ import annotations

import fcntl
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ami_listener.health import admits
from ops import database, number_key, ports
from ops.asterisk import configuration
from ops.asterisk.installation import Installation, find_or_install
from ops.asterisk.server import Asterisk
from ops.postgres import EmbeddedPostgres
from ops.processes import Part
from portal.worker import check as check_outbox
from runtime.settings import Settings
from schema.engine import Store
from schema.keyring import keyring_of
from schema.queries import line as line_queries

Progress = Callable[[str], None]


class DataInUseError(Exception):
    """Another line uses the same LINE_DATA_DIR."""


class Line:
    """A line of one's own. Use `start`, then `failed` from time to time, and `stop` in any case."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.data_dir.expanduser().resolve()
        self.settings = settings.model_copy(update=_secrets(settings))
        self.postgres: EmbeddedPostgres | None = None
        self.asterisk: Asterisk | None = None
        self.parts: dict[str, Part] = {}
        self._lock: int | None = None
        self._stops: list[Callable[[], None]] = []

    @property
    def logs(self) -> Path:
        """Where every part writes its log."""
        return self.folder / "log"

    @property
    def api_token(self) -> str:
        """The API's bootstrap token."""
        if self.settings.api_token is None:
            raise RuntimeError("the line has a token from its beginning")
        return self.settings.api_token.get_secret_value()

    @property
    def api_url(self) -> str:
        """Where the HTTP API is."""
        return f"http://{self.settings.api_bind}"

    @property
    def database_url(self) -> str:
        """Where the database is."""
        if self.settings.database_url is None:
            raise RuntimeError("the database is not started")
        return self.settings.database_url.get_secret_value()

    def start(self, progress: Progress) -> None:
        """Start every part. Raises PartFailedError and what the parts raise; call `stop` then as well."""
        configuration.check(self.settings)
        if self.settings.database_url is not None:
            keyring_of(self.settings)
        ports.check_free(self.settings)
        check_outbox(self.settings)
        self._lock_folder()
        self.settings = number_key.ensured(self.settings, self.folder)
        progress("looking for Asterisk")
        installation = find_or_install(self.settings.asterisk, self.settings.cache_dir, progress)
        progress("starting PostgreSQL")
        self._start_database()
        progress("bringing the database up to date")
        database.prepare(self.settings)
        progress("starting the FastAGI server")
        self.start_agi()
        progress(f"starting Asterisk {installation.version}")
        self.asterisk = self._asterisk(installation)
        self._stops.append(self.asterisk.stop)
        self.parts["asterisk"] = self.asterisk.part
        self.asterisk.start()
        progress("starting the listener")
        self.start_listener()
        progress("starting the API")
        self._start_server("portal", self._portal_answers)
        progress("starting the outbox worker")
        self.start_worker()

    def failed(self) -> str | None:
        """What is wrong with a part that stopped by itself; None while all run."""
        for part in self.parts.values():
            if not part.running:
                return f"{part.name} stopped by itself. {part.last_words()}"
        return None

    def stop(self) -> None:
        """Stop every part that was started, last one first."""
        for stop in reversed(self._stops):
            stop()
        self._stops.clear()
        self.parts.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def start_agi(self) -> None:
        """Start the FastAGI server, and wait until it decides on calls."""
        self._start_server("agi", lambda: admits(self.settings.listening_agi()))

    def start_listener(self) -> None:
        """Start the listener, and wait until it is logged in to Asterisk."""
        self._start_server("listener", self._listener_is_up)

    def start_worker(self) -> None:
        """Start the outbox worker, and wait until it is at work."""
        self._start_server("worker", self._worker_is_up)

    def _start_server(self, name: str, ready: Callable[[], bool]) -> None:
        command = self._server_command(name)
        # No secret stands in the process list: settings go by environment.
        environment = {**os.environ, **self.settings.environment(), "PYTHONUNBUFFERED": "1"}
        part = Part(name, command, self.logs / f"{name}.log", environment)
        self.parts[name] = part
        self._stops.append(part.stop)
        part.start()
        part.wait_until(ready, 30)

    def _server_command(self, name: str) -> list[str]:
        return [sys.executable, "-m", "ops.cli", "run", name]

    def _asterisk(self, installation: Installation) -> Asterisk:
        return Asterisk(installation, self.folder / "asterisk", self.settings)

    def _lock_folder(self) -> None:
        """One line to a folder. The folder itself is the lock: nothing is left behind, whatever kills us."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataInUseError(
                f"LINE_DATA_DIR: another line uses {self.folder}: stop it, or set LINE_DATA_DIR to another folder."
            ) from None

    def _start_database(self) -> None:
        if self.settings.database_url is not None:
            return
        self.postgres = EmbeddedPostgres(self.folder / "postgres", self.logs / "postgres.log")
        self._stops.append(self.postgres.stop)
        self.parts["postgres"] = self.postgres.part
        self.postgres.start()
        self.settings = self.settings.model_copy(update={"database_url": SecretStr(self.postgres.url)})

    def _listener_is_up(self) -> bool:
        # Written by this listener, not by the one before it.
        return self._seen_up("asterisk", 1.5)

    def _worker_is_up(self) -> bool:
        return self._seen_up("worker", 1.5)

    def _seen_up(self, part: str, seconds: float) -> bool:
        """Whether a part was seen to be up, no longer ago than so many seconds."""
        store = Store(self.database_url, pool=1)
        try:
            with store.transaction() as transaction:
                now, parts = line_queries.parts(transaction)
        finally:
            store.close()
        seen = parts.get(part)
        return seen is not None and seen.state == "up" and (now - seen.seen_at).total_seconds() < seconds

    def _portal_answers(self) -> bool:
        try:
            # Our own address, by http alone.
            with urllib.request.urlopen(f"{self.api_url}/healthz", timeout=1) as answer:  # noqa: S310  # nosec B310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
            return False


def _secrets(settings: Settings) -> dict[str, Any]:
    """Secrets for this run, where the settings have none."""
    names = ("ami_secret", "ami_texter_secret", "api_token")
    return {name: SecretStr(secrets.token_hex(24)) for name in names if getattr(settings, name) is None}
