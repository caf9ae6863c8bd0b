"""Rows of the audit, and what is done to them."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from schema.engine import Store
from schema.queries import audit, audit_chain
from schema.queries.audit import Action, Actor, Subject
from schema.queries.audit_chain import Place, Verified

ADA = Actor("operator", "ada")
ROWS = 7


def add(session: Session, token: str = "t") -> None:
    """One row."""
    audit.record(session, ADA, Action.TOKEN_REVOKED, Subject("token", token), {"reason": "lost, „stolen“ or 1:2,"})


def verified(store: Store, since: Place | None = None) -> Verified:
    with store.transaction() as session:
        return audit_chain.verify(session, since=since)


def by_force(store: Store, *statements: str) -> None:
    """As a superuser who turns every trigger off."""
    with store.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            session.execute(text(statement))


def clear_away(store: Store, condition: str) -> None:
    """As the retention job."""
    with store.transaction() as session:
        session.execute(text("SET LOCAL consultline.retention = 'on'"))
        session.execute(text(f"DELETE FROM audit WHERE {condition}"))
