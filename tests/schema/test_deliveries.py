"""Effects on their way: who gets which, in which order, and what becomes of them (E4)."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update

from schema.delivery import Channel, Outcome, State
from schema.engine import Store
from schema.models import DeliveryAttempt, Effect
from schema.queries import deliveries, effects
from schema.queries.deliveries import Taken
from schema.queries.outbox import EventType, enqueue


def tell(store: Store, subject: str, appointment_id: str | None = "first", event: EventType | None = None) -> None:
    """Something happened that the platform is to know."""
    with store.transaction() as session:
        assert enqueue(session, event or EventType.CALL_ENDED, subject, appointment_id=appointment_id, payload={})


def take(store: Store, most: int = 100, channel: Channel = Channel.WEBHOOK) -> list[Taken]:
    with store.transaction() as session:
        return deliveries.take(session, channel, most=most, seconds=60)


def subjects(store: Store, taken: Sequence[Taken]) -> list[str]:
    with store.transaction() as session:
        keys = {row.id: row.key for row in session.execute(select(Effect.id, Effect.key))}
    return [keys[one.effect_id].partition(":")[2] for one in taken]


def deliver(store: Store, *taken: Taken) -> None:
    with store.transaction() as session:
        for one in taken:
            assert deliveries.close(session, one, Outcome.DELIVERED)


def fail(store: Store, taken: Taken, delay: timedelta = timedelta()) -> bool:
    with store.transaction() as session:
        attempt = deliveries.begin(session, taken)
        deliveries.finish(session, attempt, took_seconds=0.1, status_code=500, error="refused")
        return deliveries.retry(session, taken, delay, "refused")


def end_leases(store: Store) -> None:
    """As if the workers that hold them had died a while ago."""
    with store.transaction() as session:
        session.execute(update(Effect).where(Effect.lease.is_not(None)).values(leased_until=func.clock_timestamp()))


def standings(store: Store, *states: State) -> list[effects.Standing]:
    with store.transaction() as session:
        return effects.standings(session, states or tuple(State))


def test_of_one_appointment_the_next_is_only_given_once_the_one_before_is_delivered(store: Store) -> None:
    for subject in ("1", "2", "3"):
        tell(store, subject)
    tell(store, "other", "second")
    first, other = take(store)
    assert subjects(store, [first, other]) == ["1", "other"]
    assert take(store) == []
    deliver(store, first)
    assert subjects(store, take(store)) == ["2"]


def test_a_failure_holds_back_its_appointment_and_no_other(store: Store) -> None:
    for subject, appointment in (("1", "first"), ("2", "first"), ("a", "second"), ("b", "second")):
        tell(store, subject, appointment)
    first, other = take(store)
    assert fail(store, first, timedelta(hours=1))
    deliver(store, other)
    assert subjects(store, take(store)) == ["b"]


def test_what_waits_behind_a_failure_is_due_when_that_is_and_at_once_when_that_is_over(store: Store) -> None:
    for subject in ("1", "2", "3"):
        tell(store, subject)
    (first,) = take(store)
    fail(store, first, timedelta(hours=1))
    due = {one.due_at for one in standings(store)}
    assert len(due) == 1
    with store.transaction() as session:
        session.execute(update(Effect).where(Effect.id == first.effect_id).values(due_at=func.clock_timestamp()))
    deliver(store, *take(store))
    assert subjects(store, take(store)) == ["2"]


def test_what_belongs_to_no_appointment_is_in_order_by_its_family(store: Store) -> None:
    tell(store, "1", None, EventType.LINE_DOWN)
    tell(store, "2", None, EventType.LINE_UP)
    tell(store, "3", None, EventType.ISSUE_REPORTED)
    assert subjects(store, take(store)) == ["1", "3"]


def test_what_was_given_up_holds_back_nothing(store: Store) -> None:
    tell(store, "1")
    tell(store, "2")
    (first,) = take(store)
    with store.transaction() as session:
        session.execute(update(Effect).values(give_up_at=func.clock_timestamp()))
    assert not fail(store, first)
    assert [one.state for one in standings(store)] == [State.GIVEN_UP, State.WAITING]
    assert subjects(store, take(store)) == ["2"]


def test_nothing_is_given_up_before_three_days_nor_without_an_attempt(store: Store) -> None:
    tell(store, "1")
    (first,) = take(store)
    assert fail(store, first, timedelta(days=2, hours=23))
    with store.transaction() as session:
        session.execute(update(Effect).values(due_at=func.clock_timestamp(), give_up_at=func.clock_timestamp()))
    (again,) = take(store)
    assert not fail(store, again)
    (standing,) = standings(store)
    assert (standing.state, standing.reason, standing.attempts) == (State.GIVEN_UP, "refused", 2)


def test_a_worker_that_died_loses_nothing_and_its_attempt_is_kept(store: Store) -> None:
    tell(store, "1")
    (dead,) = take(store)
    with store.transaction() as session:
        deliveries.begin(session, dead)
    assert take(store) == []
    end_leases(store)
    (resumed,) = take(store)
    assert (resumed.effect_id, resumed.message_id) == (dead.effect_id, dead.message_id)
    assert resumed.resumed
    with store.transaction() as session:
        assert session.scalars(select(DeliveryAttempt.error)).all() == ["worker_lost"]


def test_a_worker_whose_lease_ended_can_not_undo_what_the_next_one_did(store: Store) -> None:
    tell(store, "1")
    (slow,) = take(store)
    end_leases(store)
    (next_one,) = take(store)
    assert not fail(store, slow)
    with store.transaction() as session:
        assert not deliveries.close(session, slow, Outcome.GIVEN_UP)
    deliver(store, next_one)
    with store.transaction() as session:
        assert not deliveries.close(session, slow, Outcome.DELIVERED)
    assert [one.state for one in standings(store)] == [State.DELIVERED]


def test_what_is_let_go_of_is_taken_again_at_once(store: Store) -> None:
    tell(store, "1")
    taken = take(store)
    with store.transaction() as session:
        deliveries.let_go(session, taken)
    assert subjects(store, take(store)) == ["1"]


def test_a_row_that_another_transaction_holds_is_passed_over(store: Store) -> None:
    tell(store, "1", "first")
    tell(store, "2", "second")
    with store.transaction() as session:
        session.execute(select(Effect).where(Effect.appointment_id == "first").with_for_update())
        assert subjects(store, take(store)) == ["2"]


def test_many_workers_at_once_never_take_the_same_and_keep_the_order(store: Store) -> None:
    for number in range(120):
        tell(store, f"{number:03}", f"appointment-{number % 7}")
    order: list[tuple[str, str]] = []
    lock = threading.Lock()

    def work() -> None:
        while taken := take(store, most=3):
            said = subjects(store, taken)
            with lock:
                order.extend((f"appointment-{int(subject) % 7}", subject) for subject in said)
            deliver(store, *taken)

    def work_until_all_is_told() -> None:
        while standings(store, State.WAITING):
            work()

    workers = [threading.Thread(target=work_until_all_is_told) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(order) == len(set(order)) == 120
    told = defaultdict(list)
    for appointment, subject in order:
        told[appointment].append(subject)
    assert all(subjects == sorted(subjects) for subjects in told.values())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=8),
    fates=st.lists(st.sampled_from(["delivered", "fails", "dies"]), max_size=30),
)
def test_whatever_fails_and_whoever_dies_each_queue_is_told_in_order(
    store: Store, written: list[str | None], fates: list[str]
) -> None:
    with store.transaction() as session:
        session.execute(text("TRUNCATE outbox, outbox_attempts"))
    queue_of = {}
    for number, appointment in enumerate(written):
        tell(store, f"{number:02}", appointment)
        queue_of[f"{number:02}"] = appointment
    told = defaultdict(list)
    fate = iter(fates)
    while taken := take(store, most=2):
        for one, subject in zip(taken, subjects(store, taken), strict=True):
            match next(fate, "delivered"):
                case "delivered":
                    deliver(store, one)
                    told[queue_of[subject]].append(subject)
                case "fails":
                    assert fail(store, one)
                case _:
                    end_leases(store)
    assert sorted(chain.from_iterable(told.values())) == sorted(queue_of)
    assert all(subjects == sorted(subjects) for subjects in told.values())


def test_what_was_given_up_can_be_sent_again_for_three_more_days(store: Store) -> None:
    tell(store, "1")
    (first,) = take(store)
    with store.transaction() as session:
        session.execute(update(Effect).values(give_up_at=func.clock_timestamp()))
    assert not fail(store, first)
    with store.transaction() as session:
        effects.resend(session, first.effect_id)
    (again,) = take(store)
    assert (again.message_id, again.failures) == (first.message_id, 0)
    assert fail(store, again, timedelta(days=2))


def test_all_that_failed_is_sent_again_and_what_waits_or_is_delivered_is_left_alone(store: Store) -> None:
    for subject in ("delivered", "failing", "given-up", "waiting"):
        tell(store, subject, subject)
    taken = dict(zip(("delivered", "failing", "given-up"), take(store, most=3), strict=True))
    deliver(store, taken["delivered"])
    fail(store, taken["failing"], timedelta(hours=1))
    fail(store, taken["given-up"], timedelta(days=4))
    assert [one.state for one in standings(store)] == [State.DELIVERED, State.FAILING, State.GIVEN_UP, State.WAITING]
    with store.transaction() as session:
        assert effects.resend_failed(session) == 2
    assert sorted(subjects(store, take(store))) == ["failing", "given-up", "waiting"]


def test_sending_again_what_there_is_not_is_said(store: Store) -> None:
    with store.transaction() as session, pytest.raises(effects.NoSuchEffectError):
        effects.resend(session, 1)


def test_where_nobody_is_to_be_told_things_are_given_up_after_three_days_and_not_before(store: Store) -> None:
    tell(store, "old")
    with store.transaction() as session:
        session.execute(update(Effect).values(give_up_at=func.clock_timestamp()))
    tell(store, "new")
    with store.transaction() as session:
        assert deliveries.give_up_overdue(session, Channel.WEBHOOK, "nobody_to_tell") == 1
    assert [(one.state, one.reason) for one in standings(store)] == [
        (State.GIVEN_UP, "nobody_to_tell"),
        (State.WAITING, None),
    ]
