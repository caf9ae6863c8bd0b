"""Tasks, answers and the deadline, as the store has them (S1-S8). Times are seen from now, by the database's clock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from consultation.evidence import DialStatus, Fact, Kind, Leg
from consultation.followup import Unanswerable, task
from schema.engine import Store, Transaction
from schema.models import Effect
from schema.queries import appointments, calls, followup, outcomes, status
from schema.queries.calls import Sighting
from schema.queries.followup import UnanswerableError, UnknownAppointmentError
from schema.queries.line import clock
from schema.queries.status import Status, StatusBy
from tests.schema.platform import MARGINS, arrive, book, hang_up, occurrences
from tests.schema.test_settle import wait_until_it_waits_or_is_done

HALF_HOUR, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)


def book_ended(session: Transaction, ago: timedelta, appointment_id: str = "first", *, referred: bool = True) -> None:
    """An appointment that ended so long ago."""
    book(session, appointment_id, clock(session) - ago - HALF_HOUR, referred=referred)


def now_in(session: Transaction) -> tuple[str, str | None, datetime | None]:
    """Status, by whom and when, as written, of the last occurrence of the first appointment."""
    last = occurrences(session)[-1]
    return last.status, last.status_by, last.status_at


def told(session: Transaction, event_type: str) -> list[dict[str, Any]]:
    """The payloads of these effects."""
    return list(session.scalars(select(Effect.payload).where(Effect.event_type == event_type).order_by(Effect.id)))


def asked(session: Transaction, **which: Any) -> list[str]:
    """The appointments that there is an open task for."""
    return [entry.appointment.id for entry in followup.open_tasks(session, MARGINS, limit=100, **which)]


@pytest.fixture
def ended(line: Store) -> Store:
    """One consultation that ended an hour ago, pending."""
    with line.transaction() as session:
        book_ended(session, HOUR)
    return line


def test_s3_what_ended_without_a_word_is_asked_about_the_earliest_end_first(line: Store) -> None:
    with line.transaction() as session:
        book_ended(session, HOUR, "an hour ago")
        book_ended(session, 2 * DAY, "two days ago")
        book_ended(session, 4 * DAY, "four days ago")
        book_ended(session, HOUR, "not referred", referred=False)
        book_ended(session, HOUR, "cancelled")
        appointments.cancel(session, "cancelled")
        book(session, "going on", clock(session))
        assert asked(session) == ["two days ago", "an hour ago"]
        assert asked(session, provider_id="dr-lee") == ["two days ago", "an hour ago"]
        assert asked(session, provider_id="another") == []


def test_s3_tasks_are_paged_without_a_gap_also_where_the_ends_are_the_same(line: Store) -> None:
    with line.transaction() as session:
        ends_at = clock(session) - HOUR
        for name in "abcde":
            book(session, name, ends_at - HALF_HOUR, ends_at)
        every, seen, after = asked(session), [], None
        while page := followup.open_tasks(session, MARGINS, after=after, limit=2):
            seen += [entry.appointment.id for entry in page]
            after = page[-1].consultation.id
    assert seen == every
    assert sorted(seen) == list("abcde")


def test_s3_while_a_call_is_up_nobody_is_asked_and_after_it_since_its_end(line: Store) -> None:
    with line.transaction() as session:
        starts_at = clock(session) - HALF_HOUR - timedelta(minutes=5)
        book(session, starts_at=starts_at)
        arrive(session, "outlives", starts_at)
        assert asked(session) == []
        ended_at = clock(session) - timedelta(minutes=2)
        end_without_connection(session, "outlives", ended_at)
        (entry,) = followup.open_tasks(session, MARGINS, limit=1)
    assert entry.task.opened_at == ended_at


def end_without_connection(session: Transaction, channel: str, at: datetime) -> None:
    """The client was busy; the provider's phone hangs up at that instant."""
    facts = [
        (f"{channel}.client", Fact(Kind.DIALLED, Leg.CLIENT, at, dial_status=DialStatus.BUSY)),
        (channel, Fact(Kind.HANGUP, Leg.PROVIDER, at, cause=17)),
    ]
    calls.add_facts(session, [Sighting("ami", channel, leg, fact) for leg, fact in facts])
    outcomes.settle(session, channel, 0)


def test_s3_the_store_lists_a_task_exactly_where_the_rules_see_one(line: Store) -> None:
    with line.transaction() as session:
        for place, ago in enumerate([-DAY, timedelta(0), HOUR, DAY, 3 * DAY - HOUR, 3 * DAY, 4 * DAY]):
            for referred in (True, False):
                book_ended(session, ago, f"{place}-{referred}", referred=referred)
        session.flush()
        listed = set(asked(session))
        for place in range(7):
            for referred in (True, False):
                booked = appointments.get(session, f"{place}-{referred}")
                assert booked is not None
                seen = task(booked.occurrence(MARGINS), booked.now)
                assert (booked.appointment.id in listed) == (seen is not None), booked.appointment.id
    assert listed == {"2-True", "3-True", "4-True"}


