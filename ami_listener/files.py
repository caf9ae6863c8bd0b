"""The files of CEL rows on this machine: found, told apart, read from where reading stopped, rotated, cleaned."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

NAME = "line.json"  # as dialplan/cel_custom.conf.j2 says
LARGEST_BYTES = 16 << 20
OLDEST_SECONDS = 86_400.0
_CHUNK_BYTES = 1 << 18
# Asterisk opens the file for each row: one that it opened before the rename is long written by then.
_SETTLED_SECONDS = 60.0
_FIRST_ROW_BYTES = 4096


@dataclass(frozen=True, slots=True)
class File:
    """One file as it stands now. `id` stays when it is renamed; `begins_with` tells it from a later one with its id."""

    path: Path
    id: str
    begins_with: str
    size: int

    @property
    def in_use(self) -> bool:
        """Whether Asterisk writes into it."""
        return self.path.name == NAME


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of a file, and the place behind them."""

    lines: Sequence[str]
    position: int


def found(folder: Path, complain: Callable[[OSError], None] = lambda _: None) -> list[File]:
    """Every file with at least one row, oldest first; `complain` is told of each that cannot be read.

    Raises OSError if the folder itself cannot be.
    """
    files: list[tuple[int, File]] = []
    for path in folder.iterdir():
        if not (path.name == NAME or path.name.startswith(f"{NAME}.")):
            continue
        try:
            with path.open("rb") as opened:
                about = os.fstat(opened.fileno())
                first = opened.readline(_FIRST_ROW_BYTES)
        except FileNotFoundError:  # renamed or deleted meanwhile
            continue
        except OSError as error:
            complain(error)
            continue
        # What is longer than any row was not written by Asterisk; a row that was may still stand behind it.
        if first.endswith(b"\n") or len(first) == _FIRST_ROW_BYTES:
            file = File(path, _id(about), hashlib.sha256(first).hexdigest()[:16], about.st_size)
            files.append((about.st_mtime_ns, file))
    return [file for _, file in sorted(files, key=lambda entry: (entry[0], entry[1].id))]


def read(file: File, position: int) -> Chunk:
    """The whole lines from `position` on, of about 256 KiB. A row that is still being written waits.

    Raises OSError, also where another file has this one's name by now: its rows stand at other places.
    """
    with file.path.open("rb") as opened:
        if _id(os.fstat(opened.fileno())) != file.id:
            raise FileNotFoundError(errno.ENOENT, "renamed meanwhile")
        opened.seek(position)
        data = opened.read(_CHUNK_BYTES)
    whole = data[: data.rfind(b"\n") + 1]
    if not whole and len(data) == _CHUNK_BYTES:
        # No row is that long: whatever it is, reading must go on behind it.
        return Chunk([""], position + len(data))
    if not whole and data and is_settled(file):
        # Asterisk died over it: nobody will end this line.
        return Chunk([data.decode("utf-8", "replace")], position + len(data))
    # Not splitlines: it ends a line at characters that stand within one.
    return Chunk(whole.decode("utf-8", "replace").split("\n")[:-1], position + len(whole))


def rotate(file: File) -> Path | None:
    """Put a file aside that has become large or old, to be deleted once it is read. Asterisk begins another."""
    if not file.in_use or (file.size < LARGEST_BYTES and time.time() - _begun_at(file) < OLDEST_SECONDS):
        return None
    target = file.path.with_name(f"{NAME}.{time.time_ns()}")
    file.path.rename(target)
    return target


def is_settled(file: File) -> bool:
    """Whether nobody writes into this file any more."""
    try:
        return not file.in_use and time.time() - file.path.stat().st_mtime > _SETTLED_SECONDS
    except FileNotFoundError:
        return False


def _id(about: os.stat_result) -> str:
    return f"{about.st_dev}:{about.st_ino}"


def _begun_at(file: File) -> float:
    """When its first row was written, by the row itself; now, if that does not say."""
    with file.path.open("rb") as opened:
        first = opened.readline(_FIRST_ROW_BYTES).decode("utf-8", "replace")
    _, _, rest = first.partition('"eventtime":"')
    try:
        return float(rest.partition(".")[0])
    except ValueError:
        return time.time()
