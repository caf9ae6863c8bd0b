"""`consultline run`: one of our servers, in the foreground, as a supervisor wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from runtime import logging
from runtime.settings import Settings


class Server(StrEnum):
    """Which of them."""

    AGI = "agi"
    LISTENER = "listener"
    PORTAL = "portal"
    WORKER = "worker"


def run(server: Server, settings: Settings) -> None:
    """Run the server until SIGTERM or Ctrl-C. Raises SettingsError where it cannot start."""
    logging.configure(settings.log_level)
    _SERVERS[server](settings)


# Each is imported only where it runs: a FastAGI server has no use for a web framework.
def _agi(settings: Settings) -> None:
    from agi.server import serve  # noqa: PLC0415

    serve(settings)


def _listener(settings: Settings) -> None:
    from ami_listener.listener import serve  # noqa: PLC0415

    serve(settings)


def _portal(settings: Settings) -> None:
    from portal.server import serve  # noqa: PLC0415

    serve(settings)


def _worker(settings: Settings) -> None:
    from portal.worker import serve  # noqa: PLC0415

    serve(settings)


_SERVERS: Mapping[Server, Callable[[Settings], None]] = {
    Server.AGI: _agi,
    Server.LISTENER: _listener,
    Server.PORTAL: _portal,
    Server.WORKER: _worker,
}
