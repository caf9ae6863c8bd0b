"""What a decision on a call needs to know, and how it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Integer, Row, Text, any_, bindparam, cast, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY, INTERVAL, insert
from sqlalchemy.orm import Session, aliased

from consultation.admission import MOST_CALLS, NEAR, Admit, Candidate, Decision, Profile, Refuse, standings
from consultation.admission import Attempt as Attempted
from consultation.attestation import Attestation, as_trusted
from consultation.identification import Owner
from consultation.numbers import PhoneNumber
from consultation.outcome import Disposition
from consultation.window import Margins, Window
from schema.columns import Instant, SoughtNumbers
from schema.models import Appointment, Call, CallerNumber, Client, Consultation, LineNumber, Provider

LOCKING_CALLS = 5  # A9: so many wrong calls in an hour lock the number for an hour
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Member:
    """One provider whom the caller number may mean, with the hash of their PIN."""

    profile: Profile
    pin_hash: str | None


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known at the moment a call arrives: the database's time, whose number calls, their consultations.

    `candidates` are those of all `members`. `asked`, `wrong` and `locked` are about PINs, as in `Entry`.
    """

    now: datetime
    owner: Owner | None
    members: Sequence[Member]
    candidates: Sequence[Candidate]
    asked: int
    wrong: int
    locked: bool

    @property
    def profile(self) -> Profile | None:
        """Who calls, where the number alone says so."""
        return self.owner.members[0] if self.owner and not self.owner.shared else None

    def candidates_of(self, profile: Profile | None) -> Sequence[Candidate]:
        """The consultations of one provider."""
        return [entry for entry in self.candidates if profile and entry.provider_id == profile.provider_id]


_channel = bindparam("channel", type_=Text())
_this_call = select(Call.arrived_at, Call.pins_asked, Call.wrong_pins).where(Call.channel == _channel).subquery()
# A call is judged by when it arrived (W2), also where a PIN is entered, or another server decides, a while later.
_clock = select(
    func.coalesce(
        bindparam("at", type_=Instant),
        select(_this_call.c.arrived_at).scalar_subquery(),
        func.clock_timestamp(),
        type_=Instant,
    ).label("now")
).cte("clock")
_near_before = cast(bindparam("near_before"), INTERVAL)
_near_after = cast(bindparam("near_after"), INTERVAL)
_caller = bindparam("caller", type_=SoughtNumbers())
_own_number = aliased(LineNumber)
_wrong, _earlier = aliased(Call), aliased(Call)
# What is trusted less than this call does not count against it.
_counting = any_(bindparam("as_trusted", type_=ARRAY(Text)))
# A9: the last of five wrong calls within an hour was less than an hour ago.
_locked = exists().where(
    _wrong.caller == _caller,
    _wrong.wrong_pins > 0,
    _wrong.decision == "refused",
    _wrong.decided_on["attestation"].astext == _counting,
    _wrong.arrived_at > _clock.c.now - _HOUR,
    select(func.count())
    .where(
        _earlier.caller == _caller,
        _earlier.wrong_pins > 0,
        _earlier.decision == "refused",
        _earlier.decided_on["attestation"].astext == _counting,
        _earlier.channel != _channel,
        _earlier.arrived_at.between(_wrong.arrived_at - _HOUR, _wrong.arrived_at),
    )
    .scalar_subquery()
    >= LOCKING_CALLS,
)
_open_call = aliased(Call)

# One statement, so that the time and what is known at that time belong together (W5). It always returns a row:
# the clock's, with nothing beside it for a caller whom nobody knows.
_SITUATION = (
    select(
        _clock.c.now,
        Provider.id.label("provider_id"),
        Provider.time_zone,
        Provider.language,
        Provider.pin_hash,
        Provider.pin_always,
        Provider.pin_when_unverified,
        CallerNumber.practice_id,
        Consultation.id,
        Consultation.starts_at,
        Consultation.ends_at,
        Consultation.superseded_at,
        Appointment.id.label("appointment_id"),
        Appointment.referred,
        Appointment.cancelled_at,
        Client.number.label("client_number"),
        LineNumber.number.label("line_number"),
        select(func.coalesce(func.array_agg(_open_call.slot), cast([], ARRAY(Integer))))
        .where(
            _open_call.consultation_id == Consultation.id,
            _open_call.decision == "admitted",
            _open_call.disposition.is_(None),
            _open_call.channel != _channel,
        )
        .scalar_subquery()
        .label("slots"),
        func.coalesce(select(_this_call.c.pins_asked).scalar_subquery(), 0).label("asked"),
        func.coalesce(select(_this_call.c.wrong_pins).scalar_subquery(), 0).label("wrong"),
        _locked.label("locked"),
    )
    .select_from(_clock)
    # A3: the line's own numbers are nobody's, whatever a profile says.
    .outerjoin(
        CallerNumber, (CallerNumber.number == _caller) & ~exists().where(_own_number.number == CallerNumber.number)
    )
    .outerjoin(Provider, (Provider.id == CallerNumber.provider_id) | (Provider.practice_id == CallerNumber.practice_id))
    .outerjoin(
        Appointment.__table__.join(Consultation.__table__, Consultation.appointment_id == Appointment.id)
        .join(Client.__table__, Client.id == Appointment.client_id)
        .outerjoin(LineNumber.__table__, LineNumber.id == Consultation.line_number_id),
        (Appointment.provider_id == Provider.id)
        & (Consultation.starts_at <= _clock.c.now + _near_before)
        & (Consultation.ends_at >= _clock.c.now - _near_after),
    )
)


