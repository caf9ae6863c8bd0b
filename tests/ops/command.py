"""The command as a process of its own, with settings of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from ops import ports
from tests.number_key import NUMBER_KEY

# What an installed `consultline` runs.
CONSULTLINE = [sys.executable, "-m", "ops.cli"]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """An environment with none of the machine's own LINE_ settings, free ports, and `folder` for data."""
    sip, trunk, agi, ami, api = ports.free(5)
    own = {
        "LINE_DATA_DIR": str(folder / "data"),
        "LINE_SIP_BIND": f"127.0.0.1:{sip}",
        "LINE_TRUNK_ADDRESS": f"127.0.0.1:{trunk}",
        "LINE_AGI_ADDRESSES": f"127.0.0.1:{agi}",
        "LINE_AMI_ADDRESS": f"127.0.0.1:{ami}",
        "LINE_API_BIND": f"127.0.0.1:{api}",
        # A terminal would be wider; a message must not be cut in two for a test's sake.
        "COLUMNS": "300",
    }
    if "LINE_DATABASE_URL" in settings:
        own["LINE_NUMBER_KEY"] = NUMBER_KEY
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINE_")}
    return {**kept, **own, **settings}


def run(
    variables: Mapping[str, str], *arguments: str, seconds: float = 60, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; `typed` is what it reads."""
    return subprocess.run(
        [*CONSULTLINE, *arguments],
        env=dict(variables),
        input=typed,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


class Up:
    """A `consultline up` that is going on."""

    def __init__(self, variables: Mapping[str, str], folder: Path) -> None:
        self._output = folder / f"up-{time.monotonic_ns()}.txt"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*CONSULTLINE, "up"], env=dict(variables), stdout=output, stderr=output, start_new_session=True
            )

    def said(self) -> str:
        """What it printed so far."""
        return self._output.read_text()

    def wait_until_up(self, seconds: float = 60) -> None:
        """Wait for its word that the line is up."""
        deadline = time.monotonic() + seconds
        while "the line is up" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)


def processes_of(folder: Path) -> list[str]:
    """Every process that works for a line whose data are in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + b"\0" + (process / "environ").read_bytes()
            # PostgreSQL's children rewrite both; they stand in the folder.
            where = str((process / "cwd").readlink())
        except OSError:
            continue
        if process.name != str(os.getpid()) and (str(folder).encode() in words or str(folder) in where):
            found.append(f"{process.name} {words.split(bytes(2))[0][:80]!r}")
    return found


def wait_until_gone(folder: Path, seconds: float = 15) -> list[str]:
    """What is left of a line after at most so many seconds."""
    deadline = time.monotonic() + seconds
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left
