"""The process that serves the API."""

from __future__ import annotations

import errno
import signal
import socket
from types import FrameType

import structlog
import uvicorn

from portal.app import create_app
from runtime import logging
from runtime.settings import Address, Settings, SettingsError
from schema import key_check
from schema.engine import Store
from schema.keyring import keyring_of

STOP_SECONDS = 8  # under the 10 s that supervisors commonly wait before they kill

log = structlog.get_logger("portal.server")


def serve(settings: Settings) -> None:
    """Serve the API on LINE_API_BIND until SIGTERM or SIGINT, letting requests under way finish.

    Raises SettingsError where the database or the token is not set, or where the address cannot be listened on.
    """
    logging.configure(settings.log_level)
    if settings.database_url is None:
        raise SettingsError(
            "LINE_DATABASE_URL: not set, and the API needs a database. "
            "Example: LINE_DATABASE_URL=postgresql://line@localhost/line"
        )
    keyring = keyring_of(settings)
    store = Store(settings.database_url.get_secret_value(), name="consultline-portal", keyring=keyring)
    try:
        key_check.check(keyring, store)
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(settings, store),
                log_config=None,
                access_log=False,  # its lines hold raw paths, and a path can hold a number (P1)
                server_header=False,
                # Said in full: by itself uvicorn trusts this machine, and what FORWARDED_ALLOW_IPS names.
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies,
                ws="none",
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        _stop_on_signal(server)
        with _listening(settings.api_bind) as listener:
            log.info("listening", address=str(settings.api_bind))
            server.run(sockets=[listener])
    finally:
        store.close()
    log.info("stopped")


def _listening(address: Address) -> socket.socket:
    """The socket, bound here and not by uvicorn, which ends the process where it cannot."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        reason = "in use by another program" if error.errno == errno.EADDRINUSE else error.strerror
        raise SettingsError(
            f"LINE_API_BIND: cannot listen on {address}: {reason}. Example: LINE_API_BIND=127.0.0.1:8081"
        ) from None


def _stop_on_signal(server: uvicorn.Server) -> None:
    """Uvicorn raises a signal again once it has stopped; without a handler of ours that would kill us mid-way."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, stop)
