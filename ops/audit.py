"""`consultline audit`: who did what, and the proof that nobody altered that since (P2)."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from ops.database import url
from ops.errors import OperatorError
from runtime.settings import Settings
from schema.engine import Store
from schema.models import AuditEntry
from schema.queries import audit, audit_chain
from schema.queries.audit_chain import Place, Progress, Verified

_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
_QUIET_SECONDS = 2
_STATEMENT_SECONDS = 60


def verify(settings: Settings, out: Console, *, since_head: str | None, as_json: bool) -> bool:
    """Print whether the audit is as it was written, and its head. Returns whether it is.

    `since_head` is a head as this printed it earlier. Raises OperatorError for one that is none, SettingsError,
    StoreUnavailableError.
    """
    since = _head(since_head) if since_head is not None else None
    with (
        closing(Store(url(settings), pool=1, statement_seconds=_STATEMENT_SECONDS)) as store,
        store.transaction() as session,
        _told() as progress,
    ):
        found = audit_chain.verify(session, since=since, progress=progress)
    if as_json:
        sys.stdout.write(json.dumps({"good": found.broken is None, **asdict(found)}, indent=2) + "\n")
    else:
        _tell(found, since, out)
    return found.broken is None


def _tell(found: Verified, since: Place | None, out: Console) -> None:
    if found.broken is not None:
        out.print(f"✗ the audit is broken at row {found.broken.id}: it {found.broken.problem}", markup=False)
        out.print(f"the {found.rows} rows before hold; docs/operating.md says what to do", markup=False)
        return
    cleared = f"; rows up to {found.cleared.id} were cleared away by retention" if found.cleared.id else ""
    out.print(f"{found.rows} rows, each as it was written, none missing, none added{cleared}", markup=False)
    if since is not None:
        out.print(f"the head noted at row {since.id} is still part of it", markup=False)
    if found.head.id:
        out.print("head, to be noted elsewhere for --since-head:", markup=False)
        out.print(str(found.head), markup=False, soft_wrap=True)


def show(
    settings: Settings, out: Console, *, actions: Collection[str], since: datetime | None, most: int, as_json: bool
) -> None:
    """Print the newest rows, oldest first. Raises OperatorError for an action that is none, SettingsError."""
    known = [action.value for action in audit.Action]
    if unknown := sorted(set(actions) - set(known)):
        raise OperatorError(f"--action: there is no {unknown[0]}; there are {', '.join(known)}")
    with closing(Store(url(settings), pool=1)) as store, store.transaction() as session:
        rows = audit.listed(session, actions=actions, since=since, most=most)
    if as_json:
        sys.stdout.write(json.dumps([_row(row) for row in rows], indent=2) + "\n")
        return
    table = Table("id", "at", "who", "did", "to", "details")
    for row in rows:
        details = ", ".join(f"{name}: {_words(value)}" for name, value in row.details.items())
        who, subject = f"{row.actor_kind} {row.actor}", f"{row.subject_kind} {row.subject_id}"
        table.add_row(
            str(row.id), row.at.astimezone(UTC).isoformat(timespec="seconds"), who, row.action, subject, details
        )
    out.print(table)


def _row(row: AuditEntry) -> dict[str, object]:
    return {
        "id": row.id,
        "at": row.at.astimezone(UTC).isoformat(),
        "actor_kind": row.actor_kind,
        "actor": row.actor,
        "action": row.action,
        "subject_kind": row.subject_kind,
        "subject_id": row.subject_id,
        "details": row.details,
        "hash": row.hash,
    }


def _words(value: object) -> str:
    return " ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _head(written: str) -> Place:
    parts = _HEAD.fullmatch(written.strip())
    if parts is None:
        raise OperatorError(
            "--since-head: not a head as `consultline audit verify` prints it: a row's id, a colon, a hash"
        )
    return Place(int(parts[1]), parts[2])


@contextmanager
def _told() -> Iterator[Progress]:
    """Progress on standard error, once it takes longer than one likes to wait without a word."""
    began = time.monotonic()
    with Console(stderr=True, highlight=False).status("") as status:
        status.stop()

        def progress(rows: int) -> None:
            if time.monotonic() - began > _QUIET_SECONDS:
                status.update(f"verifying the audit: {rows} rows hold so far")
                status.start()

        yield progress
