"""What goes when its time is over, and what stays (P2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from schema.engine import Store
from schema.queries import audit_chain, calls, outcomes, retention, statistics
from schema.queries.retention import KINDS, Kind
from tests.schema import aged
from tests.schema.aged import days_ago

DAYS = 30
MINUTE = timedelta(minutes=1)
NAMES = {kind.name: kind for kind in KINDS}


def purge(store: Store, kind: Kind, most: int = 100) -> int:
    with store.transaction() as session:
        return retention.purge(session, kind, DAYS, most)


def left(store: Store, table: str) -> int:
    with store.engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)


def kept(store: Store) -> list[tuple[str, str, int, float]]:
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT kind, what, count, seconds FROM totals ORDER BY kind, what")
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"audit"}))
def test_p2_a_minute_before_its_time_is_over_it_stays_and_a_minute_after_it_goes(line: Store, name: str) -> None:
    kind = NAMES[name]
    with line.transaction() as session:
        aged.ONE[name](session, days_ago(session, DAYS) + MINUTE)
    assert purge(line, kind) == 0
    with line.transaction() as session:
        assert retention.due(session, kind, DAYS).count == 0
        session.execute(text("SET LOCAL session_replication_role = replica"))  # dates of what is append-only, too
        session.execute(
            text(f"UPDATE {kind.key.class_.__tablename__} SET {kind.dated.key} = {kind.dated.key} - :two"),
            {"two": 2 * MINUTE},
        )
        if name == "appointments":
            session.execute(
                text("UPDATE consultations SET starts_at = starts_at - :two, ends_at = ends_at - :two"),
                {"two": 2 * MINUTE},
            )
    with line.transaction() as session:
        assert retention.due(session, kind, DAYS).count == 1
    assert purge(line, kind) == 1
    assert purge(line, kind) == 0


def test_p2_an_appointment_goes_with_its_calls_and_leaves_counts_and_durations_of_nobody(line: Store) -> None:
    with line.transaction() as session:
        over = days_ago(session, DAYS + 1)
        aged.appointment(session, over)
        for channel in ("line1-1.1", "line1-1.2"):
            aged.admitted(session, over, channel)
        session.execute(
            text(
                "INSERT INTO issue_reports (id, consultation_id, reason) "
                "SELECT gen_random_uuid(), id, 'other' FROM consultations"
            )
        )
    with line.transaction() as session:
        before = statistics.count(session)
    assert purge(line, retention.APPOINTMENTS) == 1
    for table in ("appointments", "consultations", "calls", "call_facts", "call_outcomes", "issue_reports"):
        assert left(line, table) == 0, table
    assert kept(line) == [
        ("call", "admitted//connected", 2, 180.0),
        ("consultation", "completed/line", 1, 0.0),
        ("disagreement", "", 2, 0.0),
    ]
    with line.transaction() as session:
        after = statistics.count(session)
    assert (after.calls, after.talk_seconds, after.disagreements) == (
        before.calls,
        before.talk_seconds,
        before.disagreements,
    )


def test_p2_refused_calls_and_showings_are_counted_when_they_go(line: Store) -> None:
    with line.transaction() as session:
        over = days_ago(session, DAYS + 1)
        aged.refused(session, over)
        aged.reveal(session, over)
    with line.transaction() as session:
        before = statistics.count(session)
    assert purge(line, retention.REFUSED_CALLS) == purge(line, retention.REVEALS) == 1
    with line.transaction() as session:
        after = statistics.count(session)
    assert (list(after.calls), after.reveals) == (list(before.calls), before.reveals)
    assert kept(line) == [("call", "refused/caller_unknown/refused", 1, 0.0), ("reveal", "line_down", 1, 0.0)]


@pytest.mark.parametrize("why", ["pending", "call is up", "call is young", "occurrence to come", "still to be told"])
def test_p2_an_appointment_with_something_left_to_come_stays_whole(line: Store, why: str) -> None:
    with line.transaction() as session:
        over = days_ago(session, DAYS + 1)
        aged.appointment(session, over, final=why != "pending")
        if why.startswith("call"):
            aged.admitted(session, over, up=why == "call is up")
        if why == "call is young":
            session.execute(text("UPDATE calls SET arrived_at = clock_timestamp()"))
        if why == "occurrence to come":
            session.execute(text("UPDATE consultations SET ends_at = clock_timestamp()"))
        if why == "still to be told":
            aged.message(session, over, appointment_id="old", outcome=None)
    assert purge(line, retention.APPOINTMENTS) == purge(line, retention.CLIENTS) == 0
    assert left(line, "appointments") == 1
    assert kept(line) == []


def test_e4_a_message_stays_as_long_as_its_appointment_so_that_nothing_is_told_twice(line: Store) -> None:
    with line.transaction() as session:
        over = days_ago(session, DAYS + 1)
        aged.appointment(session, over)
        aged.message(session, over, appointment_id="old")
    assert purge(line, retention.ATTEMPTS) == 1
    assert purge(line, retention.MESSAGES) == 0
    assert purge(line, retention.APPOINTMENTS) == 1
    assert purge(line, retention.MESSAGES) == 1


def test_p2_what_is_still_to_be_delivered_keeps_its_attempts(line: Store) -> None:
    with line.transaction() as session:
        aged.message(session, days_ago(session, DAYS + 1), outcome=None)
    assert purge(line, retention.ATTEMPTS) == purge(line, retention.MESSAGES) == 0


def test_p2_a_client_with_an_appointment_stays_and_without_one_goes(line: Store) -> None:
    with line.transaction() as session:
        aged.appointment(session, days_ago(session, 1))
        session.execute(text("UPDATE clients SET created_at = '2020-01-01'"))
    assert purge(line, retention.CLIENTS) == 0
    with line.transaction() as session:
        session.execute(text("UPDATE consultations SET starts_at = '2020-01-01', ends_at = '2020-01-02'"))
        session.execute(text("UPDATE appointments SET created_at = '2020-01-01'"))
    assert purge(line, retention.APPOINTMENTS) == purge(line, retention.CLIENTS) == 1


def test_e4_a_late_word_of_a_call_that_is_gone_brings_nothing_back(line: Store) -> None:
    with line.transaction() as session:
        over = days_ago(session, DAYS + 1)
        aged.appointment(session, over)
        aged.admitted(session, over)
    assert purge(line, retention.APPOINTMENTS) == 1
    with line.transaction() as session:
        aged.fact(session, days_ago(session, DAYS + 1), "line1-1.1")
        assert outcomes.settle(session, "line1-1.1", 0) is None
        assert calls.still_open(session, "line1") == []
    assert left(line, "calls") == 0
    assert purge(line, retention.FACTS) == 1


def test_p2_the_audit_goes_from_its_beginning_keeps_its_last_row_and_is_still_whole(kept_audit: Store) -> None:
    before = left(kept_audit, "audit")
    with kept_audit.transaction() as session:
        assert retention.due(session, retention.AUDIT, 0).count == before - 1
        assert retention.purge(session, retention.AUDIT, 0, 2) == 2
    with kept_audit.transaction() as session:
        assert audit_chain.verify(session).broken is None
        retention.purge(session, retention.AUDIT, 0, 100)
        assert retention.purge(session, retention.AUDIT, 0, 100) == 0
    assert left(kept_audit, "audit") == 1
    with kept_audit.transaction() as session:
        assert audit_chain.verify(session).broken is None


def test_p2_a_row_of_the_audit_that_is_young_keeps_all_that_follow_it(kept_audit: Store) -> None:
    with kept_audit.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE audit SET at = clock_timestamp() - interval '31 days' WHERE id <> 3"))
    assert purge(kept_audit, retention.AUDIT) == 2


def test_p2_one_at_a_time_takes_a_batch_and_each_row_is_counted_once(line: Store) -> None:
    with line.transaction() as session:
        for place in range(10):
            aged.refused(session, days_ago(session, DAYS + 1), f"line1-{place}")
    with line.transaction() as one:
        assert retention.purge(one, retention.REFUSED_CALLS, DAYS, 4) == 4
        assert purge(line, retention.REFUSED_CALLS) == 0
    assert [purge(line, retention.REFUSED_CALLS, 4) for _ in range(3)] == [4, 2, 0]
    assert kept(line) == [("call", "refused/caller_unknown/refused", 10, 0.0)]


def test_p2_what_was_interrupted_neither_took_nor_counted_anything(line: Store) -> None:
    with line.transaction() as session:
        aged.refused(session, days_ago(session, DAYS + 1))

    def interrupted() -> None:
        with line.transaction() as session:
            assert retention.purge(session, retention.REFUSED_CALLS, DAYS, 100) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (left(line, "calls"), kept(line)) == (1, [])


def test_p2_what_somebody_is_about_to_change_is_left_for_the_next_time(line: Store) -> None:
    with line.transaction() as session:
        for name in ("held", "free"):
            aged.appointment(session, days_ago(session, DAYS + 1), name)
    with line.transaction() as somebody:
        somebody.execute(text("SELECT FROM appointments WHERE id = 'held' FOR UPDATE"))
        assert purge(line, retention.APPOINTMENTS) == 1
    assert purge(line, retention.APPOINTMENTS) == 1
