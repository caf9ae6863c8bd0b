"""A wall clock for Asterisk alone that can be stepped while it runs (libfaketime)."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from ops.asterisk.installation import MOUNT_POINT, Installation

_LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")
_FOLDER = "clock"


def library() -> Path | None:
    """Where libfaketime is on this machine; None if it is not installed (Debian: faketime)."""
    return next((path for pattern in _LIBRARIES for path in Path("/").glob(pattern.lstrip("/"))), None)


class Clock:
    """The clock of an Asterisk whose files are in `folder`. `environment` is what makes Asterisk go by it."""

    def __init__(self, folder: Path, installation: Installation) -> None:
        found = library()
        if found is None:
            raise FileNotFoundError("libfaketime is not installed: apt-get install faketime (`make` does it as root)")
        own = folder / _FOLDER
        own.mkdir(parents=True, exist_ok=True)
        shutil.copy(found, own / "libfaketime.so")
        self._offset = own / "offset"
        home = (MOUNT_POINT if installation.root else folder) / _FOLDER
        self.environment = {
            "LD_PRELOAD": str(home / "libfaketime.so"),
            "FAKETIME_TIMESTAMP_FILE": str(home / "offset"),
            # Look at the file at every call. Timers go by the monotonic clock, which no operator can step.
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        self.step(timedelta(0))

    def step(self, offset: timedelta) -> None:
        """Let the clock be so far from the true one."""
        # In place and always of one length: this must work on a full disk, too.
        mode = "r+" if self._offset.exists() else "w"
        with self._offset.open(mode) as opened:
            opened.write(f"{offset.total_seconds():+020.3f}\n")
        self._offset.chmod(0o644)
