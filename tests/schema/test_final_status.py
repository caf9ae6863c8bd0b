"""A final status never changes: the database itself refuses it (S1)."""

import pytest
from sqlalchemy import text

from schema.engine import ConflictError, Store
from tests.schema.platform import book, occurrences, statuses

FINAL = ["completed", "did_not_occur", "unknown", "not_needed"]
SET_STATUS = "UPDATE consultations SET status = :status, status_by = :by, status_at = :at"


@pytest.fixture
def booked(line: Store) -> Store:
    """One consultation, pending."""
    with line.transaction() as session:
        book(session)
    return line


def run(store: Store, statement: str, **values: object) -> None:
    """One statement of plain SQL, in a transaction of its own."""
    with store.transaction() as session:
        session.execute(text(statement), values)


@pytest.mark.parametrize("final", FINAL)
def test_s1_a_pending_consultation_becomes_final(booked: Store, final: str) -> None:
    run(booked, SET_STATUS, status=final, by="time", at="2026-05-07")
    with booked.transaction() as session:
        assert statuses(session) == [final]


@pytest.mark.parametrize("final", FINAL)
def test_s1_what_is_final_changes_to_no_other_status(booked: Store, final: str) -> None:
    run(booked, SET_STATUS, status=final, by="time", at="2026-05-07")
    for other in {"pending", *FINAL} - {final}:
        with pytest.raises(ConflictError, match="final_status_stays"):
            run(booked, SET_STATUS, status=other, by="time", at=None if other == "pending" else "2026-05-07")


@pytest.mark.parametrize("column", ["status_by = 'provider'", "status_at = '2026-05-08'", "status_by = NULL"])
def test_s1_who_said_so_and_when_are_as_final(booked: Store, column: str) -> None:
    run(booked, SET_STATUS, status="completed", by="line", at="2026-05-07")
    with pytest.raises(ConflictError, match="final_status_stays"):
        run(booked, f"UPDATE consultations SET {column}")


def test_s1_a_final_consultation_can_still_be_superseded(booked: Store) -> None:
    run(booked, SET_STATUS, status="completed", by="line", at="2026-05-07")
    run(booked, "UPDATE consultations SET superseded_at = '2026-05-08'")
    with booked.transaction() as session:
        assert [consultation.superseded_at is not None for consultation in occurrences(session)] == [True]


def test_s1_the_same_status_said_again_is_no_change(booked: Store) -> None:
    run(booked, SET_STATUS, status="completed", by="line", at="2026-05-07")
    run(booked, SET_STATUS, status="completed", by="line", at="2026-05-07")


@pytest.mark.parametrize(("status", "at"), [("held", "2026-05-07"), ("completed", None), ("pending", "2026-05-07")])
def test_s1_no_other_word_is_a_status_and_a_final_one_has_a_date(booked: Store, status: str, at: str | None) -> None:
    with pytest.raises(ConflictError, match="ck_consultations_status"):
        run(booked, SET_STATUS, status=status, by="line", at=at)
