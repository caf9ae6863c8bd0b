"""The folder into which Asterisk writes its CEL rows, played by the test: opened, appended to and closed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import text

from ami_listener.files import NAME
from ami_listener.tail import Tail
from schema.engine import Store
from schema.queries import cel_files
from tests.agi.asterisk_side import defaults

NODE = "line1"
LONG_AGO = 3600.0


def write(folder: Path, rows: Iterable[str], name: str = NAME) -> Path:
    """Append these rows, as Asterisk does. Returns the file."""
    return write_text(folder, "".join(f"{row}\n" for row in rows), name)


def write_text(folder: Path, written: str, name: str = NAME) -> Path:
    """Append these characters, which need not be whole rows."""
    path = folder / name
    with path.open("a") as opened:
        opened.write(written)
    return path


def settled(path: Path) -> Path:
    """Nobody has written into this file for an hour."""
    before = time.time() - LONG_AGO
    os.utime(path, (before, before))
    return path


def tail(folder: Path, store: Store) -> Tail:
    """A reader who has just been started."""
    return Tail(folder, store, defaults())


def places(store: Store) -> Mapping[str, int]:
    """How far each file was read, by its inode."""
    with store.transaction() as session:
        found = cel_files.places(session, NODE)
    return {file.rpartition(":")[2]: place.position for file, place in found.items()}


def place(store: Store, path: Path) -> int | None:
    """How far this file was read; None if nothing is known of it."""
    return places(store).get(str(path.stat().st_ino))


def run(store: Store, *statements: str) -> None:
    """Plain SQL."""
    with store.transaction() as session:
        for statement in statements:
            session.execute(text(statement))
