"""What Asterisk itself wrote to disk of the calls that it refused on its own: each must be recorded (A10, A12)."""

from __future__ import annotations

import json
from pathlib import Path

from ami_listener.files import NAME


class Attempts:
    """Reads the CEL rows as they grow, beside the listener and independent of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_to: dict[int, int] = {}
        self.unrecorded: set[str] = set()  # channels that no server decided on; take out those that are recorded
        self.seen = 0

    def read(self) -> None:
        """Take in what was written since the last time."""
        for path in sorted(self._folder.glob(f"{NAME}*")):
            file = path.stat().st_ino
            with path.open("rb") as rows:
                rows.seek(self._read_to.get(file, 0))
                data = rows.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._read_to[file] = self._read_to.get(file, 0) + len(whole)
            found = {json.loads(row)["linkedid"] for row in whole.splitlines() if b'"LINE_UNAVAILABLE"' in row}
            self.unrecorded |= found
            self.seen += len(found)
