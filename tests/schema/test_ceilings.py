"""A11: how many calls of one consultation can be up, held by the database itself."""

from __future__ import annotations

import pytest

from consultation.admission import Admit, Attempt, Reason, Refuse, decide
from schema.engine import ConflictError, Store
from schema.queries import admission
from tests.consultation.examples import LINE, PROVIDER, clock
from tests.schema.platform import MARGINS, admit, arrive, book, hang_up


def test_a11_three_calls_may_be_up_and_a_fourth_only_when_one_has_ended(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        for place in (1, 2, 3):
            admit(session, f"line1-{place}.1")
        _, fourth = arrive(session, "line1-4.1", clock("9:05"))
        assert isinstance(fourth, Refuse)
        assert fourth.reason is Reason.TOO_MANY_CALLS
        hang_up(session, "line1-2.1", 10)
        _, fifth = arrive(session, "line1-5.1", clock("9:06"))
        assert isinstance(fifth, Admit)


def test_a11_calls_of_another_consultation_do_not_count(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        for place in (1, 2, 3):
            admit(session, f"line1-{place}.1")
        book(session, "second", clock("11:00"))
        _, other = arrive(session, "line1-4.1", clock("11:05"))
        assert isinstance(other, Admit)


def test_a11_a_call_that_is_decided_twice_counts_once(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        for place in (1, 2):
            admit(session, f"line1-{place}.1")
        for _ in range(3):
            known = admission.situation(session, PROVIDER, MARGINS, channel="line1-3.1", at=clock("9:05"))
            attempt = Attempt(PROVIDER, LINE)
            decision = decide(attempt, known.profile, known.candidates, known.now)
            assert isinstance(decision, Admit)
            admission.record(session, "line1-3.1", attempt, known, decision)


def test_a11_of_two_calls_that_saw_the_same_last_place_the_database_refuses_one(line: Store) -> None:
    attempt = Attempt(PROVIDER, LINE)
    with line.transaction() as session:
        book(session)
        for place in (1, 2):
            admit(session, f"line1-{place}.1")
        known = admission.situation(session, PROVIDER, MARGINS, at=clock("9:05"))
        decision = decide(attempt, known.profile, known.candidates, known.now)
    with line.transaction() as session:
        admission.record(session, "line1-3.1", attempt, known, decision)
    with pytest.raises(ConflictError, match="uq_calls_slot"), line.transaction() as session:
        admission.record(session, "line1-4.1", attempt, known, decision)


def test_a11_a_full_trunk_refuses_what_would_be_admitted(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        known = admission.situation(session, PROVIDER, MARGINS, at=clock("9:05"))
    full = Attempt(PROVIDER, LINE, trunk_full=True)
    refused = decide(full, known.profile, known.candidates, known.now)
    assert isinstance(refused, Refuse)
    assert refused.reason is Reason.TOO_MANY_CALLS
