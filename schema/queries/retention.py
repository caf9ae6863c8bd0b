"""What is kept how long, and taking away what is older, a few rows at a time (P2). docs/privacy.md says why.

Ages are by the database's clock (W5). One transaction takes a batch and counts it into `totals`; whatever interrupts
it, a row is either there or counted, never both and never neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, delete, exists, func, literal, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from schema.models import (
    Appointment,
    AuditEntry,
    Call,
    CallFact,
    Client,
    Consultation,
    DeliveryAttempt,
    Effect,
    IssueReport,
    LineState,
    PortalLink,
    PortalSession,
    Reveal,
)
from schema.queries import totals
from schema.queries.line import clock
from schema.queries.status import Status

# Any number of workers, one at a time: the number is ours alone in this database.
_ONE_AT_A_TIME = 0x7265_7465_6E74


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows that are kept for as many days as a setting says.

    `over` is what must hold of a row, beside its being older than an instant, for it to go.
    """

    name: str
    setting: str
    key: InstrumentedAttribute[Any]
    dated: InstrumentedAttribute[Any]
    clear: Callable[[Session, Sequence[Any]], object]
    over: Callable[[datetime], Sequence[ColumnElement[bool]]] = lambda _: ()

    def due(self, before: datetime) -> Select[Any]:
        """The rows that are to go, by key and date."""
        return select(self.key.label("key"), self.dated.label("dated")).where(self.dated < before, *self.over(before))


@dataclass(frozen=True, slots=True)
class Due:
    """How much of a kind would go now, and how old the oldest of it is."""

    kind: Kind
    count: int
    oldest: datetime | None


def due(session: Session, kind: Kind, days: int) -> Due:
    """What would go now. Changes nothing."""
    rows = kind.due(clock(session) - timedelta(days=days)).subquery()
    row = session.execute(select(func.count().label("rows"), func.min(rows.c.dated).label("oldest"))).one()
    return Due(kind, row.rows, row.oldest)


