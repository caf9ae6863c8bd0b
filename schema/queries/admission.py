"""What a decision on a call needs to know, and how it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, bindparam, cast, exists, func, select
from sqlalchemy.dialects.postgresql import INTERVAL, insert
from sqlalchemy.orm import Session, aliased

from consultation.admission import NEAR, Admit, Candidate, Decision, Profile, Refuse, standings
from consultation.admission import Attempt as Attempted
from consultation.numbers import PhoneNumber
from consultation.outcome import Disposition
from consultation.window import Margins, Window
from schema.columns import Instant, Number
from schema.models import Appointment, Call, CallerNumber, Client, Consultation, LineNumber, Provider


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known at the moment a call arrives: the database's time, whose number calls, their consultations."""

    now: datetime
    profile: Profile | None
    candidates: Sequence[Candidate]


_clock = select(func.coalesce(bindparam("at", type_=Instant), func.clock_timestamp(), type_=Instant).label("now")).cte(
    "clock"
)
_near_before = cast(bindparam("near_before"), INTERVAL)
_near_after = cast(bindparam("near_after"), INTERVAL)
_caller = bindparam("caller", type_=Number())
_own_number = aliased(LineNumber)

# One statement, so that the time and what is known at that time belong together (W5). It always returns a row:
# the clock's, with nothing beside it for a caller whom nobody knows.
_SITUATION = (
    select(
        _clock.c.now,
        CallerNumber.provider_id,
        Provider.time_zone,
        Provider.language,
        Consultation.id,
        Consultation.starts_at,
        Consultation.ends_at,
        Consultation.superseded_at,
        Appointment.id.label("appointment_id"),
        Appointment.referred,
        Appointment.cancelled_at,
        Client.number.label("client_number"),
        LineNumber.number.label("line_number"),
    )
    .select_from(_clock)
    # A3: the line's own numbers are nobody's, whatever a profile says.
    .outerjoin(
        CallerNumber,
        (CallerNumber.number == _caller) & ~exists().where(_own_number.number == CallerNumber.number),
    )
    .outerjoin(Provider, Provider.id == CallerNumber.provider_id)
    .outerjoin(Appointment, Appointment.provider_id == CallerNumber.provider_id)
    .outerjoin(
        Consultation,
        (Consultation.appointment_id == Appointment.id)
        & (Consultation.starts_at <= _clock.c.now + _near_before)
        & (Consultation.ends_at >= _clock.c.now - _near_after),
    )
    .outerjoin(Client, Client.id == Appointment.client_id)
    .outerjoin(LineNumber, LineNumber.id == Consultation.line_number_id)
)


def situation(
    session: Session, caller: PhoneNumber | None, margins: Margins, *, at: datetime | None = None
) -> Situation:
    """All that a decision on a call from `caller` rests on, in one query.

    `at` puts another instant in place of the database's time; only `consultline explain` does that.
    """
    rows = session.execute(
        _SITUATION,
        {
            "caller": caller,
            "at": at,
            "near_before": NEAR + margins.before,
            "near_after": NEAR + margins.after,
        },
    ).all()
    first = rows[0]
    profile = None
    if first.provider_id is not None:
        profile = Profile(first.provider_id, time_zone=first.time_zone, language=first.language)
    return Situation(
        now=first.now,
        profile=profile,
        candidates=[_candidate(row, margins) for row in rows if row.id is not None],
    )


def record(session: Session, channel: str, attempt: Attempted, known: Situation, decision: Decision) -> UUID:
    """Keep the attempt with its decision and what it rested on (A12). Returns the call's id.

    `channel` is the inbound leg's uniqueid. Where another server already decided on this call, but its answer
    never reached Asterisk, the newer decision is the one that Asterisk carries out, and replaces it.
    """
    admitted = decision.candidate if isinstance(decision, Admit) else None
    refusal = decision.reason if isinstance(decision, Refuse) else None
    values: dict[str, Any] = {
        "caller": attempt.caller if isinstance(attempt.caller, PhoneNumber) else None,
        "line_number": attempt.line_number,
        "provider_id": known.profile.provider_id if known.profile else None,
        "consultation_id": admitted.consultation_id if admitted else None,
        "arrived_at": known.now,
        "decision": "admitted" if admitted else "refused",
        "reason": refusal,
        "disposition": Disposition.REFUSED if refusal else None,
        "decided_on": _decided_on(attempt, known),
    }
    statement = (
        insert(Call)
        .values(id=uuid4(), channel=channel, **values)
        .on_conflict_do_update(index_elements=[Call.channel], set_=values)
        .returning(Call.id)
    )
    return session.execute(statement).scalar_one()


def _candidate(row: Row[Any], margins: Margins) -> Candidate:
    return Candidate(
        consultation_id=row.id,
        appointment_id=row.appointment_id,
        window=Window(row.starts_at, row.ends_at, margins),
        line_number=row.line_number,
        client_number=row.client_number,
        referred=row.referred,
        withdrawn=row.cancelled_at is not None or row.superseded_at is not None,
    )


def _decided_on(attempt: Attempted, known: Situation) -> dict[str, Any]:
    """Ids, instants and standings: enough to ask why later, and no number."""
    judged = standings(attempt, known.profile, known.candidates, known.now)
    return {
        "consultations": [
            {
                "id": str(candidate.consultation_id),
                "opens_at": candidate.window.opens_at.isoformat(),
                "closes_at": candidate.window.closes_at.isoformat(),
                "standing": standing,
            }
            for candidate, standing in judged
        ]
    }
