"""How a provider gets into their pages and stays there: links that work once, and sessions (P3).

Secrets are 256 random bits, so a plain hash of one tells nobody what it was. Only hashes are stored.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from schema.models import PortalLink, PortalSession, Provider
from schema.queries import audit
from schema.queries.audit import THE_LINE, Action, Actor, Subject
from schema.queries.line import clock

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Visitor:
    """The provider who is signed in."""

    provider_id: str
    name: str
    time_zone: str
    language: str
    practice_id: str | None


def issue(
    session: Session, provider_id: str, lasts: timedelta, *, actor: Actor = THE_LINE
) -> tuple[str, datetime] | None:
    """A new link's secret, and until when it can be used. None if there is no such provider.

    Clears away what this provider has that is over.
    """
    if session.scalar(select(Provider.id).where(Provider.id == provider_id)) is None:
        return None
    now = clock(session)
    session.execute(delete(PortalLink).where(PortalLink.provider_id == provider_id, PortalLink.expires_at <= now))
    session.execute(
        delete(PortalSession).where(
            PortalSession.provider_id == provider_id,
            or_(PortalSession.idle_ends_at <= now, PortalSession.ends_at <= now),
        )
    )
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    expires_at = now + lasts
    session.add(PortalLink(secret_hash=_hash(secret), provider_id=provider_id, expires_at=expires_at))
    details = {"expires_at": expires_at.isoformat()}
    audit.record(session, actor, Action.PORTAL_LINK_MADE, Subject("provider", provider_id), details)
    return secret, expires_at


def usable(session: Session, secret: str) -> str | None:
    """The language of the provider whom this link would sign in; None if it is wrong, used or expired. Uses nothing."""
    return session.scalar(
        select(Provider.language)
        .join(PortalLink, PortalLink.provider_id == Provider.id)
        .where(
            PortalLink.secret_hash == _hash(secret),
            PortalLink.used_at.is_(None),
            PortalLink.expires_at > func.clock_timestamp(),
        )
    )


def redeem(session: Session, secret: str, *, idle: timedelta, longest: timedelta) -> str | None:
    """Use a link: the secret of a new session, for the cookie. None if the link is wrong, used or expired.

    Of two who use it at once, one gets in: the row is locked by its update.
    """
    now = clock(session)
    provider_id = session.scalar(
        update(PortalLink)
        .where(PortalLink.secret_hash == _hash(secret), PortalLink.used_at.is_(None), PortalLink.expires_at > now)
        .values(used_at=now)
        .returning(PortalLink.provider_id)
        .execution_options(synchronize_session=False)
    )
    if provider_id is None:
        return None
    cookie = secrets.token_urlsafe(_SECRET_BYTES)
    session.add(
        PortalSession(
            cookie_hash=_hash(cookie), provider_id=provider_id, idle_ends_at=now + idle, ends_at=now + longest
        )
    )
    subject = Subject("provider", provider_id)
    audit.record(session, Actor("provider", provider_id), Action.PORTAL_SESSION_OPENED, subject)
    return cookie


def resume(session: Session, cookie: str, *, idle: timedelta, active: bool) -> Visitor | None:
    """Who is signed in with this cookie; None if nobody is (any more).

    `active`: a person did something, so the session lasts `idle` from now, but never beyond its end.
    """
    now = clock(session)
    row = session.execute(
        select(PortalSession, Provider)
        .join(Provider, Provider.id == PortalSession.provider_id)
        .where(
            PortalSession.cookie_hash == _hash(cookie), PortalSession.idle_ends_at > now, PortalSession.ends_at > now
        )
    ).one_or_none()
    if row is None:
        return None
    signed_in, provider = row
    if active:
        signed_in.idle_ends_at = now + idle
    return Visitor(provider.id, provider.name, provider.time_zone, provider.language, provider.practice_id)


def end(session: Session, cookie: str) -> None:
    """Sign out. Whoever holds the cookie holds nothing any more."""
    session.execute(delete(PortalSession).where(PortalSession.cookie_hash == _hash(cookie)))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
