"""What a decision rests on is read in one statement, with the database's time (W5, A3, A7)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from consultation.admission import Candidate
from consultation.numbers import PhoneNumber
from consultation.window import Window
from schema.engine import Store
from schema.models import CallerNumber
from schema.queries import appointments, people
from schema.queries.admission import situation
from schema.queries.line import clock as database_clock
from tests.consultation.examples import CLIENT, HOUR, LINE, MICROSECOND, PROVIDER, clock
from tests.schema.platform import MARGINS, OFFICE, PROFILE, STRANGER, book, occurrences, put_provider


@contextmanager
def rows_of_statements(store: Store) -> Iterator[list[int]]:
    """How many rows each statement brings that goes to the database meanwhile."""
    rows: list[int] = []

    def note(_connection: object, cursor: Any, *_rest: object) -> None:
        rows.append(cursor.rowcount)

    event.listen(store.engine, "after_cursor_execute", note)
    try:
        yield rows
    finally:
        event.remove(store.engine, "after_cursor_execute", note)


@pytest.mark.parametrize("caller", [PROVIDER, STRANGER, None])
def test_w5_time_and_all_that_is_known_at_it_come_in_one_statement(line: Store, caller: PhoneNumber | None) -> None:
    with line.transaction() as session:
        for place in range(5):
            book(session, f"appointment {place}")
    with line.transaction() as session, rows_of_statements(line) as rows:
        situation(session, caller, MARGINS, at=clock("9:00"))
    assert len(rows) == 1


def test_a7_a_candidate_carries_all_that_the_rules_ask_for(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        (booked,) = occurrences(session)
        known = situation(session, PROVIDER, MARGINS, at=clock("9:00"))
    assert known.now == clock("9:00")
    assert known.profile == PROFILE
    window = Window(clock("9:00"), clock("9:30"), MARGINS)
    assert known.candidates == [
        Candidate(
            booked.id, "first", window, LINE, CLIENT, referred=True, withdrawn=False, provider_id=PROFILE.provider_id
        )
    ]


@pytest.mark.parametrize("caller", [PROVIDER, STRANGER, None])
def test_w5_the_databases_clock_judges_where_it_differs_from_ours(line: Store, caller: PhoneNumber | None) -> None:
    with line.transaction() as session:
        _set_the_database_a_day_ahead(session)
        before = database_clock(session)
        now = situation(session, caller, MARGINS).now
        assert before <= now <= database_clock(session)
        real = session.execute(text("SELECT pg_catalog.clock_timestamp()")).scalar_one()
        assert now - real > timedelta(hours=23)


def _set_the_database_a_day_ahead(session: Session) -> None:
    for statement in (
        "CREATE SCHEMA IF NOT EXISTS ahead",
        """CREATE OR REPLACE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
           $$ SELECT pg_catalog.clock_timestamp() + interval '1 day' $$""",
        "SET LOCAL search_path = ahead, pg_catalog, public",
    ):
        session.execute(text(statement))


def test_a3_a_stranger_has_no_profile_and_no_candidates(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        known = situation(session, STRANGER, MARGINS, at=clock("9:00"))
    assert (known.profile, known.candidates) == (None, [])


def test_a3_a_provider_with_nothing_booked_has_a_profile(line: Store) -> None:
    with line.transaction() as session:
        known = situation(session, PROVIDER, MARGINS, at=clock("9:00"))
    assert (known.profile, known.candidates) == (PROFILE, [])


def test_a3_a_line_number_is_nobodys_even_if_it_stands_on_a_profile(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        session.add(CallerNumber(number=LINE, provider_id="dr-lee", label="the line"))
        session.flush()
        known = situation(session, LINE, MARGINS, at=clock("9:00"))
        assert (known.profile, known.candidates) == (None, [])
        assert situation(session, PROVIDER, MARGINS, at=clock("9:00")).candidates != []


def test_a4_every_number_of_a_provider_finds_the_same(line: Store) -> None:
    with line.transaction() as session:
        put_provider(session, "dr-lee", PROVIDER, OFFICE)
        book(session)
        known = [situation(session, number, MARGINS, at=clock("9:00")) for number in (PROVIDER, OFFICE)]
    assert known[0] == known[1]
    assert len(known[0].candidates) == 1


def test_a4_a_caller_finds_no_consultation_of_another_provider(line: Store) -> None:
    with line.transaction() as session:
        put_provider(session, "dr-wu", OFFICE)
        book(session, provider_id="dr-wu")
        assert situation(session, PROVIDER, MARGINS, at=clock("9:00")).candidates == []


def test_a5_what_is_barred_is_loaded_with_the_reason(line: Store) -> None:
    with line.transaction() as session:
        book(session, "own", referred=False)
        book(session, "cancelled")
        appointments.cancel(session, "cancelled")
        book(session, "moved")
        book(session, "moved", clock("15:00"))
        session.flush()
        known = situation(session, PROVIDER, MARGINS, at=clock("9:00")).candidates
    barred = {(c.appointment_id, c.window.starts_at): (c.referred, c.withdrawn) for c in known}
    assert barred == {
        ("own", clock("9:00")): (False, False),
        ("cancelled", clock("9:00")): (True, True),
        ("moved", clock("9:00")): (True, True),
        ("moved", clock("15:00")): (True, False),
    }


@pytest.mark.parametrize(
    ("now", "loaded"),
    [
        (clock("8:59") - 24 * HOUR - MICROSECOND, False),
        (clock("8:59") - 24 * HOUR, True),
        (clock("9:31") + 24 * HOUR, True),
        (clock("9:31") + 24 * HOUR + MICROSECOND, False),
    ],
)
def test_a7_only_what_is_at_most_24_hours_away_is_loaded(line: Store, now: datetime, loaded: bool) -> None:
    with line.transaction() as session:
        book(session)
        known = situation(session, PROVIDER, MARGINS, at=now)
    assert bool(known.candidates) == loaded
    assert known.profile == PROFILE


def test_a7_what_is_far_away_costs_the_call_nothing(line: Store) -> None:
    with line.transaction() as session:
        for day in range(2, 32):
            book(session, f"appointment {day}", clock("9:00") - 24 * HOUR * day)
        book(session)
    with line.transaction() as session, rows_of_statements(line) as rows:
        assert len(situation(session, PROVIDER, MARGINS, at=clock("9:00")).candidates) == 1
    assert rows == [1]


def test_w7_a_consultation_without_a_line_number_is_loaded_without_one(store: Store) -> None:
    with store.transaction() as session:
        put_provider(session, "dr-lee", PROVIDER)
        people.put_client(session, "client", name="Jane Doe", number=CLIENT)
        book(session)
        (candidate,) = situation(session, PROVIDER, MARGINS, at=clock("9:00")).candidates
    assert candidate.line_number is None