def test_s3_the_platform_is_told_of_a_task_once(ended: Store) -> None:
    for opened in (1, 0):
        with ended.transaction() as session:
            assert followup.open_due_tasks(session, MARGINS, 10) == opened
    with ended.transaction() as session:
        (payload,) = told(session, "consultation.task_opened")
        (consultation,) = occurrences(session)
    assert payload == {
        "appointment_id": "first",
        "provider_id": "dr-lee",
        "occurrence": 1,
        "opened_at": (consultation.ends_at + MARGINS.after).isoformat(),
        "reminder_at": (consultation.ends_at + DAY).isoformat(),
        "deadline_at": (consultation.ends_at + 3 * DAY).isoformat(),
    }


def test_s3_an_effect_that_was_delivered_and_cleared_away_is_not_told_again(ended: Store) -> None:
    with ended.transaction() as session:
        followup.open_due_tasks(session, MARGINS, 10)
        session.execute(delete(Effect))
        assert followup.open_due_tasks(session, MARGINS, 10) == 0


def test_s3_s5_ten_workers_at_once_tell_of_each_once(line: Store, database_url: str) -> None:
    with line.transaction() as session:
        for number in range(20):
            book_ended(session, HOUR, f"task-{number}")
            book_ended(session, 4 * DAY, f"late-{number}")
    store = Store(database_url, pool=10)

    def sweep(_: int) -> tuple[int, int]:
        opened = expired = 0
        for _round in range(10):
            with store.transaction() as session:
                opened += followup.open_due_tasks(session, MARGINS, 3)
                expired += followup.expire(session, 3)
        return opened, expired

    with ThreadPoolExecutor(10) as pool:
        counts = list(pool.map(sweep, range(10)))
    store.close()
    assert [sum(count) for count in zip(*counts, strict=True)] == [20, 20]
    with line.transaction() as session:
        assert len(told(session, "consultation.task_opened")) == 20
        assert len(told(session, "consultation.status_changed")) == 20


def test_s5_past_the_deadline_the_sweep_writes_unknown_as_of_then(line: Store) -> None:
    with line.transaction() as session:
        book_ended(session, 4 * DAY)
        book_ended(session, 2 * DAY, "in time")
        assert followup.expire(session, 10) == 1
        assert followup.expire(session, 10) == 0
        (late,), (in_time,) = occurrences(session), occurrences(session, "in time")
        assert (late.status, late.status_by, late.status_at) == ("unknown", "time", late.ends_at + 3 * DAY)
        assert in_time.status == "pending"
        (payload,) = told(session, "consultation.status_changed")
        assert (payload["status"], payload["status_by"]) == ("unknown", "time")


@pytest.mark.parametrize(("occurred", "expected"), [(True, "completed"), (False, "did_not_occur")])
def test_s7_the_provider_says_whether_it_took_place(ended: Store, occurred: bool, expected: str) -> None:
    with ended.transaction() as session:
        followup.answer(session, "first", MARGINS, occurred=occurred)
        assert now_in(session)[:2] == (expected, "provider")
        assert asked(session) == []
        (payload,) = told(session, "consultation.status_changed")
        assert (payload["status"], payload["status_by"]) == (expected, "provider")


def refused(session: Transaction, appointment_id: str = "first", number: int | None = None) -> Unanswerable:
    with pytest.raises(UnanswerableError) as error:
        followup.answer(session, appointment_id, MARGINS, occurred=True, occurrence_number=number)
    return error.value.why


def test_s5_after_the_deadline_no_answer_is_taken_even_if_nothing_has_swept(line: Store) -> None:
    with line.transaction() as session:
        book_ended(session, 3 * DAY)
        assert refused(session) is Unanswerable.TOO_LATE
        assert now_in(session)[0] == "pending"
        followup.expire(session, 1)
        assert refused(session) is Unanswerable.TOO_LATE


def test_s7_what_is_final_not_begun_cancelled_or_rescheduled_takes_no_answer(ended: Store) -> None:
    with ended.transaction() as session:
        book(session, "to come", clock(session) + HOUR)
        assert refused(session, "to come") is Unanswerable.TOO_EARLY
        book_ended(session, HOUR, "cancelled")
        appointments.cancel(session, "cancelled")
        assert refused(session, "cancelled") is Unanswerable.CANCELLED
        followup.answer(session, "first", MARGINS, occurred=False)
        assert refused(session) is Unanswerable.FINAL
        book_ended(session, 2 * HOUR, "first")
        assert refused(session, number=1) is Unanswerable.RESCHEDULED
        followup.answer(session, "first", MARGINS, occurred=True, occurrence_number=2)
        with pytest.raises(UnknownAppointmentError):
            followup.answer(session, "nobody's", MARGINS, occurred=True)


