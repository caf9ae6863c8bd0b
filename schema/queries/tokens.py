"""API tokens: a random secret each, of which only the hash is kept (P3)."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from schema.models import ApiToken
from schema.queries import audit
from schema.queries.audit import THE_LINE, Action, Actor, Subject
from schema.queries.line import clock
from schema.scopes import Scope

_TOKEN = re.compile(r"clt_([0-9]{1,18})_([A-Za-z0-9_-]{43})")
_USED_EVERY = timedelta(minutes=1)  # often enough to tell a token in use from a forgotten one
_REFUSED_EVERY = timedelta(hours=1)


class NameTakenError(Exception):
    """There is a token of this name, revoked or not: an audit row's name must mean one token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is good now."""

    name: str
    scopes: frozenset[Scope]


def create(
    session: Session, name: str, scopes: Collection[Scope], expires_at: datetime | None, *, actor: Actor = THE_LINE
) -> str:
    """Make a token, and return it: it can be shown now and never again. Raises NameTakenError."""
    secret = secrets.token_urlsafe(32)
    token_id = session.scalar(
        insert(ApiToken)
        .values(name=name, scopes=sorted(scopes), secret_hash=_hash(secret), expires_at=expires_at)
        .on_conflict_do_nothing(index_elements=[ApiToken.name])
        .returning(ApiToken.id)
    )
    if token_id is None:
        raise NameTakenError
    details = {"scopes": sorted(scopes), "expires_at": expires_at.isoformat() if expires_at else None}
    audit.record(session, actor, Action.TOKEN_CREATED, Subject("token", name), details)
    return f"clt_{token_id}_{secret}"


def looks_like_one(text: str) -> bool:
    """Whether this could be a token of ours, so that it is worth asking the database."""
    return _TOKEN.fullmatch(text) is not None


def find(session: Session, text: str) -> Token | None:
    """The token of which this is the text, if it is good now: not expired, not revoked.

    The audit gets a row for the first use in each hour of the clock, and for one refused use an hour (P2).
    """
    match = _TOKEN.fullmatch(text)
    if match is None:
        return None
    kept = session.get(ApiToken, int(match[1]))
    # Found by its id, compared in constant time: how long that takes tells nothing of the secret.
    if kept is None or not secrets.compare_digest(kept.secret_hash, _hash(match[2])):
        return None
    now = clock(session)
    actor, subject = Actor("token", kept.name), Subject("token", kept.name)
    if kept.revoked_at is not None or (kept.expires_at is not None and kept.expires_at <= now):
        if _stamped(session, kept, ApiToken.refused_at, now, _REFUSED_EVERY):
            why = "revoked" if kept.revoked_at is not None else "expired"
            audit.record(session, actor, Action.TOKEN_REFUSED, subject, {"reason": why})
        return None
    before = kept.last_used_at
    if _stamped(session, kept, ApiToken.last_used_at, now, _USED_EVERY) and (
        before is None or _hour(before) != _hour(now)
    ):
        audit.record(session, actor, Action.TOKEN_USED, subject)
    return Token(kept.name, frozenset(Scope(scope) for scope in kept.scopes))


def _stamped(
    session: Session, kept: ApiToken, column: InstrumentedAttribute[datetime | None], now: datetime, every: timedelta
) -> bool:
    """Note the time, if it was not noted for so long. Of several at once one does, and is told so."""
    noted: datetime | None = getattr(kept, column.key)
    due: ColumnElement[bool] = or_(column.is_(None), column <= now - every)
    if noted is not None and noted > now - every:
        return False
    statement = update(ApiToken).where(ApiToken.id == kept.id, due).values({column.key: now}).returning(ApiToken.id)
    return session.scalar(statement.execution_options(synchronize_session=False)) is not None


def _hour(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def listed(session: Session) -> Sequence[ApiToken]:
    """Every token that ever was, oldest first."""
    return session.scalars(select(ApiToken).order_by(ApiToken.id)).all()


def revoke(session: Session, name: str, *, actor: Actor = THE_LINE) -> bool:
    """Make a token good for nothing from now on. Returns False if there is none of this name that was good."""
    statement = (
        update(ApiToken)
        .where(ApiToken.name == name, ApiToken.revoked_at.is_(None))
        .values(revoked_at=func.clock_timestamp())
        .returning(ApiToken.id)
    )
    revoked = session.scalar(statement) is not None
    if revoked:
        audit.record(session, actor, Action.TOKEN_REVOKED, Subject("token", name))
    return revoked


def _hash(secret: str) -> str:
    # 256 random bits cannot be guessed, so one round is enough.
    return hashlib.sha256(secret.encode()).hexdigest()
