"""A running Asterisk's console, from outside its root folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ops.errors import OperatorError
from runtime.settings import Settings


def ask(folder: Path, command: str) -> str:
    """What the Asterisk whose files are in `folder` says to a command, as `asterisk -rx` would show it.

    Raises OperatorError if none is up there.
    """
    try:
        process = Path("/proc", (folder / "run/asterisk.pid").read_text().strip())
        # As it was started: `asterisk -f -C <configuration>`, with paths as it sees them.
        binary, _, _, configuration = (process / "cmdline").read_bytes().decode().split("\0")[:4]
    except (OSError, ValueError):
        raise OperatorError(f"no Asterisk is up in {folder}: is the line up, with this LINE_DATA_DIR?") from None
    enter = (
        ["nsenter", f"--target={process.name}", "--mount", "--root"]
        if (process / "root").readlink() != Path("/")
        else []
    )
    words = [*enter, binary, "-C", configuration, "-rx", command]
    answer = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    return answer.stdout


def say(settings: Settings, command: str) -> None:
    """`consultline asterisk console`."""
    sys.stdout.write(ask(settings.data_dir.expanduser().resolve() / "asterisk", command))
