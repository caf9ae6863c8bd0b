"""`consultline token`: who may use the API, and for what (P3)."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.database import url
from ops.errors import OperatorError
from ops.login import operator
from runtime.settings import Settings
from schema.engine import Store, Transaction
from schema.models import ApiToken
from schema.queries import tokens
from schema.queries.line import clock
from schema.queries.tokens import NameTakenError
from schema.scopes import Scope

EXPIRES = "365d"
"""When a token expires of which nobody said so."""

_SOON = timedelta(days=14)
_NAME = r"[a-z0-9][a-z0-9._-]{0,63}"


def create(
    settings: Settings, out: Console, *, name: str, scopes: Collection[Scope], expires: str, as_json: bool
) -> None:
    """Make a token and print it, this once.

    `expires` is a number of days, an instant or `never`. Raises OperatorError for a name or an expiry that cannot be.
    """
    if not re.fullmatch(_NAME, name):
        raise OperatorError("--name: 1 to 64 of a-z 0-9 . _ -, and not a sign first. Example: --name scheduling")
    with _transaction(settings) as session:
        expires_at = _expiry(expires, clock(session))
        try:
            token = tokens.create(session, name, scopes, expires_at, actor=operator())
        except NameTakenError:
            raise OperatorError(f"--name: there is or was a token named {name}; choose another name") from None
    if as_json:
        told = {"name": name, "scopes": sorted(scopes), "expires_at": _text(expires_at), "token": token}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return
    # The token alone on standard output, so that it can be piped into a file or a secret store.
    note = Console(stderr=True, highlight=False)
    note.print(f"token {name}, scopes {', '.join(sorted(scopes))}, expires {_text(expires_at) or 'never'}")
    note.print("it is shown this once:")
    out.print(token, markup=False, soft_wrap=True)


def show(settings: Settings, out: Console, *, as_json: bool) -> None:
    """Print every token: what it is good for, until when or since when not, and when it was last used.

    Warns, on standard error, of those that expire within two weeks.
    """
    with _transaction(settings) as session:
        now, kept = clock(session), tokens.listed(session)
    rows = [_row(token, now) for token in kept]
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    table = Table("name", "scopes", "state", "created at", "expires at", "last used at")
    for row in rows:
        table.add_row(
            row["name"],
            ", ".join(row["scopes"]),
            row["state"],
            row["created_at"],
            row["expires_at"] or "never",
            row["last_used_at"] or "never",
        )
    out.print(table)
    note = Console(stderr=True, highlight=False)
    for row in rows:
        if row["expires_soon"]:
            used = f"last used at {row['last_used_at']}" if row["last_used_at"] else "never used"
            note.print(f"token {row['name']} expires at {row['expires_at']} ({used})", markup=False, soft_wrap=True)


def revoke(settings: Settings, out: Console, name: str) -> None:
    """Make a token good for nothing, from its next request on. Raises OperatorError where there is none."""
    with _transaction(settings) as session:
        if not tokens.revoke(session, name, actor=operator()):
            raise OperatorError(f"there is no token named {name} that is not revoked: see `consultline token list`")
    out.print(f"token {name} is revoked", markup=False)


@contextmanager
def _transaction(settings: Settings) -> Iterator[Transaction]:
    store = Store(url(settings), pool=1)
    try:
        with store.transaction() as session:
            yield session
    finally:
        store.close()


def _expiry(text: str, now: datetime) -> datetime | None:
    if text == "never":
        return None
    if days := re.fullmatch(r"([1-9][0-9]{0,3})d", text):
        return now + timedelta(days=int(days[1]))
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise OperatorError(
            "--expires: neither days, nor an instant, nor never. Example: --expires 90d, or 2027-01-31T00:00:00Z"
        )
    if instant <= now:
        raise OperatorError("--expires: that is over. Example: --expires 90d")
    return instant


def _row(token: ApiToken, now: datetime) -> dict[str, Any]:
    expired = token.expires_at is not None and token.expires_at <= now
    state = "revoked" if token.revoked_at else "expired" if expired else "good"
    return {
        "name": token.name,
        "scopes": token.scopes,
        "state": state,
        "expires_soon": state == "good" and token.expires_at is not None and token.expires_at <= now + _SOON,
        "created_at": _text(token.created_at),
        "expires_at": _text(token.expires_at),
        "revoked_at": _text(token.revoked_at),
        "last_used_at": _text(token.last_used_at),
    }


def _text(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat(timespec="seconds") if instant else None