def purge(session: Session, kind: Kind, days: int, most: int) -> int:
    """Take away up to `most` rows older than `days`, the oldest first. Returns how many; 0 while another does so."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME))):
        return 0
    session.execute(text("SET LOCAL consultline.retention = 'on'"))
    rows = kind.due(clock(session) - timedelta(days=days)).order_by(kind.dated, kind.key).limit(most)
    if kind is not AUDIT:
        # What a call or a request is about to change is left for the next time.
        rows = rows.with_for_update(of=kind.key.class_, skip_locked=True)
    keys = [row.key for row in session.execute(rows)]
    if keys:
        kind.clear(session, keys)
    return len(keys)


def _delete(key: InstrumentedAttribute[Any]) -> Callable[[Session, Sequence[Any]], object]:
    return lambda session, keys: session.execute(delete(key.class_).where(key.in_(keys)))


def _day(instant: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    return func.date(func.timezone("UTC", instant))


def _joined(*parts: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    return func.concat_ws("/", *(func.coalesce(part, "", type_=String) for part in parts))


def _clear_calls(session: Session, ids: Sequence[Any]) -> None:
    gone = Call.id.in_(ids)
    what = _joined(Call.decision, Call.reason, Call.disposition)
    counted = select(_day(Call.arrived_at), literal("call"), what, func.count(), func.sum(Call.talk_seconds))
    totals.add(session, counted.where(gone).group_by(_day(Call.arrived_at), what))
    disagreed = select(_day(Call.arrived_at), literal("disagreement"), literal(""), func.count(), literal(0.0))
    totals.add(session, disagreed.where(gone, Call.witnesses_disagree).group_by(_day(Call.arrived_at)))
    session.execute(delete(CallFact).where(CallFact.channel.in_(select(Call.channel).where(gone))))
    session.execute(delete(Call).where(gone))


def _clear_appointments(session: Session, ids: Sequence[Any]) -> None:
    """An appointment goes with all that hangs on it: every occurrence, its calls, what was reported of it."""
    theirs = select(Consultation.id).where(Consultation.appointment_id.in_(ids))
    _clear_calls(session, session.scalars(select(Call.id).where(Call.consultation_id.in_(theirs))).all())
    session.execute(delete(IssueReport).where(IssueReport.consultation_id.in_(theirs)))
    what = _joined(Consultation.status, Consultation.status_by)
    counted = select(_day(Consultation.ends_at), literal("consultation"), what, func.count(), literal(0.0))
    gone = Consultation.appointment_id.in_(ids)
    totals.add(session, counted.where(gone).group_by(_day(Consultation.ends_at), what))
    session.execute(delete(Consultation).where(gone))
    session.execute(delete(Appointment).where(Appointment.id.in_(ids)))


def _appointment_is_over(before: datetime) -> Sequence[ColumnElement[bool]]:
    its_own = Consultation.appointment_id == Appointment.id
    return (
        ~exists().where(its_own, or_(Consultation.status == Status.PENDING, Consultation.ends_at >= before)),
        ~exists().where(
            its_own,
            Call.consultation_id == Consultation.id,
            or_(Call.disposition.is_(None), Call.ended_at.is_(None), Call.arrived_at >= before),
        ),
        ~exists().where(Effect.appointment_id == Appointment.id, Effect.outcome.is_(None)),
    )


def _clear_reveals(session: Session, ids: Sequence[Any]) -> None:
    gone = Reveal.id.in_(ids)
    counted = select(_day(Reveal.shown_at), literal("reveal"), Reveal.reason, func.count(), literal(0.0))
    totals.add(session, counted.where(gone).group_by(_day(Reveal.shown_at), Reveal.reason))
    session.execute(delete(Reveal).where(gone))


def _audit_prefix(before: datetime) -> Sequence[ColumnElement[bool]]:
    """Only what no younger row stands before, and never the last one: the rest must still be one chain."""
    younger = select(func.min(AuditEntry.id)).where(AuditEntry.at >= before).scalar_subquery()
    last = select(func.max(AuditEntry.id)).scalar_subquery()
    return (AuditEntry.id < func.coalesce(younger, last), AuditEntry.id < last)


APPOINTMENTS = Kind(
    "appointments",
    "keep_appointments_days",
    Appointment.id,
    Appointment.created_at,
    _clear_appointments,
    _appointment_is_over,
)
CLIENTS = Kind(
    "clients",
    "keep_appointments_days",
    Client.id,
    Client.created_at,
    _delete(Client.id),
    lambda _: (~exists().where(Appointment.client_id == Client.id),),
)
REFUSED_CALLS = Kind(
    "refused_calls",
    "keep_refused_calls_days",
    Call.id,
    Call.arrived_at,
    _clear_calls,
    lambda _: (Call.decision == "refused",),
)
# Of a call that no server of ours ever told of, or that is gone.
FACTS = Kind(
    "facts",
    "keep_refused_calls_days",
    CallFact.id,
    CallFact.recorded_at,
    _delete(CallFact.id),
    lambda _: (~exists().where(Call.channel == CallFact.channel),),
)
ATTEMPTS = Kind(
    "attempts",
    "keep_messages_days",
    DeliveryAttempt.id,
    DeliveryAttempt.at,
    _delete(DeliveryAttempt.id),
    lambda _: (exists().where(Effect.id == DeliveryAttempt.effect_id, Effect.outcome.is_not(None)),),
)
# As long as an appointment is there, its messages keep the same from being told twice (E4).
MESSAGES = Kind(
    "messages",
    "keep_messages_days",
    Effect.id,
    Effect.outcome_at,
    _delete(Effect.id),
    lambda _: (
        or_(Effect.appointment_id.is_(None), ~exists().where(Appointment.id == Effect.appointment_id)),
        ~exists().where(DeliveryAttempt.effect_id == Effect.id),
    ),
)
PORTAL_LINKS = Kind(
    "portal_links", "keep_sign_ins_days", PortalLink.secret_hash, PortalLink.expires_at, _delete(PortalLink.secret_hash)
)
PORTAL_SESSIONS = Kind(
    "portal_sessions",
    "keep_sign_ins_days",
    PortalSession.cookie_hash,
    PortalSession.ends_at,
    _delete(PortalSession.cookie_hash),
)
LINE_STATES = Kind(
    "line_states",
    "keep_line_states_days",
    LineState.id,
    LineState.since,
    _delete(LineState.id),
    lambda _: (LineState.id < select(func.max(LineState.id)).scalar_subquery(),),
)
REVEALS = Kind("reveals", "keep_reveals_days", Reveal.id, Reveal.shown_at, _clear_reveals)
AUDIT = Kind(
    "audit",
    "keep_audit_days",
    AuditEntry.id,
    AuditEntry.at,
    lambda session, ids: session.execute(delete(AuditEntry).where(and_(AuditEntry.id <= max(ids)))),
    _audit_prefix,
)
# In this order: what hangs on something goes before or with it.
KINDS = (
    *(APPOINTMENTS, CLIENTS, REFUSED_CALLS, FACTS, ATTEMPTS, MESSAGES),
    *(PORTAL_LINKS, PORTAL_SESSIONS, LINE_STATES, REVEALS, AUDIT),
)
