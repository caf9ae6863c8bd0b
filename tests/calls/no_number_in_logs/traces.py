"""Whatever a line leaves behind, searched for phone numbers in any spelling."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

# What may stand between the digits of a number.
_BETWEEN = re.compile(rb"%2[0-9A-Fa-f]|\xe2\x80[\x90-\x95]|\xc2\xa0|[ \t().+/-]")
_LONG = re.compile(rb"[0-9]{10,}")
# A number without its area code, standing alone: longer runs of digits and letters hold any seven by chance.
_LOCAL = re.compile(rb"(?<![0-9A-Za-z])([0-9]{3})[-. ]?([0-9]{4})(?![0-9A-Za-z])")
# Audio that came with the line, and nothing of any call.
_NOT_SEARCHED = {"sounds"}


class Finder:
    """Looks for these numbers, all of the US."""

    def __init__(self, numbers: Iterable[str]) -> None:
        self._national = {number[-10:].encode(): number for number in numbers}
        self._local = {number[-7:].encode(): number for number in numbers}

    def find(self, data: bytes) -> set[str]:
        """Which of them stand in a text, however they are spelt, as long as seven digits of it are there."""
        found = self.find_plain(_BETWEEN.sub(b"", data))
        alone = (first + second for first, second in _LOCAL.findall(data))
        return found | {self._local[digits] for digits in alone if digits in self._local}

    def find_plain(self, data: bytes) -> set[str]:
        """Which of them stand somewhere with nothing between the ten digits. Quick, for databases."""
        windows = (run[place : place + 10] for run in _LONG.findall(data) for place in range(len(run) - 9))
        return {self._national[digits] for digits in windows if digits in self._national}

    def in_files(self, folder: Path) -> dict[str, set[str]]:
        """The files under a folder that hold a number, and which."""
        found = {}
        for path in sorted(folder.rglob("*")):
            inner = path.relative_to(folder)
            if path.is_file() and not path.is_symlink() and not _NOT_SEARCHED & set(inner.parts):
                data = path.read_bytes()
                numbers = self.find_plain(data) if inner.parts[0] == "postgres" else self.find(data)
                numbers |= self.find(str(inner).encode())
                if numbers:
                    found[str(inner)] = numbers
        return found


class Watch:
    """Keeps, until it is closed, what is there for a moment only: the second witness's rows, which go when they are
    read, and the command lines and environments of all processes that this one began.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.rows: dict[str, bytes] = {}
        self.processes: dict[str, bytes] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_again_and_again)
        self._thread.start()

    def close(self) -> None:
        """Look a last time."""
        self._over.set()
        self._thread.join()
        self._look()

    def _look_again_and_again(self) -> None:
        while not self._over.wait(0.1):
            self._look()

    def _look(self) -> None:
        for path, rows in _read(self._folder.glob("asterisk/log/cel-custom/*")):
            # Files are begun anew under their old name: the first row, with its instant, tells them apart.
            self.rows[f"{path.name} {rows[:120]!r}"] = rows
        for process in _descendants(os.getpid()):
            for _, command in _read([process / "cmdline"]):
                name = f"{process.name} {command.replace(bytes(1), b' ').decode(errors='replace')}"
                for _, environment in _read([process / "environ"]):
                    self.processes[name] = command + b"\n" + environment


def _descendants(ancestor: int) -> Iterator[Path]:
    """Every process that this one began, and those that these began."""
    children: dict[int, list[int]] = {}
    for path, status in _read(Path("/proc").glob("[0-9]*/stat")):
        # Behind the name, which may hold anything, stand the state and the parent.
        children.setdefault(int(status.rpartition(b")")[2].split()[1]), []).append(int(path.parent.name))
    found = [ancestor]
    for process in found:
        found += children.get(process, [])
    yield from (Path(f"/proc/{process}") for process in found[1:])


def _read(paths: Iterable[Path]) -> Iterator[tuple[Path, bytes]]:
    """What can be read: files and processes go."""
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError:
            continue
        yield path, data