def connect(session: Transaction) -> str:
    """The line sees a call that connected end."""
    hang_up(session, "one", 40)
    return "seen"


def deny(session: Transaction) -> str:
    """The provider says that it did not take place."""
    try:
        followup.answer(session, "first", MARGINS, occurred=False)
    except UnanswerableError as error:
        return error.why
    return "taken"


@pytest.mark.parametrize(
    ("first", "second", "word", "expected"),
    [
        (connect, deny, "already_final", ("completed", "line", False)),
        (deny, connect, "seen", ("did_not_occur", "provider", True)),
        (deny, deny, "already_final", ("did_not_occur", "provider", False)),
    ],
)
def test_s1_s7_s8_of_an_answer_and_the_lines_finding_at_once_one_wins(
    line: Store,
    first: Callable[[Transaction], str],
    second: Callable[[Transaction], str],
    word: str,
    expected: tuple[str, str, bool],
) -> None:
    with line.transaction() as session:
        book(session, starts_at=clock(session) - timedelta(minutes=5))
        arrive(session, "one", clock(session))

    def come_second() -> str:
        with line.transaction() as session:
            return second(session)

    with ThreadPoolExecutor() as pool:
        with line.transaction() as session:
            first(session)
            other = pool.submit(come_second)
            wait_until_it_waits_or_is_done(line, other.done)
        assert other.result() == word
    with line.transaction() as session:
        (found,) = occurrences(session)
        assert (found.status, found.status_by, found.later_evidence_at is not None) == expected
        assert len(told(session, "consultation.status_changed")) == 1


def test_s5_whatever_comes_after_the_deadline_finds_it_unknown_as_everybody_was_shown(line: Store) -> None:
    with line.transaction() as session:
        for name in ("rescheduled", "cancelled"):
            book_ended(session, 4 * DAY, name)
        book_ended(session, HOUR, "rescheduled")
        appointments.cancel(session, "cancelled")
        (old, _), (cancelled,) = occurrences(session, "rescheduled"), occurrences(session, "cancelled")
        assert [(row.status, row.status_at) for row in (old, cancelled)] == [
            ("unknown", row.ends_at + 3 * DAY) for row in (old, cancelled)
        ]


def test_s5_s8_a_connection_first_known_of_after_the_deadline_is_kept_beside_it(line: Store) -> None:
    with line.transaction() as session:
        starts_at = clock(session) - 4 * DAY
        book(session, starts_at=starts_at)
        arrive(session, "one", starts_at)
        hang_up(session, "one", 40)
        (found,) = occurrences(session)
        assert (found.status, found.status_by) == ("unknown", "time")
        assert found.later_evidence_at is not None


def said(session: Transaction, final: Status, by: StatusBy) -> None:
    (consultation,) = occurrences(session)
    assert status.finalise(session, consultation.id, final, by)


@pytest.mark.parametrize(
    ("final", "by", "flagged"),
    [
        (Status.DID_NOT_OCCUR, StatusBy.PROVIDER, True),
        (Status.UNKNOWN, StatusBy.TIME, True),
        (Status.COMPLETED, StatusBy.PROVIDER, False),
        (Status.NOT_NEEDED, StatusBy.PLATFORM, False),
    ],
)
def test_s8_evidence_is_flagged_once_where_provider_or_time_said_otherwise(
    line: Store, final: Status, by: StatusBy, flagged: bool
) -> None:
    with line.transaction() as session:
        book(session, starts_at=clock(session) - timedelta(minutes=5))
        arrive(session, "one", clock(session))
        said(session, final, by)
    seen = []
    for _ in range(2):
        with line.transaction() as session:
            hang_up(session, "one", 40)
            (found,) = occurrences(session)
            assert (found.status, found.status_by) == (final, by)
            seen.append(found.later_evidence_at)
    assert [at is not None for at in seen] == [flagged] * 2
    assert seen[0] == seen[1]


def test_s8_a_connection_too_short_to_complete_is_no_evidence(line: Store) -> None:
    with line.transaction() as session:
        book(session, starts_at=clock(session) - timedelta(minutes=5))
        arrive(session, "one", clock(session))
        said(session, Status.DID_NOT_OCCUR, StatusBy.PROVIDER)
        hang_up(session, "one", 40, completed_after_seconds=60)
        assert occurrences(session)[0].later_evidence_at is None
