"""`consultline up`: the whole line, with progress, until Ctrl-C."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from ops.asterisk.installation import find_or_install
from ops.line import Line
from ops.processes import PartFailedError
from runtime.settings import Settings


class StopRequestedError(BaseException):
    """SIGTERM or Ctrl-C. Not an Exception: nothing on the way out may take it for a fault."""


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM and Ctrl-C raise StopRequestedError inside, once; while everything stops, more of them do nothing."""

    def request(*_: object) -> None:
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, signal.SIG_IGN)
        raise StopRequestedError

    before = {sign: signal.signal(sign, request) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


@contextmanager
def running(line: Line, out: Console, *, doing: str) -> Iterator[None]:
    """The line, started with a progress line that says what it is doing, and stopped at the end whatever happens."""
    try:
        with out.status(doing) as status:
            started = time.monotonic()

            def progress(step: str) -> None:
                status.update(f"{doing}: {step}")
                if not out.is_terminal:
                    out.print(f"{time.monotonic() - started:6.1f} s  {step}", markup=False)

            line.start(progress)
        yield
    finally:
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, signal.SIG_IGN)
        line.stop()


def stay_up(settings: Settings, out: Console) -> None:
    """`consultline up`. Returns after Ctrl-C or SIGTERM; raises PartFailedError if a part stops by itself."""
    line = Line(settings)
    try:
        with stoppable(), running(line, out, doing="bringing the line up"):
            _say_where(line, settings, out)
            while (problem := line.failed()) is None:
                time.sleep(0.5)
            raise PartFailedError(problem)
    except StopRequestedError:
        out.print("the line is down; nothing of it is running any more")


def _say_where(line: Line, settings: Settings, out: Console) -> None:
    places = {
        "provider's phone": f"sip:<line number>@{settings.sip_bind} from {settings.trunk_match}",
        "client's phone": f"called through sip:{settings.trunk_address}",
        "HTTP API": f"{line.api_url}/docs",
        "FastAGI": settings.listening_agi(),
        "AMI": settings.listening_ami(),
        "database": line.database_url if line.postgres else "LINE_DATABASE_URL",
        "logs": line.logs,
    }
    if settings.database_url is None and not settings.number_keys():
        places["number key"] = f"{line.settings.number_key_file}  (keep a copy elsewhere: docs/operating.md)"
    if settings.api_token is None:
        places["API token"] = (
            f"{line.api_token}  (made for this run, shown once; set LINE_API_TOKEN for one that stays)"
        )
    out.print("[green]the line is up[/]; Ctrl-C stops it")
    for name, place in places.items():
        out.print(f"  {name:17} {place}", markup=False, soft_wrap=True)


def install_asterisk(settings: Settings, out: Console) -> None:
    """`consultline asterisk install`."""
    with out.status("looking for Asterisk") as status:
        found = find_or_install(settings.asterisk, settings.cache_dir, status.update)
    out.print(f"Asterisk {found.version} in {found.root or found.binary}")
