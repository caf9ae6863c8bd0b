"""What the line wrote down about the calls of one schedule, read from its database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from consultation.numbers import PhoneNumber
from schema.models import Call


@dataclass(frozen=True, slots=True)
class OutcomeVersion:
    """One version of a call's outcome."""

    version: int
    disposition: str | None
    talk_seconds: float


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One row of `calls`, with the facts and the versions behind it. `facts` are (witness, leg, kind)."""

    id: str
    caller: str | None
    consultation: str | None
    decision: str
    reason: str | None
    disposition: str | None
    connected_at: datetime | None
    ended_at: datetime | None
    talk_seconds: float
    talk_partial: bool = False
    witnesses_disagree: bool = False
    facts: frozenset[tuple[str, str, str]] = frozenset()
    versions: tuple[OutcomeVersion, ...] = ()

    @property
    def connected(self) -> bool:
        """Whether the record says that the two were connected."""
        return self.connected_at is not None or self.disposition == "connected"


@dataclass(frozen=True, slots=True)
class ConsultationRecord:
    """One row of `consultations`."""

    id: str
    appointment: str
    status: str
    status_by: str | None


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the outbox. `call` is the call it speaks of, None if it speaks of none."""

    key: str
    event_type: str
    appointment: str | None
    call: str | None


@dataclass(frozen=True, slots=True)
class Records:
    """Everything about one schedule's calls. What the database has no table for is None."""

    calls: tuple[CallRecord, ...] = ()
    consultations: tuple[ConsultationRecord, ...] = ()
    effects: tuple[Effect, ...] | None = None
    keeps_versions: bool = False
    facts_behind: int = field(default=0)  # how many facts are stored in all: tells whether anything still moves


def read(session: Session, callers: Iterable[str], appointments: Iterable[str]) -> Records:
    """The records of these callers' calls and these appointments' consultations."""
    tables = set(session.scalars(text("SELECT table_name FROM information_schema.tables")))
    rows = session.scalars(
        select(Call).where(Call.caller.in_([PhoneNumber(caller) for caller in callers])).order_by(Call.arrived_at)
    ).all()
    ids = [str(row.id) for row in rows]
    versions = _versions(session, ids) if "call_outcomes" in tables else {}
    calls = tuple(
        CallRecord(
            id=str(row.id),
            caller=row.caller.e164 if row.caller else None,
            consultation=str(row.consultation_id) if row.consultation_id else None,
            decision=row.decision,
            reason=row.reason,
            disposition=row.disposition,
            connected_at=row.connected_at,
            ended_at=row.ended_at,
            talk_seconds=row.talk_seconds,
            talk_partial=bool(getattr(row, "talk_partial", False)),
            witnesses_disagree=bool(getattr(row, "witnesses_disagree", False)),
            facts=_facts(session, row.channel),
            versions=tuple(versions.get(str(row.id), ())),
        )
        for row in rows
    )
    wanted = {"wanted": list(appointments)}
    consultations = session.execute(
        text("SELECT id, appointment_id, status, status_by FROM consultations WHERE appointment_id = ANY(:wanted)"),
        wanted,
    )
    return Records(
        calls,
        tuple(ConsultationRecord(str(row.id), row.appointment_id, row.status, row.status_by) for row in consultations),
        _effects(session, wanted) if "outbox" in tables else None,
        keeps_versions="call_outcomes" in tables,
        facts_behind=session.scalar(text("SELECT count(*) FROM call_facts")) or 0,
    )


def _facts(session: Session, channel: str) -> frozenset[tuple[str, str, str]]:
    rows = session.execute(
        text("SELECT witness, leg_channel, kind FROM call_facts WHERE channel = :channel"), {"channel": channel}
    )
    return frozenset((row.witness, row.leg_channel, row.kind) for row in rows)


def _versions(session: Session, calls: list[str]) -> dict[str, list[OutcomeVersion]]:
    rows = session.execute(
        text(
            "SELECT call_id::text, version, disposition, talk_seconds FROM call_outcomes"
            " WHERE call_id::text = ANY(:calls) ORDER BY call_id, version"
        ),
        {"calls": calls},
    )
    found: dict[str, list[OutcomeVersion]] = {}
    for row in rows:
        found.setdefault(row.call_id, []).append(OutcomeVersion(row.version, row.disposition, row.talk_seconds))
    return found


def _effects(session: Session, wanted: Mapping[str, Any]) -> tuple[Effect, ...]:
    rows = session.execute(
        text("SELECT key, event_type, appointment_id, payload FROM outbox WHERE appointment_id = ANY(:wanted)"), wanted
    )
    return tuple(Effect(str(row.key), row.event_type, row.appointment_id, _call_of(row.payload)) for row in rows)


def _call_of(payload: Mapping[str, Any] | None) -> str | None:
    payload = payload or {}
    data = payload.get("data", payload)
    found = data.get("call_id") or (data.get("call") or {}).get("id")
    return str(found) if found else None