def situation(
    session: Session,
    caller: PhoneNumber | None,
    margins: Margins,
    *,
    channel: str = "",
    attestation: Attestation = Attestation.NONE,
    at: datetime | None = None,
) -> Situation:
    """All that a decision on a call from `caller` rests on, in one query.

    `channel` is the inbound leg's uniqueid: what was kept of this call before belongs to it. `attestation` is what the
    network says of `caller`: a call is locked by calls that were trusted as much, and no others. `at` puts another
    instant in place of the database's time; only `consultline explain` does that.
    """
    rows = session.execute(
        _SITUATION,
        {
            "caller": caller,
            "channel": channel,
            "as_trusted": sorted(as_trusted(attestation)),
            "at": at,
            "near_before": NEAR + margins.before,
            "near_after": NEAR + margins.after,
        },
    ).all()
    first = rows[0]
    members = {
        row.provider_id: Member(Profile(row.provider_id, row.time_zone, row.language), row.pin_hash)
        for row in rows
        if row.provider_id is not None
    }
    return Situation(
        now=first.now,
        owner=_owner(rows, list(members.values())),
        members=list(members.values()),
        candidates=[_candidate(row, margins) for row in rows if row.id is not None],
        asked=first.asked,
        wrong=first.wrong,
        locked=first.locked,
    )


def record(
    session: Session,
    channel: str,
    attempt: Attempted,
    known: Situation,
    decision: Decision,
    *,
    profile: Profile | None = None,
    pins_asked: int = 0,
    wrong_pins: int = 0,
) -> UUID:
    """Keep the attempt with its decision and what it rested on (A12). Returns the call's id.

    `channel` is the inbound leg's uniqueid, `profile` who was identified. Where another server already decided on
    this call, but its answer never reached Asterisk, the newer decision is the one that Asterisk carries out, and
    replaces it. Raises ConflictError on `uq_calls_slot` if another call took the last place meanwhile (A11).
    """
    admitted = decision.candidate if isinstance(decision, Admit) else None
    refusal = decision.reason if isinstance(decision, Refuse) else None
    profile = profile or known.profile
    values: dict[str, Any] = {
        "caller": attempt.caller if isinstance(attempt.caller, PhoneNumber) else None,
        "line_number": attempt.line_number,
        "provider_id": profile.provider_id if profile else None,
        "consultation_id": admitted.consultation_id if admitted else None,
        "slot": _free_slot(admitted) if admitted else None,
        "arrived_at": known.now,
        "decision": "admitted" if admitted else "refused",
        "reason": refusal,
        "disposition": Disposition.REFUSED if refusal else None,
        "decided_on": _decided_on(attempt, profile, known),
        "pins_asked": pins_asked,
        "wrong_pins": wrong_pins,
    }
    statement = (
        insert(Call)
        .values(id=uuid4(), channel=channel, **values)
        .on_conflict_do_update(index_elements=[Call.channel], set_=values)
        .returning(Call.id)
    )
    return session.execute(statement).scalar_one()


def _owner(rows: Sequence[Row[Any]], members: Sequence[Member]) -> Owner | None:
    shared = rows[0].practice_id is not None
    if not shared and not members:
        return None
    return Owner(
        [member.profile for member in members],
        shared=shared,
        # On a shared phone it is asked for anyway.
        pin_always=not shared and rows[0].pin_always,
        pin_when_unverified=frozenset(row.provider_id for row in rows if row.pin_when_unverified),
    )


def _free_slot(candidate: Candidate) -> int:
    return min(set(range(1, MOST_CALLS + 1)) - set(candidate.slots))


def _candidate(row: Row[Any], margins: Margins) -> Candidate:
    return Candidate(
        consultation_id=row.id,
        appointment_id=row.appointment_id,
        window=Window(row.starts_at, row.ends_at, margins),
        line_number=row.line_number,
        client_number=row.client_number,
        provider_id=row.provider_id,
        slots=frozenset(row.slots),
        referred=row.referred,
        withdrawn=row.cancelled_at is not None or row.superseded_at is not None,
    )


def _decided_on(attempt: Attempted, profile: Profile | None, known: Situation) -> dict[str, Any]:
    """Ids, instants and standings: enough to ask why later, and no number."""
    judged = standings(attempt, profile, known.candidates_of(profile), known.now)
    return {
        "attestation": attempt.attestation,
        "consultations": [
            {
                "id": str(candidate.consultation_id),
                "opens_at": candidate.window.opens_at.isoformat(),
                "closes_at": candidate.window.closes_at.isoformat(),
                "standing": standing,
            }
            for candidate, standing in judged
        ],
    }
