"""Line numbers are given so that no two windows of one caller overlap on one, where the pool allows it (W7)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from consultation.numbers import PhoneNumber
from schema.engine import Store
from schema.queries import appointments, people
from tests.consultation.examples import CLIENT, HOUR, LINE, MINUTE, OTHER_LINE, PROVIDER, clock
from tests.schema.platform import OFFICE, book, put_provider

THIRD_LINE = PhoneNumber("+14155550197")


def given(store: Store, appointment_id: str) -> PhoneNumber | None:
    """The line number of an appointment."""
    with store.transaction() as session:
        booked = appointments.get(session, appointment_id)
        assert booked is not None
        return booked.line_number


def test_w7_back_to_back_appointments_get_two_numbers(line: Store) -> None:
    with line.transaction() as session:
        book(session, "one", clock("9:00"))
        book(session, "two", clock("9:30"))
        book(session, "three", clock("10:00"))
    assert [given(line, name) for name in ("one", "two", "three")] == [LINE, OTHER_LINE, LINE]


@pytest.mark.parametrize(("starts_at", "expected"), [(clock("9:31:59"), OTHER_LINE), (clock("9:32"), LINE)])
def test_w7_it_is_the_windows_that_must_not_overlap_and_not_the_appointments(
    line: Store, starts_at: datetime, expected: PhoneNumber
) -> None:
    with line.transaction() as session:
        book(session, "later", starts_at)
        book(session, "earlier", clock("9:00"))
    assert (given(line, "later"), given(line, "earlier")) == (LINE, expected)


def test_w7_an_appointment_within_a_long_one_gets_another_number(line: Store) -> None:
    with line.transaction() as session:
        book(session, "long", clock("9:00"), clock("15:00"))
        book(session, "short", clock("12:00"))
    assert given(line, "short") == OTHER_LINE


def test_w7_a_pool_too_small_refuses_no_appointment(line: Store) -> None:
    with line.transaction() as session:
        for place in range(4):
            book(session, f"appointment {place}")
    numbers = [given(line, f"appointment {place}") for place in range(4)]
    assert sorted(map(numbers.count, (LINE, OTHER_LINE))) == [2, 2]


def test_w7_two_providers_may_share_a_number_at_the_same_time(line: Store) -> None:
    with line.transaction() as session:
        put_provider(session, "dr-wu", OFFICE)
        book(session, "one")
        book(session, "other", provider_id="dr-wu")
    assert given(line, "one") == given(line, "other") == LINE


@pytest.mark.parametrize("change", ["cancel", "reschedule"])
def test_w7_what_is_withdrawn_keeps_no_number(line: Store, change: str) -> None:
    with line.transaction() as session:
        book(session, "one")
        if change == "cancel":
            appointments.cancel(session, "one")
        else:
            book(session, "one", clock("15:00"))
        session.flush()
        book(session, "two")
    assert given(line, "two") == LINE


def test_w7_a_reschedule_is_not_in_its_own_way(line: Store) -> None:
    with line.transaction() as session:
        book(session, "one", clock("9:00"))
        book(session, "one", clock("9:15"))
    assert given(line, "one") == LINE


def test_w7_a_reschedule_gets_a_number_that_is_free_at_its_new_time(line: Store) -> None:
    with line.transaction() as session:
        book(session, "one", clock("9:00"))
        book(session, "two", clock("12:00"))
        book(session, "two", clock("9:15"))
    assert given(line, "two") == OTHER_LINE


def test_w7_booked_while_the_pool_was_empty_the_number_comes_with_the_next_put(store: Store) -> None:
    with store.transaction() as session:
        put_provider(session, "dr-lee", PROVIDER)
        people.put_client(session, "client", name="Jane Doe", number=CLIENT)
        book(session)
    assert given(store, "first") is None
    with store.transaction() as session:
        people.add_line_number(session, THIRD_LINE)
        book(session)
    assert given(store, "first") == THIRD_LINE


def test_w7_bookings_made_at_once_share_no_number_where_they_overlap(line: Store, database_url: str) -> None:
    pairs, threads = 8, 16
    together = Barrier(threads)
    store = Store(database_url, pool=threads)

    def booked(place: int) -> None:
        together.wait()
        pair, half = divmod(place, 2)
        with store.transaction() as session:
            book(session, f"{pair}-{half}", clock("9:00") + HOUR * pair + MINUTE * 15 * half)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(booked, range(threads)))
    numbers = [{given(store, f"{pair}-{half}") for half in range(2)} for pair in range(pairs)]
    store.close()
    assert numbers == [{LINE, OTHER_LINE}] * pairs


def test_w7_an_appointment_put_twice_at_once_is_booked_once(line: Store, database_url: str) -> None:
    threads = 8
    together = Barrier(threads)
    store = Store(database_url, pool=threads)

    def booked(_place: int) -> bool:
        together.wait()
        with store.transaction() as session:
            return book(session)

    with ThreadPoolExecutor(threads) as pool:
        created = list(pool.map(booked, range(threads)))
    store.close()
    assert sorted(created) == [False] * (threads - 1) + [True]
    assert given(line, "first") == LINE


def test_w7_windows_are_told_apart_by_their_instants_across_midnight(line: Store) -> None:
    midnight = clock("0:00") + timedelta(days=1)
    with line.transaction() as session:
        book(session, "before", midnight - 30 * MINUTE)
        book(session, "after", midnight)
    assert (given(line, "before"), given(line, "after")) == (LINE, OTHER_LINE)
