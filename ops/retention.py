"""`consultline retention`: what is kept how long, what would go now, and making it go."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.database import url
from runtime.settings import Settings, variable
from schema.engine import Store
from schema.queries import retention
from schema.queries.retention import Due

_BATCH = 500
_STATEMENT_SECONDS = 60.0  # counting a large table takes its time, and nobody waits for it but an operator


def show(settings: Settings, out: Console, *, as_json: bool) -> None:
    """Print each kind with its setting and how much of it would go now; take nothing.

    Raises SettingsError, StoreUnavailableError.
    """
    with closing(_store(settings)) as store, store.transaction() as session:
        found = [retention.due(session, kind, _days(settings, kind.setting)) for kind in retention.KINDS]
    if as_json:
        sys.stdout.write(json.dumps([_row(settings, due) for due in found], indent=2) + "\n")
        return
    table = Table("kind", "setting", "days", "would go now", "the oldest is of")
    for due in found:
        row = _row(settings, due)
        table.add_row(row["kind"], row["setting"], str(row["days"]), str(row["due"]), row["oldest"] or "")
    out.print(table)
    out.print("the worker does it every hour; consultline retention --now does it at once")


def carry_out(settings: Settings, out: Console, *, as_json: bool) -> None:
    """Take away all that is over, a batch at a time, and say how much it was. Ctrl-C leaves whole batches only.

    Raises SettingsError, StoreUnavailableError, ConflictError.
    """
    gone: dict[str, int] = {}
    note = Console(stderr=True, highlight=False)
    with closing(_store(settings)) as store:
        for kind in retention.KINDS:
            gone[kind.name], days = 0, _days(settings, kind.setting)
            with note.status(f"{kind.name} …") as status:
                while True:
                    with store.transaction() as session:
                        count = retention.purge(session, kind, days, _BATCH)
                    gone[kind.name] += count
                    status.update(f"{kind.name}: {gone[kind.name]} gone")
                    if count < _BATCH:
                        break
    if as_json:
        sys.stdout.write(json.dumps(gone, indent=2) + "\n")
        return
    out.print(", ".join(f"{count} {name}" for name, count in gone.items() if count) or "nothing was over")


def _store(settings: Settings) -> Store:
    return Store(url(settings), pool=1, statement_seconds=_STATEMENT_SECONDS)


def _days(settings: Settings, setting: str) -> int:
    return int(getattr(settings, setting))


def _row(settings: Settings, due: Due) -> dict[str, Any]:
    return {
        "kind": due.kind.name,
        "setting": variable(due.kind.setting),
        "days": _days(settings, due.kind.setting),
        "due": due.count,
        "oldest": due.oldest.astimezone(UTC).isoformat(timespec="seconds") if due.oldest else None,
    }
