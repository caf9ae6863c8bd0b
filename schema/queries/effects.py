"""How effects stand, for people, and sending them on their way again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from schema.delivery import OPEN_OR_LOST, Channel, Outcome, State
from schema.models import DeliveryAttempt, Effect
from schema.queries.line import clock

GIVE_UP_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Standing:
    """One effect as it stands. `due_at` is when it is tried next, None once it has come to an end."""

    id: int
    channel: str
    event_type: str
    appointment_id: str | None
    state: State
    reason: str | None
    created_at: datetime
    age_seconds: float
    due_at: datetime | None
    attempts: int
    last_attempt_at: datetime | None
    last_status_code: int | None
    last_error: str | None


def standings(session: Session, states: Sequence[State] = OPEN_OR_LOST, *, most: int = 100) -> list[Standing]:
    """The effects in these states, oldest first."""
    now = clock(session)
    last = (
        select(DeliveryAttempt)
        .where(DeliveryAttempt.effect_id == Effect.id)
        .order_by(DeliveryAttempt.id.desc())
        .limit(1)
        .correlate(Effect)
        .lateral()
    )
    latest = aliased(DeliveryAttempt, last)
    count = select(func.count()).where(DeliveryAttempt.effect_id == Effect.id).correlate(Effect).scalar_subquery()
    rows = session.execute(
        select(Effect, latest, count)
        .outerjoin(latest, latest.effect_id == Effect.id)
        .where(or_(*(_IN_STATE[state] for state in states)))
        .order_by(Effect.id)
        .limit(most)
    )
    return [_standing(effect, attempt, attempts, now) for effect, attempt, attempts in rows]


def counts(session: Session) -> dict[State, int]:
    """How many effects stand how."""
    found = {
        state: session.scalar(select(func.count(Effect.id)).where(where)) or 0 for state, where in _IN_STATE.items()
    }
    return {state: count for state, count in found.items() if count}


_IN_STATE: dict[State, ColumnElement[bool]] = {
    State.WAITING: and_(Effect.outcome.is_(None), Effect.failures == 0),
    State.FAILING: and_(Effect.outcome.is_(None), Effect.failures > 0),
    State.GIVEN_UP: Effect.outcome == Outcome.GIVEN_UP,
    State.WITHDRAWN: Effect.outcome == Outcome.WITHDRAWN,
    State.DELIVERED: Effect.outcome == Outcome.DELIVERED,
}


def _standing(effect: Effect, last: DeliveryAttempt | None, attempts: int, now: datetime) -> Standing:
    waiting = State.FAILING if effect.failures else State.WAITING
    return Standing(
        id=effect.id,
        channel=effect.channel,
        event_type=effect.event_type,
        appointment_id=effect.appointment_id,
        state=State(effect.outcome) if effect.outcome else waiting,
        reason=effect.reason,
        created_at=effect.created_at,
        age_seconds=(now - effect.created_at).total_seconds(),
        due_at=None if effect.outcome else effect.due_at,
        attempts=attempts,
        last_attempt_at=last.at if last else None,
        last_status_code=last.status_code if last else None,
        last_error=last.error if last else None,
    )


class NoSuchEffectError(Exception):
    """There is no effect with this id."""


class NeverAgainError(Exception):
    """This text went out, or may have, or its time is over: there is at most one for a consultation (S4)."""


def resend(session: Session, effect_id: int) -> None:
    """Send an effect on its way again, now and for another three days. Raises NoSuchEffectError, NeverAgainError.

    A text only as long as it was not handed over, and never past its own time.
    """
    effect = session.get(Effect, effect_id, with_for_update=True)
    if effect is None:
        raise NoSuchEffectError
    now = clock(session)
    if effect.channel == Channel.TEXT and (effect.outcome is not None or now >= effect.give_up_at):
        raise NeverAgainError
    effect.due_at = now
    effect.failures = 0
    effect.outcome = effect.outcome_at = effect.reason = None
    if effect.channel == Channel.WEBHOOK:
        effect.give_up_at = now + GIVE_UP_AFTER


def resend_failed(session: Session) -> int:
    """The same for every webhook that was given up or is failing, and every text that is failing. Returns how many."""
    ids = session.scalars(
        select(Effect.id)
        .where(
            or_(
                and_(Effect.channel == Channel.WEBHOOK, _IN_STATE[State.GIVEN_UP]),
                and_(_IN_STATE[State.FAILING], Effect.give_up_at > clock(session)),
            )
        )
        .order_by(Effect.id)
    ).all()
    for effect_id in ids:
        resend(session, effect_id)
    return len(ids)
