"""Booked, rescheduled, cancelled (A5, S1, S6)."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from consultation.admission import Admit, Reason, Refuse
from schema.engine import Store
from schema.queries import appointments, people
from schema.queries.line import clock as database_clock
from tests.consultation.examples import CLIENT, LINE, MINUTE, OTHER_LINE, PROVIDER, clock
from tests.schema.platform import STRANGER, admit, arrive, book, hang_up, occurrences, put_provider, statuses

AFTERNOON = clock("15:00")


@pytest.fixture
def booked(line: Store) -> Store:
    """One appointment from 9:00 to 9:30."""
    with line.transaction() as session:
        assert book(session)
    return line


def test_booking_the_same_again_changes_nothing(booked: Store) -> None:
    with booked.transaction() as session:
        before = occurrences(session)
        assert not book(session)
        assert occurrences(session) == before


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Asia/Kathmandu"])
def test_w5_the_same_instant_in_another_zone_is_no_reschedule(booked: Store, zone: str) -> None:
    with booked.transaction() as session:
        book(session, starts_at=clock("9:00").astimezone(ZoneInfo(zone)))
        assert statuses(session) == ["pending"]


def test_w5_an_hour_that_happens_twice_is_no_reschedule_when_it_is_put_twice(line: Store) -> None:
    starts_at = clock("9:00").replace(month=11, day=1, hour=6).astimezone(ZoneInfo("America/New_York"))
    with line.transaction() as session:
        book(session, starts_at=starts_at, ends_at=(starts_at + 30 * MINUTE).replace(fold=1))
        book(session, starts_at=starts_at, ends_at=(starts_at + 30 * MINUTE).replace(fold=1))
        assert statuses(session) == ["pending"]


def test_s6_a_reschedule_opens_a_new_occurrence_and_withdraws_the_old(booked: Store) -> None:
    with booked.transaction() as session:
        before = database_clock(session)
        assert not book(session, starts_at=AFTERNOON)
        old, new = occurrences(session)
        after = database_clock(session)
    assert (old.status, old.status_by, new.status) == ("not_needed", "platform", "pending")
    assert old.superseded_at is not None
    assert before <= old.superseded_at <= after
    assert (new.superseded_at, new.occurrence, new.starts_at) == (None, 2, AFTERNOON)


@pytest.mark.parametrize(("starts", "ends"), [("9:00", "9:45"), ("8:45", "9:30")])
def test_s6_another_start_or_another_end_is_a_reschedule(booked: Store, starts: str, ends: str) -> None:
    with booked.transaction() as session:
        book(session, starts_at=clock(starts), ends_at=clock(ends))
        assert statuses(session) == ["not_needed", "pending"]


def test_s6_after_a_reschedule_only_the_new_window_admits(booked: Store) -> None:
    with booked.transaction() as session:
        book(session, starts_at=AFTERNOON)
        session.flush()
        assert isinstance(arrive(session, "old", clock("9:00"))[1], Refuse)
        assert isinstance(arrive(session, "new", AFTERNOON)[1], Admit)


def test_s6_rescheduled_back_the_old_times_are_a_third_occurrence(booked: Store) -> None:
    with booked.transaction() as session:
        book(session, starts_at=AFTERNOON)
        book(session)
        assert statuses(session) == ["not_needed", "not_needed", "pending"]
        assert isinstance(arrive(session, "again", clock("9:00"))[1], Admit)


@pytest.mark.parametrize("change", ["reschedule", "cancel"])
def test_s6_what_was_completed_stays_completed(booked: Store, change: str) -> None:
    with booked.transaction() as session:
        admit(session, "one")
        hang_up(session, "one", 600)
        if change == "reschedule":
            book(session, starts_at=AFTERNOON)
        else:
            appointments.cancel(session, "first")
        assert statuses(session)[0] == "completed"


@pytest.mark.parametrize("change", ["reschedule", "cancel"])
def test_s6_a_call_that_is_up_goes_on_and_is_recorded(booked: Store, change: str) -> None:
    with booked.transaction() as session:
        admit(session, "one")
        if change == "reschedule":
            book(session, starts_at=AFTERNOON)
        else:
            appointments.cancel(session, "first")
        hang_up(session, "one", 600)
        assert statuses(session)[0] == "not_needed"
        assert session.scalar(text("SELECT disposition FROM calls")) == "connected"


def test_s6_a_cancelled_appointment_is_not_needed_and_admits_nobody(booked: Store) -> None:
    with booked.transaction() as session:
        assert appointments.cancel(session, "first")
        assert statuses(session) == ["not_needed"]
        session.flush()
        assert arrive(session, "late", clock("9:00"))[1] == Refuse(Reason.NO_CONSULTATION)


def test_s6_cancelling_twice_is_cancelling_once(booked: Store) -> None:
    with booked.transaction() as session:
        appointments.cancel(session, "first")
    with booked.transaction() as session:
        first = session.scalar(text("SELECT cancelled_at FROM appointments"))
        assert appointments.cancel(session, "first")
        session.flush()
        assert session.scalar(text("SELECT cancelled_at FROM appointments")) == first


def test_s6_cancelling_what_was_never_booked_says_so(line: Store) -> None:
    with line.transaction() as session:
        assert not appointments.cancel(session, "first")


def test_s6_booking_again_what_was_cancelled_opens_a_new_occurrence(booked: Store) -> None:
    with booked.transaction() as session:
        appointments.cancel(session, "first")
        assert not book(session)
        assert statuses(session) == ["not_needed", "pending"]
        assert isinstance(arrive(session, "again", clock("9:00"))[1], Admit)


def test_a5_a_referral_given_or_taken_back_is_no_reschedule(booked: Store) -> None:
    with booked.transaction() as session:
        book(session, referred=False)
        session.flush()
        assert isinstance(arrive(session, "own", clock("9:00"))[1], Refuse)
        book(session, referred=True)
        session.flush()
        assert isinstance(arrive(session, "referred", clock("9:00"))[1], Admit)
        assert statuses(session) == ["pending"]


@pytest.mark.parametrize("field", ["provider_id", "client_id"])
def test_an_appointment_needs_a_provider_and_a_client_that_are_known(line: Store, field: str) -> None:
    with pytest.raises(people.UnknownError, match=field), line.transaction() as session:
        book(session, **{field: "nobody"})  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["provider_id", "client_id"])
def test_an_appointment_does_not_change_hands(booked: Store, field: str) -> None:
    with booked.transaction() as session:
        put_provider(session, "another", STRANGER)
        people.put_client(session, "another", name="John Roe", number=CLIENT)
    with pytest.raises(appointments.FixedError, match=field), booked.transaction() as session:
        book(session, **{field: "another"})  # type: ignore[arg-type]
    with booked.transaction() as session:
        assert statuses(session) == ["pending"]


def test_s6_the_appointment_shows_its_current_occurrence(booked: Store) -> None:
    with booked.transaction() as session:
        book(session, starts_at=AFTERNOON)
        shown = appointments.get(session, "first")
        assert shown is not None
        assert (shown.consultation.starts_at, shown.line_number, shown.talk_seconds) == (AFTERNOON, LINE, 0)
        assert appointments.get(session, "never booked") is None
    assert PROVIDER not in (LINE, OTHER_LINE)
