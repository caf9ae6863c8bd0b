"""What of a profile changed: for the audit, by the names of its fields and never by what stands in them (P2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from consultation.numbers import PhoneNumber
from schema.models import Client, Practice, Provider
from schema.queries import audit
from schema.queries.audit import Action, Actor, Subject

Fields = Mapping[str, Any]


def stored(session: Session, profile: type[Practice | Provider | Client], profile_id: str) -> dict[str, Any] | None:
    """A profile as it is, which nobody else changes until the transaction ends; calls can still refer to it."""
    columns: Any = profile.__table__
    query = select(*columns.c).where(columns.c.id == profile_id).with_for_update(key_share=True)
    row = session.execute(query).mappings().one_or_none()
    return dict(row) if row is not None else None


def record(
    session: Session,
    actor: Actor,
    kind: Literal["practice", "provider", "client"],
    profile_id: str,
    change: tuple[Fields | None, Fields],
) -> None:
    """Keep that the profile was changed from what it was to what it is, or created; nothing if all is as it was.

    Of numbers that came or went, the last two digits are kept.
    """
    before, after = change
    fields = [name for name in after if (before[name] if before else None) != after[name]]
    if not fields and before is not None:
        return
    # Of a PIN, its hash is stored.
    details: dict[str, Any] = {"fields": sorted(name.removesuffix("_hash") for name in fields)}
    was = {(name, number) for name in fields for number in _numbers(before[name] if before else None)}
    now = {(name, number) for name in fields for number in _numbers(after[name])}
    for word, some in (("numbers_added", now - was), ("numbers_removed", was - now)):
        if some:
            details[word] = sorted(str(number) for _, number in some)
    action = Action(f"{kind}.{'created' if before is None else 'changed'}")
    audit.record(session, actor, action, Subject(kind, profile_id), details)


def _numbers(value: object) -> list[PhoneNumber]:
    if isinstance(value, PhoneNumber):
        return [value]
    return [part for part in value if isinstance(part, PhoneNumber)] if isinstance(value, Mapping) else []
