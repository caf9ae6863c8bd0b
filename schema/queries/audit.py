"""Who did what that is to be answered for: written down in the transaction of the deed itself (P2).

Rows go in as the very last thing of a transaction. Adding one takes the lock of the chain's head, which is held until
the commit: nobody with that lock waits for another one, and it is held for as short a time as can be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from schema.models import AuditEntry

_WAITING = "audit"


class Action(StrEnum):
    """What was done."""

    NUMBER_SHOWN = "number.shown"
    LINE_NUMBER_ADDED = "line_number.added"
    PRACTICE_CREATED = "practice.created"
    PRACTICE_CHANGED = "practice.changed"
    PROVIDER_CREATED = "provider.created"
    PROVIDER_CHANGED = "provider.changed"
    CLIENT_CREATED = "client.created"
    CLIENT_CHANGED = "client.changed"
    TOKEN_CREATED = "token.created"  # noqa: S105 (no password)  # nosec B105
    TOKEN_REVOKED = "token.revoked"  # noqa: S105  # nosec B105
    TOKEN_USED = "token.used"  # noqa: S105  # nosec B105
    TOKEN_REFUSED = "token.refused"  # noqa: S105  # nosec B105
    PORTAL_LINK_MADE = "portal_link.made"
    PORTAL_SESSION_OPENED = "portal_session.opened"
    CALENDAR_KEY_MADE = "calendar_key.made"
    NUMBER_KEY_CHANGED = "number_key.changed"
    CALL_EXPLAINED = "call.explained"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who: a token, by its name; a provider, by their id; an operator, by their login; the line by itself."""

    kind: Literal["token", "provider", "operator", "line"]
    name: str


THE_LINE = Actor("line", "consultline")
"""What nobody asked for: the settings' own line numbers, the demo's people."""


@dataclass(frozen=True, slots=True)
class Subject:
    """To whom or what it was done, by its id."""

    kind: Literal["client", "provider", "practice", "line_number", "token", "number_key", "caller"]
    id: str


def record(
    session: Session, actor: Actor, action: Action, subject: Subject, details: Mapping[str, Any] | None = None
) -> None:
    """Keep this, in the session's transaction and at its end: no record, no deed. `details` hold no number (P1)."""
    waiting: list[dict[str, Any]] | None = session.info.get(_WAITING)
    if waiting is None:
        waiting = session.info[_WAITING] = []
        event.listen(session, "before_commit", _write)
        event.listen(session, "after_rollback", _forget)
    waiting.append(
        {
            "actor_kind": actor.kind,
            "actor": actor.name,
            "action": action,
            "subject_kind": subject.kind,
            "subject_id": subject.id,
            "details": dict(details or {}),
        }
    )


def _write(session: Session) -> None:
    waiting = session.info[_WAITING]
    if waiting:
        session.flush()  # every other lock first
        session.execute(insert(AuditEntry.__table__), waiting)  # type: ignore[arg-type]
        waiting.clear()


def _forget(session: Session) -> None:
    session.info[_WAITING].clear()


def listed(
    session: Session, *, actions: Collection[str] = (), since: datetime | None = None, most: int = 100
) -> Sequence[AuditEntry]:
    """The newest rows, oldest first: only of these actions, if any are given, and only since then."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(most)
    if actions:
        query = query.where(AuditEntry.action.in_(actions))
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    return list(reversed(session.scalars(query).all()))
