"""Rows of each kind that retention knows, as old as a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from schema.queries.line import clock
from tests.schema.platform import arrive, book

HOUR = timedelta(hours=1)


def run(session: Session, statement: str, **values: Any) -> None:
    """One statement, as nobody's code says it."""
    session.flush()
    session.execute(text(statement), values)


def appointment(
    session: Session, at: datetime, name: str = "old", *, client: str = "client", final: bool = True
) -> None:
    """An appointment of an hour that ended at this instant."""
    book(session, name, at - HOUR, at, client_id=client)
    run(session, "UPDATE appointments SET created_at = :at WHERE id = :name", at=at - HOUR, name=name)
    if final:
        run(
            session,
            "UPDATE consultations SET status = 'completed', status_by = 'line', status_at = :at "
            "WHERE appointment_id = :name",
            at=at,
            name=name,
        )


def admitted(session: Session, at: datetime, channel: str = "line1-1.1", *, up: bool = False) -> None:
    """A call within an appointment that ends at this instant, connected for 90 seconds, with a fact."""
    arrive(session, channel, at - HOUR / 2)
    if not up:
        run(
            session,
            "UPDATE calls SET disposition = 'connected', ended_at = :at, talk_seconds = 90, witnesses_disagree = true "
            "WHERE channel = :channel",
            at=at,
            channel=channel,
        )
    fact(session, at, channel)


def refused(session: Session, at: datetime, channel: str = "line1-1.2") -> None:
    """A call of nobody's at this instant."""
    run(
        session,
        "INSERT INTO calls (id, channel, arrived_at, decision, reason, disposition, decided_on) "
        "VALUES (gen_random_uuid(), :channel, :at, 'refused', 'caller_unknown', 'refused', '{}')",
        channel=channel,
        at=at,
    )


def fact(session: Session, at: datetime, channel: str = "line1-1.3") -> None:
    """Something that a witness told at this instant."""
    run(
        session,
        "INSERT INTO call_facts (witness, node, asterisk_start, sequence, channel, leg_channel, kind, occurred_at, "
        "recorded_at) VALUES ('ami', 'line1', '1', 1, :channel, :channel, 'hangup', :at, :at)",
        channel=channel,
        at=at,
    )


def message(
    session: Session,
    at: datetime,
    key: str = "k",
    *,
    appointment_id: str | None = None,
    outcome: str | None = "delivered",
) -> None:
    """A webhook that was tried, and got its outcome, at this instant."""
    run(
        session,
        "INSERT INTO outbox (key, event_type, appointment_id, payload, outcome, outcome_at) "
        "VALUES (:key, 'line.up', :appointment_id, '{}', :outcome, :at)",
        key=key,
        appointment_id=appointment_id,
        outcome=outcome,
        at=at if outcome else None,
    )
    run(
        session,
        "INSERT INTO outbox_attempts (effect_id, at) SELECT id, :at FROM outbox WHERE key = :key",
        at=at,
        key=key,
    )


def _message_alone(session: Session, at: datetime) -> None:
    message(session, at)
    run(session, "DELETE FROM outbox_attempts")


def _client(session: Session, at: datetime) -> None:
    run(session, "UPDATE clients SET created_at = :at", at=at)


def _link(session: Session, at: datetime) -> None:
    run(session, "INSERT INTO portal_links (secret_hash, provider_id, expires_at) VALUES ('x', 'dr-lee', :at)", at=at)


def _session(session: Session, at: datetime) -> None:
    run(
        session,
        "INSERT INTO portal_sessions (cookie_hash, provider_id, idle_ends_at, ends_at) "
        "VALUES ('x', 'dr-lee', :at, :at)",
        at=at,
    )


def _state(session: Session, at: datetime) -> None:
    for follows in (0, 1):
        run(
            session,
            "INSERT INTO line_states (id, follows, state, since, down_parts) VALUES (:id, :follows, 'up', :at, '{}')",
            id=follows + 1,
            follows=follows,
            at=at,
        )


def reveal(session: Session, at: datetime) -> None:
    """A client's number was shown at this instant."""
    run(
        session,
        "INSERT INTO reveals (actor_kind, actor, client_id, reason, shown_at) "
        "VALUES ('token', 'x', 'c', 'line_down', :at)",
        at=at,
    )


# Each makes one row that goes, at this instant, for the reason of its age alone.
ONE: Mapping[str, Callable[[Session, datetime], None]] = {
    "appointments": appointment,
    "clients": _client,
    "refused_calls": refused,
    "facts": fact,
    "attempts": message,
    "messages": _message_alone,
    "portal_links": _link,
    "portal_sessions": _session,
    "line_states": _state,
    "reveals": reveal,
}


def days_ago(session: Session, days: int) -> datetime:
    """That long ago, by the clock that judges."""
    return clock(session) - timedelta(days=days)
