"""Effects on their way: taken by one worker at a time, in order, until delivered or given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from schema.delivery import Channel, Outcome
from schema.models import DeliveryAttempt, Effect
from schema.queries.line import clock

WORKER_LOST = "worker_lost"


@dataclass(frozen=True, slots=True)
class Taken:
    """An effect that this worker holds until its lease ends. `resumed`: another worker died over an attempt."""

    effect_id: int
    channel: Channel
    lease: UUID
    message_id: UUID
    event_type: str
    payload: dict[str, Any]
    created_at: datetime
    failures: int
    resumed: bool


def take(session: Session, channel: Channel, *, most: int, seconds: float) -> list[Taken]:
    """Lease up to `most` effects that are due, for so many seconds. No two workers ever hold the same (SKIP LOCKED).

    Of each queue only the oldest open effect is ever taken. Ids follow the order of what happened: an effect that is
    written after another was committed has the higher id, and is never seen without it.
    """
    now = clock(session)
    earlier = aliased(Effect)
    due = (
        select(Effect.id)
        .where(
            Effect.channel == channel,
            Effect.outcome.is_(None),
            Effect.due_at <= now,
            or_(Effect.leased_until.is_(None), Effect.leased_until <= now),
            ~select(earlier.id)
            .where(earlier.queue == Effect.queue, earlier.outcome.is_(None), earlier.id < Effect.id)
            .exists(),
        )
        .order_by(Effect.due_at, Effect.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=Effect)
        .cte("due")
    )
    lease = uuid4()
    rows = session.execute(
        update(Effect)
        .where(Effect.id == due.c.id)
        .values(lease=lease, leased_until=now + timedelta(seconds=seconds))
        .returning(
            Effect.id,
            Effect.message_id,
            Effect.event_type,
            Effect.payload,
            Effect.created_at,
            Effect.failures,
        )
        .execution_options(synchronize_session=False)
    ).all()
    interrupted = _close_attempts(session, [row.id for row in rows])
    return [
        Taken(
            effect_id=row.id,
            channel=channel,
            lease=lease,
            message_id=row.message_id,
            event_type=row.event_type,
            payload=row.payload,
            created_at=row.created_at,
            failures=row.failures,
            resumed=row.id in interrupted,
        )
        for row in sorted(rows, key=lambda row: row.id)
    ]


def _close_attempts(session: Session, effect_ids: Sequence[int]) -> set[int]:
    """Close the attempts that somebody began and never finished. Returns the effects that have one."""
    if not effect_ids:
        return set()
    statement = (
        update(DeliveryAttempt)
        .where(
            DeliveryAttempt.effect_id.in_(effect_ids),
            DeliveryAttempt.took_seconds.is_(None),
            DeliveryAttempt.error.is_(None),
        )
        .values(error=WORKER_LOST)
        .returning(DeliveryAttempt.effect_id)
    )
    return set(session.scalars(statement))


def begin(session: Session, taken: Taken) -> int:
    """Write down that an attempt begins. Returns its id."""
    attempt = DeliveryAttempt(effect_id=taken.effect_id)
    session.add(attempt)
    session.flush()
    return attempt.id


def finish(
    session: Session, attempt_id: int, *, took_seconds: float, status_code: int | None, error: str | None
) -> None:
    """Write down how an attempt ended; `error` is a word of ours, None where it succeeded."""
    session.execute(
        update(DeliveryAttempt)
        .where(DeliveryAttempt.id == attempt_id)
        .values(took_seconds=took_seconds, status_code=status_code, error=error)
    )


def close(session: Session, taken: Taken, outcome: Outcome, reason: str | None = None) -> bool:
    """The end of an effect's way. Returns False, and changes nothing, if the lease was another worker's by then.

    Delivered is delivered, whoever holds the lease: the receiver has it.
    """
    held = Effect.outcome.is_(None) if outcome is Outcome.DELIVERED else _held(taken)
    now = clock(session)
    closed = _change(session, and_(Effect.id == taken.effect_id, held), outcome=outcome, outcome_at=now, reason=reason)
    if closed:
        _move_followers(session, taken.effect_id, now)
    return closed


def retry(session: Session, taken: Taken, delay: timedelta, reason: str) -> bool:
    """Try again after the delay, or give up where that would be too late. Returns whether it will be tried again."""
    now = clock(session)
    effect = session.scalars(select(Effect).where(Effect.id == taken.effect_id, _held(taken)).with_for_update()).first()
    if effect is None:
        return False
    effect.failures += 1
    effect.lease = effect.leased_until = None
    again = now + delay < effect.give_up_at
    if again:
        effect.due_at = now + delay
    else:
        effect.outcome, effect.outcome_at, effect.reason = Outcome.GIVEN_UP, now, reason
    session.flush()
    _move_followers(session, effect.id, now + delay if again else now)
    return again


def _move_followers(session: Session, effect_id: int, due_at: datetime) -> None:
    """What waits behind an effect and was never tried is due when that is.

    Else all that a receiver who is away is to be told would look due, and be looked at twice a second.
    """
    before = aliased(Effect)
    queue = select(before.queue).where(before.id == effect_id).scalar_subquery()
    # Locked oldest first, as everywhere: two who change several of one queue never wait for each other crosswise.
    followers = (
        select(Effect.id)
        .where(Effect.queue == queue, Effect.outcome.is_(None), Effect.id > effect_id, Effect.failures == 0)
        .order_by(Effect.id)
        .with_for_update()
        .cte("followers")
    )
    session.execute(
        update(Effect)
        .where(Effect.id == followers.c.id)
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )


def postpone(session: Session, taken: Taken, until: datetime) -> bool:
    """Let go of an effect that was not attempted, until an instant. Returns whether it was still held."""
    return _change(session, and_(Effect.id == taken.effect_id, _held(taken)), due_at=until)


def let_go(session: Session, taken: Sequence[Taken]) -> None:
    """Give back what was taken and not finished, so that another worker can go on at once."""
    for one in taken:
        _close_attempts(session, [one.effect_id])
        _change(session, and_(Effect.id == one.effect_id, _held(one)))


def give_up_overdue(session: Session, channel: Channel, reason: str) -> int:
    """Give up what is open and past its time. For a channel that is not served; returns how many that were."""
    now = clock(session)
    rows = session.execute(
        update(Effect)
        .where(Effect.channel == channel, Effect.outcome.is_(None), Effect.give_up_at <= now)
        .values(outcome=Outcome.GIVEN_UP, outcome_at=now, reason=reason)
        .returning(Effect.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(rows)


def _held(taken: Taken) -> ColumnElement[bool]:
    return and_(Effect.lease == taken.lease, Effect.outcome.is_(None))


def _change(session: Session, where: ColumnElement[bool], **values: Any) -> bool:
    row = session.execute(
        update(Effect)
        .where(where)
        .values(lease=None, leased_until=None, **values)
        .returning(Effect.id)
        .execution_options(synchronize_session=False)
    ).first()
    return row is not None
