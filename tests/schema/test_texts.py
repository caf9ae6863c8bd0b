"""Reminders and opt-outs in the store (S4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from consultation.numbers import PhoneNumber
from consultation.reminder import AFTER, Drop, Reason, judge
from consultation.texting import Answer
from schema.delivery import Channel, Outcome
from schema.engine import Store
from schema.models import DeliveryAttempt, Effect, TextConsent
from schema.queries import appointments, deliveries, effects, people, status, texts
from schema.queries.line import clock
from schema.queries.status import Status, StatusBy
from tests.consultation.examples import LINE, PROVIDER
from tests.schema.platform import PROFILE, STRANGER, book, occurrences

PHONE = PhoneNumber("+14155550166")


def put_provider(store: Store, sms_number: PhoneNumber | None = PHONE) -> None:
    with store.transaction() as session:
        people.put_provider(
            session,
            "dr-lee",
            name="Dr",
            time_zone=PROFILE.time_zone,
            language="en",
            numbers={PROVIDER: "mobile"},
            sms_number=sms_number,
        )


def booked(store: Store, ended: timedelta = AFTER, **changes: Any) -> UUID:
    """A pending consultation that ended so long ago, of a provider who takes texts."""
    put_provider(store)
    with store.transaction() as session:
        ends_at = clock(session) - ended
        book(session, "first", ends_at - timedelta(minutes=30), ends_at, **changes)
        return occurrences(session)[0].id


def write(store: Store) -> int:
    with store.transaction() as session:
        now, unasked = texts.unasked(session)
        return sum(texts.enqueue_reminder(session, one, now) for one in unasked)


def verdict(store: Store, consultation_id: UUID, now: datetime | None = None) -> object:
    with store.transaction() as session:
        current, known = texts.recipient(session, consultation_id)
        assert known is not None
        # In the daytime, whenever this test runs.
        day = current.replace(hour=20, minute=0)
        return judge(known.facts, now or day)


@pytest.mark.usefixtures("line")
def test_s4_a_consultation_has_one_reminder_at_most(store: Store) -> None:
    booked(store)
    assert [write(store), write(store)] == [1, 0]


@pytest.mark.usefixtures("line")
@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (AFTER - timedelta(minutes=1), 0),
        (AFTER + timedelta(seconds=1), 1),
        (timedelta(days=3) - timedelta(minutes=1), 1),
        (timedelta(days=3), 0),
    ],
)
def test_s4_s5_a_reminder_is_written_from_24_hours_to_three_days_after_the_end(
    store: Store, ended: timedelta, expected: int
) -> None:
    booked(store, ended)
    assert write(store) == expected


@pytest.mark.usefixtures("line")
def test_s4_no_reminder_is_written_without_a_number_to_send_it_to(store: Store) -> None:
    booked(store)
    put_provider(store, None)
    assert write(store) == 0


@pytest.mark.usefixtures("line")
def test_a5_s4_no_reminder_is_written_of_what_was_not_referred(store: Store) -> None:
    booked(store, referred=False)
    assert write(store) == 0


@pytest.mark.usefixtures("line")
def test_s4_s6_no_reminder_is_written_of_what_was_cancelled_rescheduled_or_answered(store: Store) -> None:
    consultation_id = booked(store)
    with store.transaction() as session:
        status.finalise(session, consultation_id, Status.DID_NOT_OCCUR, StatusBy.PROVIDER)
    assert write(store) == 0
    with store.transaction() as session:
        now = clock(session)
        book(session, "first", now + timedelta(days=1))
    assert write(store) == 0


@pytest.mark.usefixtures("line")
@pytest.mark.parametrize(
    ("change", "reason"),
    [("answered", Reason.STATUS_FINAL), ("cancelled", Reason.WITHDRAWN), ("rescheduled", Reason.WITHDRAWN)],
)
def test_s4_s6_what_changed_since_it_was_written_is_seen_when_it_goes_out(
    store: Store, change: str, reason: Reason
) -> None:
    consultation_id = booked(store, timedelta(hours=36))
    assert write(store) == 1
    assert not isinstance(verdict(store, consultation_id), Drop)
    with store.transaction() as session:
        match change:
            case "answered":
                status.finalise(session, consultation_id, Status.COMPLETED, StatusBy.PROVIDER)
            case "cancelled":
                appointments.cancel(session, "first")
            case _:
                book(session, "first", clock(session) + timedelta(days=1))
    assert verdict(store, consultation_id) == Drop(reason)


@pytest.mark.usefixtures("line")
def test_s4_an_opt_out_is_the_numbers_and_outlives_every_change_of_the_profile(store: Store) -> None:
    consultation_id = booked(store)
    with store.transaction() as session:
        texts.keep_answer(session, PHONE, Answer.OPT_OUT)
        texts.keep_answer(session, STRANGER, Answer.OPT_OUT)
    put_provider(store, None)
    put_provider(store, PHONE)
    assert verdict(store, consultation_id) == Drop(Reason.OPTED_OUT)
    assert write(store) == 0
    with store.transaction() as session:
        texts.keep_answer(session, PHONE, Answer.OPT_IN)
    assert not isinstance(verdict(store, consultation_id), Drop)
    assert write(store) == 1
    with store.transaction() as session:
        texts.keep_answer(session, PHONE, Answer.OPT_OUT)
        assert session.scalar(select(func.count()).where(TextConsent.number == PHONE)) == 1
    assert verdict(store, consultation_id) == Drop(Reason.OPTED_OUT)


@pytest.mark.usefixtures("line")
def test_s4_a_text_that_went_out_is_never_sent_again_and_one_that_fails_may_be_until_its_time_is_over(
    store: Store,
) -> None:
    booked(store)
    write(store)
    with store.transaction() as session:
        (taken,) = deliveries.take(session, Channel.TEXT, most=1, seconds=60)
        assert deliveries.retry(session, taken, timedelta(hours=1), "refused")
        assert effects.resend_failed(session) == 1
        (taken,) = deliveries.take(session, Channel.TEXT, most=1, seconds=60)
        deliveries.close(session, taken, Outcome.DELIVERED)
    with store.transaction() as session, pytest.raises(effects.NeverAgainError):
        effects.resend(session, taken.effect_id)
    with store.transaction() as session:
        assert effects.resend_failed(session) == 0


@pytest.mark.usefixtures("line")
def test_s4_webhooks_of_an_appointment_do_not_wait_for_its_text_nor_the_text_for_them(store: Store) -> None:
    consultation_id = booked(store)
    write(store)
    with store.transaction() as session:
        status.finalise(session, consultation_id, Status.COMPLETED, StatusBy.PROVIDER)
    with store.transaction() as session:
        assert len(deliveries.take(session, Channel.WEBHOOK, most=9, seconds=60)) == 1
        assert len(deliveries.take(session, Channel.TEXT, most=9, seconds=60)) == 1


@pytest.mark.usefixtures("line")
def test_p1_neither_outbox_nor_attempts_hold_a_number(store: Store) -> None:
    booked(store)
    write(store)
    with store.transaction() as session:
        (taken,) = deliveries.take(session, Channel.TEXT, most=1, seconds=60)
        deliveries.begin(session, taken)
        rows = [*session.execute(select(Effect.__table__)), *session.execute(select(DeliveryAttempt.__table__))]
    assert len(rows) == 2
    for number in (PHONE, PROVIDER, LINE):
        assert number.e164[-7:] not in str(rows)


@pytest.mark.usefixtures("line")
def test_a3_texts_do_not_go_to_the_lines_own_numbers(store: Store) -> None:
    with pytest.raises(people.NumberTakenError):
        put_provider(store, LINE)
