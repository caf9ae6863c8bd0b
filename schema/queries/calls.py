"""Calls, the facts that witnesses saw of them, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Table, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consultation.admission import Reason
from consultation.evidence import DialStatus, Fact, Kind, Leg
from consultation.numbers import PhoneNumber
from consultation.outcome import Disposition
from schema.models import Call, CallFact, CallOutcome, Consultation

_EPOCH = datetime.fromtimestamp(0, UTC)
# The table, not the class: many rows of a class are as many statements to a session.
_FACTS = cast(Table, CallFact.__table__)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A fact with where it belongs: `channel` is the call, `leg_channel` the leg, both Asterisk's uniqueids.

    `asterisk_start` says which life of the node's Asterisk it was seen in.
    """

    witness: str
    channel: str
    leg_channel: str
    fact: Fact
    asterisk_start: str = ""

    @property
    def node(self) -> str:
        """The Asterisk that it happened on: its `systemname` begins every uniqueid."""
        return self.channel.partition("-")[0]

    @property
    def sequence(self) -> int:
        """Which fact of its kind on its leg: Asterisk's clock in microseconds, which every reader of it reads alike."""
        return (self.fact.at - _EPOCH) // timedelta(microseconds=1)


def add_facts(session: Session, sightings: Iterable[Sighting]) -> None:
    """Append what a witness saw. A fact that is there already is left as it is."""
    rows: list[dict[str, Any]] = [
        {
            "witness": sighting.witness,
            "node": sighting.node,
            "asterisk_start": sighting.asterisk_start,
            "sequence": sighting.sequence,
            "channel": sighting.channel,
            "leg_channel": sighting.leg_channel,
            "kind": sighting.fact.kind,
            "occurred_at": sighting.fact.at,
            "bridge": sighting.fact.bridge,
            "dial_status": sighting.fact.dial_status,
            "cause": sighting.fact.cause,
        }
        for sighting in sightings
    ]
    if rows:
        session.execute(insert(_FACTS).on_conflict_do_nothing(), rows)


def facts_of(session: Session, channel: str) -> dict[str, list[Fact]]:
    """Everything that was seen of one call, by witness."""
    seen: dict[str, list[Fact]] = {}
    for row in session.scalars(select(CallFact).where(CallFact.channel == channel)):
        fact = Fact(
            kind=Kind(row.kind),
            leg=Leg.PROVIDER if row.leg_channel == channel else Leg.CLIENT,
            at=row.occurred_at,
            bridge=row.bridge,
            dial_status=DialStatus(row.dial_status) if row.dial_status else None,
            cause=row.cause,
        )
        seen.setdefault(row.witness, []).append(fact)
    return seen


def locked(session: Session, channel: str) -> Call | None:
    """The call of this channel, locked until the transaction ends; None if no decision on it was kept."""
    return session.scalars(select(Call).where(Call.channel == channel).with_for_update()).one_or_none()


def lock(session: Session, channels: Iterable[str]) -> Sequence[str]:
    """Lock those of these calls that there are, in the same order for all, and return them in the order in which they
    are to be settled: by their consultation, which settling locks.

    Two witnesses of the same calls, or of other calls of the same consultations, wait, and never crosswise.
    """
    rows = session.execute(
        select(Call.channel, Call.consultation_id)
        .where(Call.channel.in_(channels))
        .order_by(Call.channel)
        .with_for_update()
    ).all()
    return [row.channel for row in sorted(rows, key=lambda row: (str(row.consultation_id or ""), row.channel))]


def still_open(session: Session, node: str) -> Sequence[Call]:
    """The calls of this node, refused ones too, of which nobody has told the end yet, oldest first.

    Also those whose end came before their decision: a server that hung decides on a call that is long over.
    """
    unsettled = and_(Call.decision == "admitted", Call.disposition.is_(None))
    return session.scalars(
        select(Call)
        .where(or_(Call.ended_at.is_(None), unsettled), Call.channel.startswith(f"{node}-"))
        .order_by(Call.arrived_at, Call.id)
    ).all()


def up_lately(session: Session, node: str, lately: timedelta) -> Sequence[str]:
    """The channels of this node's calls that are open, or that were settled within this time, by the database's."""
    settled = (
        select(CallOutcome.call_id).where(CallOutcome.recorded_at > func.clock_timestamp() - lately).scalar_subquery()
    )
    return session.scalars(
        select(Call.channel)
        .where(Call.channel.startswith(f"{node}-"), Call.ended_at.is_(None) | Call.id.in_(settled))
        .order_by(Call.channel)
    ).all()


def record_unavailable(
    session: Session, channel: str, caller: PhoneNumber | None, line_number: PhoneNumber | None, at: datetime
) -> None:
    """Keep an attempt on which no server of ours decided, so that Asterisk refused it by itself (A10, A12).

    A decision that was kept already stays: its outcome will say that the line failed. Of two witnesses one may not
    know the numbers; what the other knows is added.
    """
    statement = insert(Call).values(
        id=uuid4(),
        channel=channel,
        caller=caller,
        line_number=line_number,
        arrived_at=at,
        decision="refused",
        reason=Reason.LINE_UNAVAILABLE,
        disposition=Disposition.REFUSED,
        decided_on={},
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Call.channel],
            set_={
                "caller": func.coalesce(Call.caller, statement.excluded.caller),
                "line_number": func.coalesce(Call.line_number, statement.excluded.line_number),
            },
            where=Call.reason == Reason.LINE_UNAVAILABLE,
        )
    )


def of_appointment(session: Session, appointment_id: str) -> Sequence[Call]:
    """Every call of an appointment, all its occurrences, oldest first."""
    return session.scalars(
        select(Call)
        .join(Consultation, Consultation.id == Call.consultation_id)
        .where(Consultation.appointment_id == appointment_id)
        .order_by(Call.arrived_at, Call.id)
    ).all()


def recent(
    session: Session, *, decision: str | None, since: datetime | None, before: Call | None, limit: int
) -> Sequence[Call]:
    """Attempts, newest first, those older than `before`."""
    query = select(Call).order_by(Call.arrived_at.desc(), Call.id.desc()).limit(limit)
    if decision is not None:
        query = query.where(Call.decision == decision)
    if since is not None:
        query = query.where(Call.arrived_at >= since)
    if before is not None:
        query = query.where(
            (Call.arrived_at < before.arrived_at) | ((Call.arrived_at == before.arrived_at) & (Call.id < before.id))
        )
    return session.scalars(query).all()


def get(session: Session, call_id: UUID) -> Call | None:
    """The call with this id."""
    return session.get(Call, call_id)


def appointments_of(session: Session, calls: Iterable[Call]) -> dict[UUID, str]:
    """The appointment that each of these calls was admitted to, by the call's id. A refused call has none."""
    wanted = {call.id: call.consultation_id for call in calls if call.consultation_id is not None}
    rows = session.execute(
        select(Consultation.id, Consultation.appointment_id).where(Consultation.id.in_(wanted.values()))
    )
    appointment_of = {row.id: row.appointment_id for row in rows}
    return {call: appointment_of[consultation] for call, consultation in wanted.items()}
