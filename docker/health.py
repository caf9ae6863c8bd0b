"""Whether a server of the line does its work: exit code 0 or 1, for a container's health check. Argument: which."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Callable, Mapping

from runtime.settings import Settings, load


def _agi(settings: Settings) -> bool:
    """It could decide on a call now: the question that the listener asks, too."""
    from ami_listener.health import admits  # noqa: PLC0415
    from runtime.settings import Address  # noqa: PLC0415

    return admits(Address(f"127.0.0.1:{settings.listening_agi().port}"))


def _listener(settings: Settings) -> bool:
    """It wrote down a moment ago how the line is."""
    return _seen(settings, "listener")


def _worker(settings: Settings) -> bool:
    """It wrote down a moment ago that it is at work."""
    return _seen(settings, "worker")


def _seen(settings: Settings, part: str) -> bool:
    from schema.engine import Store  # noqa: PLC0415
    from schema.queries import line  # noqa: PLC0415

    if settings.database_url is None:
        return False
    store = Store(settings.database_url.get_secret_value(), pool=1)
    with store.transaction() as transaction:
        now, parts = line.parts(transaction)
    return part in parts and (now - parts[part].seen_at).total_seconds() < 15


def _portal(settings: Settings) -> bool:
    """It answers at all."""
    # By http alone.
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.api_bind.port}/healthz", timeout=3) as answer:  # nosec B310
        return bool(answer.status == 200)


_CHECKS: Mapping[str, Callable[[Settings], bool]] = {
    "agi": _agi,
    "listener": _listener,
    "portal": _portal,
    "worker": _worker,
}

if __name__ == "__main__":
    sys.exit(0 if _CHECKS[sys.argv[1]](load()) else 1)
