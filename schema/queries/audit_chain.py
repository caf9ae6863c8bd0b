"""Whether the audit is as it was written: every row, none missing, none added (P2).

The hashes are computed here and not by the database's own function, which whoever altered rows could have altered, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Text, cast, func, select
from sqlalchemy.orm import Session

from schema.models import AuditEntry, AuditHead

BATCH = 1000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the chain by its id and its hash, which covers every row up to it."""

    id: int
    hash: str

    def __str__(self) -> str:
        return f"{self.id}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row at which the chain is not as it was written, and in what way."""

    id: int
    problem: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How many rows hold, where the chain ends, after which row what is kept of it begins; and where it breaks."""

    rows: int
    head: Place
    cleared: Place
    broken: Broken | None


class _BrokenError(Exception):
    def __init__(self, row_id: int, problem: str) -> None:
        super().__init__(problem)
        self.broken = Broken(row_id, problem)


def verify(session: Session, *, since: Place | None = None, progress: Progress = lambda _rows: None) -> Verified:
    """Go through the whole audit, oldest row first, as it was when the session's transaction began.

    `since` is a head that was noted earlier: the chain must still lead through it. It must be the first that the
    session does. `progress` is told, now and then, how many rows hold so far.
    """
    # One snapshot: rows that are added, and old ones that retention takes meanwhile, change nothing.
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    head_row = session.scalar(select(AuditHead))
    if head_row is None:
        nothing = Place(0, "")
        return Verified(0, nothing, nothing, Broken(0, "the table audit_head is empty: where the audit ends is lost"))
    head, cleared = Place(head_row.id, head_row.hash), Place(head_row.cleared_id, head_row.cleared_hash)
    held = 0
    try:
        _look_for(since, cleared, head)
        last = cleared
        for row in _rows(session):
            last = _next(last, row, head)
            if since is not None and last.id == since.id and last.hash != since.hash:
                raise _BrokenError(last.id, "is another than when its hash was noted: rows up to it were rewritten")
            held += 1
            if held % BATCH == 0:
                progress(held)
        if last.id < head.id:
            raise _BrokenError(last.id + 1, "is missing, and so is every row after it")
        if last.hash != head.hash:
            raise _BrokenError(head.id, "is not the row that the table audit_head says the audit ends with")
    except _BrokenError as found:
        return Verified(held, head, cleared, found.broken)
    return Verified(held, head, cleared, None)


def _look_for(since: Place | None, cleared: Place, head: Place) -> None:
    if since is None:
        return
    if since.id > head.id:
        raise _BrokenError(since.id, "was noted and is missing: the end of the audit was cut off")
    if since.id < cleared.id:
        raise _BrokenError(since.id, "was cleared away by retention, so nothing can be said of it: note a newer head")
    if since.id == cleared.id and since.hash != cleared.hash:
        raise _BrokenError(since.id, "is another than when its hash was noted: rows up to it were rewritten")


def _next(last: Place, row: Row[Any], head: Place) -> Place:
    """The row's place, if it follows the last one."""
    if row.id <= last.id:
        raise _BrokenError(row.id, "was added: what stood there was cleared away by retention, or never was")
    if row.id > head.id:
        raise _BrokenError(row.id if row.id == last.id + 1 else last.id + 1, _beyond(row.id, last.id))
    if row.id > last.id + 1:
        raise _BrokenError(last.id + 1, "is missing")
    if digest(row) != row.hash:
        raise _BrokenError(row.id, "was altered: its hash is not of what stands in it")
    if row.previous_hash != last.hash:
        raise _BrokenError(row.id, "does not follow the row before it: one of the two was replaced")
    return Place(row.id, row.hash)


def _beyond(row_id: int, last_id: int) -> str:
    return "was added: the audit ends before it" if row_id == last_id + 1 else "is missing, and later rows were added"


def digest(row: Row[Any]) -> str:
    """The hash that belongs to what stands in a row, which holds the hash of the row before."""
    parts = [
        row.previous_hash,
        str(row.id),
        row.at or "",
        row.actor_kind,
        row.actor,
        row.action,
        row.subject_kind,
        row.subject_id,
        row.details,
    ]
    text = ",".join(f"{len(part.encode())}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def _rows(session: Session) -> Iterator[Row[Any]]:
    query = select(
        AuditEntry.id,
        func.to_char(func.timezone("UTC", AuditEntry.at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"').label("at"),
        AuditEntry.actor_kind,
        AuditEntry.actor,
        AuditEntry.action,
        AuditEntry.subject_kind,
        AuditEntry.subject_id,
        cast(AuditEntry.details, Text).label("details"),
        AuditEntry.previous_hash,
        AuditEntry.hash,
    ).order_by(AuditEntry.id)
    batch = session.execute(query.limit(BATCH)).all()
    while batch:
        yield from batch
        batch = session.execute(query.where(AuditEntry.id > batch[-1].id).limit(BATCH)).all()
