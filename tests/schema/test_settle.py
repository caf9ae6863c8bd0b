"""A connected call completes its consultation at hangup, once its calls have talked long enough (S2)."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from consultation.evidence import Fact, Kind, Leg
from consultation.outcome import Disposition
from schema.engine import Store
from schema.queries import appointments, calls, outcomes
from schema.queries.calls import Sighting
from tests.consultation.examples import CLIENT, clock
from tests.schema.platform import admit, arrive, book, hang_up, occurrences, statuses


@pytest.fixture
def booked(line: Store) -> Store:
    """One consultation, pending, to which two calls were admitted."""
    with line.transaction() as session:
        book(session)
        admit(session, "one")
        admit(session, "two", clock("9:10"))
    return line


def status(store: Store) -> str:
    """The status of the only consultation."""
    with store.transaction() as session:
        (only,) = statuses(session)
        return only


def test_s1_a_consultation_starts_as_pending(booked: Store) -> None:
    assert status(booked) == "pending"


def test_s2_by_default_any_connection_completes(booked: Store) -> None:
    with booked.transaction() as session:
        hang_up(session, "one", 0.2)
        (consultation,) = occurrences(session)
        assert (consultation.status, consultation.status_by) == ("completed", "line")
        assert consultation.status_at is not None


@pytest.mark.parametrize("disposition", sorted(set(Disposition) - {Disposition.CONNECTED, Disposition.REFUSED}))
def test_s2_nothing_but_a_connection_completes(booked: Store, disposition: Disposition) -> None:
    with booked.transaction() as session:
        hang_up(session, "one", 0, disposition=disposition)
    assert status(booked) == "pending"


def test_s2_a_call_that_is_up_completes_nothing_before_its_hangup(booked: Store) -> None:
    with booked.transaction() as session:
        hang_up(session, "one", 600, disposition=None)
    assert status(booked) == "pending"


@pytest.mark.parametrize(("second", "expected"), [(19.999, "pending"), (20, "completed"), (500, "completed")])
def test_s2_the_talk_time_of_all_calls_adds_up_to_the_threshold(booked: Store, second: float, expected: str) -> None:
    with booked.transaction() as session:
        hang_up(session, "one", 40, completed_after_seconds=60)
    assert status(booked) == "pending"
    with booked.transaction() as session:
        hang_up(session, "two", second, completed_after_seconds=60)
    assert status(booked) == expected


def test_s2_talk_time_of_another_consultation_does_not_count(booked: Store) -> None:
    with booked.transaction() as session:
        book(session, "another", clock("12:00"))
        admit(session, "three", clock("12:00"))
        hang_up(session, "three", 40, completed_after_seconds=60)
        hang_up(session, "one", 40, completed_after_seconds=60)
        assert (statuses(session), statuses(session, "another")) == (["pending"], ["pending"])


def test_s2_settling_one_call_twice_counts_it_once(booked: Store) -> None:
    for _ in range(2):
        with booked.transaction() as session:
            hang_up(session, "one", 40, completed_after_seconds=60)
    assert status(booked) == "pending"


def test_s2_two_calls_that_end_at_once_know_of_each_others_talk_time(booked: Store) -> None:
    def end_the_other() -> None:
        with booked.transaction() as session:
            hang_up(session, "two", 40, completed_after_seconds=60)

    with ThreadPoolExecutor() as pool:
        with booked.transaction() as session:
            hang_up(session, "one", 40, completed_after_seconds=60)
            other = pool.submit(end_the_other)
            wait_until_it_waits_or_is_done(booked, other.done)
        other.result()
    assert status(booked) == "completed"


def wait_until_it_waits_or_is_done(store: Store, done: Callable[[], bool]) -> None:
    """Until some statement waits for a lock, or the other transaction is through."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while not done():
        # A transaction of its own each time: within one, pg_stat_activity stays as it was first read.
        with store.transaction() as session:
            if session.scalar(waiting):
                return
        time.sleep(0.01)


@pytest.mark.parametrize("final", ["did_not_occur", "unknown", "not_needed"])
def test_s8_evidence_after_a_final_status_changes_nothing(booked: Store, final: str) -> None:
    with booked.transaction() as session:
        session.execute(
            text("UPDATE consultations SET status = :final, status_by = 'provider', status_at = now()"),
            {"final": final},
        )
    with booked.transaction() as session:
        hang_up(session, "one", 600)
    assert status(booked) == final


def test_e4_the_outcome_is_written_to_the_call(booked: Store) -> None:
    with booked.transaction() as session:
        hang_up(session, "one", 12.5)
        one, two = calls.of_appointment(session, "first")
    assert (one.talk_seconds, one.disposition, one.hangup_cause) == (12.5, "connected", 16)
    assert (one.ended_at, two.ended_at, two.disposition) == (clock("9:20"), None, None)


def test_e5_a_refused_call_stays_refused_whatever_is_seen_of_it(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        arrive(session, "early", clock("8:00"))
        hang_up(session, "early", 0, disposition=Disposition.LINE_FAILED)
        call = calls.locked(session, "early")
        assert call is not None
        assert (call.disposition, call.ended_at, call.ended_by) == ("refused", clock("9:20"), "line")
        assert statuses(session) == ["pending"]


def test_w3_talk_time_of_an_appointment_is_that_of_all_its_calls(booked: Store) -> None:
    with booked.transaction() as session:
        hang_up(session, "one", 40)
        hang_up(session, "two", 2.5)
        shown = appointments.get(session, "first")
        assert shown is not None
        assert (shown.talk_seconds, shown.client_number) == (42.5, CLIENT)


def test_e4_a_call_whose_end_came_before_its_decision_is_still_to_be_settled(line: Store) -> None:
    channel = "line1-1740000000.1"
    over = clock("9:05")
    with line.transaction() as session:
        book(session)
        # No server decided in time, so Asterisk refused; then the one that had hung decides after all.
        calls.record_unavailable(session, channel, None, None, over)
        ends = [Fact(Kind.UNAVAILABLE, Leg.PROVIDER, over), Fact(Kind.HANGUP, Leg.PROVIDER, over, cause=42)]
        calls.add_facts(session, [Sighting("ami", channel, channel, fact) for fact in ends])
        outcomes.settle(session, channel, 0)
        assert [call.channel for call in calls.still_open(session, "line1")] == []
    with line.transaction() as session:
        admit(session, channel)
    with line.transaction() as session:
        assert [call.channel for call in calls.still_open(session, "line1")] == [channel]
        outcomes.settle(session, channel, 0)
    with line.transaction() as session:
        assert calls.still_open(session, "line1") == []
        call = calls.locked(session, channel)
        assert call is not None
        assert call.disposition == "line_failed"
