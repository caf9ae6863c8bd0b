"""What a call's facts add up to, and all that follows from it, in one transaction (E4, S2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain, combinations
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consultation.outcome import Disposition, EndedBy, Outcome, agree, differs, fold, joined_late
from schema.models import Call, CallOutcome, Consultation
from schema.queries import calls, followup, status
from schema.queries.outbox import EventType, enqueue
from schema.queries.status import Status, StatusBy


def settle(session: Session, channel: str, completed_after_seconds: int) -> Call | None:
    """Fold what was seen of this call into its outcome, and carry out what follows.

    Returns the call where its end was told now, for the first time or otherwise than before; else None. Where no
    decision on it was kept (yet), its facts wait. May be called any number of times, whatever came to be known
    meanwhile: an outcome that changed becomes a new version, and no effect happens twice (E4).
    """
    call = calls.locked(session, channel)
    if call is None:
        return None
    told, ended_at = call.outcome_version, call.ended_at
    seen = calls.facts_of(session, channel)
    outcome = fold(chain.from_iterable(seen.values()))
    if call.decision == "admitted":
        # Those who only ask what is up do not witness how it ended; who came late, not how it went.
        ends = [fold(facts) for facts in seen.values() if not joined_late(facts)]
        call.witnesses_disagree = not all(agree(one, other) for one, other in combinations(ends, 2))
        _write_admitted(session, call, outcome)
        _tell(session, call)
        _complete(session, call, completed_after_seconds)
    else:
        _write_refused(call, outcome)
    news = call.outcome_version > told or (call.ended_at is not None and ended_at is None)
    return call if news else None


def _write_admitted(session: Session, call: Call, outcome: Outcome) -> None:
    changed = call.outcome_version == 0 or differs(outcome, _written(call))
    call.ringing_at = outcome.ringing_at
    call.answered_at = outcome.answered_at
    call.connected_at = outcome.connected_at
    call.ended_at = outcome.ended_at
    call.talk_seconds = outcome.talk.total_seconds()
    call.talk_partial = outcome.talk_partial
    call.hangup_cause = outcome.hangup_cause
    call.disposition = outcome.disposition
    call.ended_by = outcome.ended_by
    if outcome.disposition is not None and changed:
        call.outcome_version += 1
        session.add(
            CallOutcome(
                call_id=call.id,
                version=call.outcome_version,
                disposition=outcome.disposition,
                connected_at=outcome.connected_at,
                ended_at=outcome.ended_at,
                talk_seconds=call.talk_seconds,
                talk_partial=outcome.talk_partial,
                hangup_cause=outcome.hangup_cause,
                ended_by=outcome.ended_by,
            )
        )
    session.flush()


def _written(call: Call) -> Outcome:
    return Outcome(
        ringing_at=call.ringing_at,
        answered_at=call.answered_at,
        connected_at=call.connected_at,
        ended_at=call.ended_at,
        talk=timedelta(seconds=call.talk_seconds),
        talk_partial=call.talk_partial,
        disposition=Disposition(call.disposition) if call.disposition else None,
        hangup_cause=call.hangup_cause,
        ended_by=EndedBy(call.ended_by) if call.ended_by else None,
    )


def _write_refused(call: Call, outcome: Outcome) -> None:
    """A refusal's outcome is its decision; what the leg did is kept beside it (A12)."""
    call.ended_at = outcome.ended_at
    call.hangup_cause = outcome.hangup_cause
    if outcome.ended_at is not None:
        # A refusal ends the leg by our own request, which no witness can tell from the phone's.
        call.ended_by = EndedBy.LINE


def _tell(session: Session, call: Call) -> None:
    """The platform hears of the connection at once (S2), and of the end; each once."""
    appointment_id = session.scalar(select(Consultation.appointment_id).where(Consultation.id == call.consultation_id))
    ids: dict[str, Any] = {"call_id": str(call.id), "appointment_id": appointment_id}
    if call.connected_at is not None:
        _enqueue(session, EventType.CALL_CONNECTED, call, ids | {"connected_at": _text(call.connected_at)})
    if call.disposition is not None:
        _enqueue(session, EventType.CALL_ENDED, call, ids | {"ended_at": _text(call.ended_at)})


def _enqueue(session: Session, event_type: EventType, call: Call, payload: dict[str, Any]) -> None:
    enqueue(session, event_type, str(call.id), appointment_id=payload["appointment_id"], payload=payload)


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _complete(session: Session, call: Call, completed_after_seconds: int) -> None:
    """S2: completed by the line, once its connected calls have talked long enough. Final stays final (S1).

    A call that was cut off by a fault counts as well: its connection was seen.
    """
    if call.connected_at is None or call.disposition is None or call.consultation_id is None:
        return
    # Two calls of one consultation may end at once, each unaware of the other's talk time: one after the other.
    session.execute(
        select(Consultation.id).where(Consultation.id == call.consultation_id).with_for_update(key_share=True)
    )
    talked = session.scalar(
        select(func.sum(Call.talk_seconds)).where(
            Call.consultation_id == call.consultation_id,
            Call.connected_at.is_not(None),
            Call.disposition.is_not(None),
        )
    )
    if (talked or 0) >= completed_after_seconds and not status.finalise(
        session, call.consultation_id, Status.COMPLETED, StatusBy.LINE
    ):
        followup.note_later_evidence(session, call.consultation_id)
