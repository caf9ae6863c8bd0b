"""Reads what Asterisk wrote to its own disk, also while we were away (E4).

The place in each file is committed with the facts of the rows before it: whatever dies, no row is lost, and one that
is read twice is one fact.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from ami_listener import files
from ami_listener.cel import MalformedRowError, is_torn, read_row
from ami_listener.files import File
from ami_listener.record import Seen, record
from runtime.settings import Settings
from schema.engine import ConflictError, StatementError, Store, StoreUnavailableError
from schema.queries import cel_files
from schema.queries.cel_files import Place

log = structlog.get_logger("ami_listener.tail")

EVERY_SECONDS = 0.25


class Tail:
    """One reader of one node's files. `run` in a thread; `catch_up` from any other."""

    def __init__(self, folder: Path, store: Store, settings: Settings) -> None:
        self._folder = folder
        self._store = store
        self._settings = settings
        self._places: dict[str, Place] | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._troubles: set[str] = set()

    def run(self) -> None:
        """Read until `stop`."""
        while not self._stopping.is_set():
            try:
                self.catch_up()
            except StoreUnavailableError as error:
                log.warning("database_unavailable", error=str(error))
                self._stopping.wait(1)
            except Exception:
                # A witness that falls silent by a defect of ours would not be missed until it is needed.
                log.exception("tail_failed")
                self._stopping.wait(1)
            self._stopping.wait(EVERY_SECONDS)

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping.set()

    def catch_up(self) -> int:
        """Read all that is written by now. Returns how many rows that were. Raises StoreUnavailableError."""
        with self._lock:
            if self._places is None:
                with self._store.transaction() as transaction:
                    self._places = cel_files.places(transaction, self._settings.node)
            try:
                found = files.found(self._folder, self._cannot_read)
            except OSError as error:
                self._complain("cel_folder_unreadable", error)
                return 0
            self._troubles.discard("cel_folder_unreadable")
            rows = sum(self._read(file, self._places) for file in found)
            self._clean(found, self._places)
            return rows

    def _read(self, file: File, places: dict[str, Place]) -> int:
        place = places.get(file.id)
        if place is None or place.begins_with != file.begins_with or place.position > file.size:
            # Never read, or cut short, or another file that was given the inode of one that is gone.
            place = Place(file.begins_with, 0)
        rows = 0
        while place.position < file.size and not self._stopping.is_set():
            try:
                chunk = files.read(file, place.position)
            except FileNotFoundError:  # renamed or deleted meanwhile
                break
            except OSError as error:
                self._cannot_read(error)
                break
            if not chunk.lines:
                break
            place = Place(file.begins_with, chunk.position)
            self._keep(self._sightings(chunk.lines), file, place)
            places[file.id] = place
            rows += len(chunk.lines)
        return rows

    def _sightings(self, lines: Sequence[str]) -> list[Seen]:
        sightings: list[Seen] = []
        for line in lines:
            try:
                sightings += read_row(line)
            except MalformedRowError as error:
                log.error("cel_row_malformed", why=str(error))
            else:
                if is_torn(line):
                    log.error("cel_row_torn")
        return sightings

    def _keep(self, sightings: list[Seen], file: File, place: Place) -> None:
        """Facts, outcomes and the place, in one transaction."""
        try:
            with self._store.transaction() as transaction:
                record(transaction, sightings, self._settings)
                cel_files.move(transaction, self._settings.node, file.id, place)
        except (StatementError, ConflictError) as error:
            log.error("cel_rows_refused", rows=len(sightings), error=str(error))
            self._keep_one_by_one(sightings)
            with self._store.transaction() as transaction:
                cel_files.move(transaction, self._settings.node, file.id, place)

    def _keep_one_by_one(self, sightings: list[Seen]) -> None:
        """One of them cannot be written; the others must not be lost with it."""
        for sighting in sightings:
            try:
                with self._store.transaction() as transaction:
                    record(transaction, [sighting], self._settings)
            except (StatementError, ConflictError) as error:
                log.error("cel_row_refused", channel=sighting.channel, error=str(error))

    def _clean(self, found: list[File], places: dict[str, Place]) -> None:
        """Put large files aside, and delete those put aside that were read to their end."""
        for file in found:
            try:
                if files.rotate(file):
                    log.info("cel_file_rotated", bytes=file.size)
                elif files.is_settled(file) and (place := places.get(file.id)) and place.position >= file.size:
                    self._forget({file.id}, places)
                    file.path.unlink()
                    log.info("cel_file_deleted", bytes=file.size)
            except OSError as error:
                self._complain("cel_file_stays", error)
        gone = places.keys() - {file.id for file in found}
        if gone:
            self._forget(gone, places)

    def _forget(self, gone: set[str], places: dict[str, Place]) -> None:
        """Before the file goes, not after: read once more, its rows are the same facts; passed over, they are lost."""
        with self._store.transaction() as transaction:
            cel_files.forget(transaction, self._settings.node, gone)
        for file in gone:
            del places[file]

    def _cannot_read(self, error: OSError) -> None:
        self._complain("cel_file_unreadable", error)

    def _complain(self, event: str, error: OSError) -> None:
        """Say it once, not four times a second."""
        if event not in self._troubles:
            self._troubles.add(event)
            log.error(event, error=type(error).__name__, folder=str(self._folder))
