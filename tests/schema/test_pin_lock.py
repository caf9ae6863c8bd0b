"""A9: five wrong calls within an hour lock a number for an hour."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from consultation.admission import Attempt, Reason, Refuse
from consultation.attestation import Attestation
from consultation.numbers import PhoneNumber
from schema.engine import Store
from schema.queries import admission
from tests.consultation.examples import LINE, PROVIDER, clock
from tests.schema.platform import MARGINS, STRANGER

MINUTE = timedelta(minutes=1)


def wrong_call(
    session: Session,
    at: datetime,
    *,
    caller: PhoneNumber = PROVIDER,
    wrong: int = 3,
    channel: str = "",
    level: Attestation = Attestation.NONE,
) -> None:
    """A call on which a wrong PIN was entered so often."""
    known = admission.situation(session, caller, MARGINS, at=at)
    admission.record(
        session,
        channel or f"line1-{at.timestamp():.0f}.1",
        Attempt(caller, LINE, attestation=level),
        known,
        Refuse(Reason.PIN_WRONG),
        pins_asked=3,
        wrong_pins=wrong,
    )


def locked(
    session: Session,
    at: datetime,
    caller: PhoneNumber = PROVIDER,
    channel: str = "",
    level: Attestation = Attestation.NONE,
) -> bool:
    """Whether a call that arrives then finds its number locked."""
    return admission.situation(session, caller, MARGINS, channel=channel, attestation=level, at=at).locked


def test_a9_four_wrong_calls_lock_nothing_and_the_fifth_does(line: Store) -> None:
    with line.transaction() as session:
        for place in range(4):
            wrong_call(session, clock("9:00") + place * MINUTE)
        assert not locked(session, clock("9:05"))
        wrong_call(session, clock("9:05"))
        assert locked(session, clock("9:06"))


def test_a9_the_lock_holds_an_hour_from_the_fifth_wrong_call(line: Store) -> None:
    with line.transaction() as session:
        for place in range(5):
            wrong_call(session, clock("9:00") + 10 * place * MINUTE)
        assert locked(session, clock("10:39:59"))
        assert not locked(session, clock("10:40"))


def test_a9_wrong_calls_that_are_spread_over_more_than_an_hour_lock_nothing(line: Store) -> None:
    with line.transaction() as session:
        for place in range(5):
            wrong_call(session, clock("9:00") + 16 * place * MINUTE)
        assert not locked(session, clock("10:05"))


@pytest.mark.parametrize("wrong", [0])
def test_a9_calls_without_a_wrong_entry_lock_nothing(line: Store, wrong: int) -> None:
    with line.transaction() as session:
        for place in range(9):
            wrong_call(session, clock("9:00") + place * MINUTE, wrong=wrong)
        assert not locked(session, clock("9:10"))


def test_a9_the_lock_is_the_numbers_own(line: Store) -> None:
    with line.transaction() as session:
        for place in range(5):
            wrong_call(session, clock("9:00") + place * MINUTE)
        assert not locked(session, clock("9:06"), STRANGER)


def test_a9_a_call_does_not_lock_itself_out(line: Store) -> None:
    with line.transaction() as session:
        for place in range(4):
            wrong_call(session, clock("9:00") + place * MINUTE)
        wrong_call(session, clock("9:05"), channel="line1-9.1", wrong=1)
        assert not locked(session, clock("9:05"), channel="line1-9.1")


def test_a9_nothing_but_a_wrong_call_of_its_own_makes_the_lock_last_longer(line: Store) -> None:
    with line.transaction() as session:
        for place in range(5):
            wrong_call(session, clock("9:00") + place * MINUTE)
        wrong_call(session, clock("9:59"), wrong=0)
        wrong_call(session, clock("9:58"), caller=STRANGER)
        assert locked(session, clock("10:03"))
        assert not locked(session, clock("10:04"))


A, B, C, FAILED, NONE = Attestation


@pytest.mark.parametrize(
    ("forged", "locks"),
    [
        (FAILED, {FAILED}),
        (NONE, {FAILED, NONE, C, B}),
        (C, {FAILED, NONE, C, B}),
        (B, {FAILED, NONE, C, B}),
        (A, {FAILED, NONE, C, B, A}),
    ],
)
def test_a8_a9_whoever_borrows_a_number_does_not_lock_out_calls_that_are_trusted_more(
    line: Store, forged: Attestation, locks: set[Attestation]
) -> None:
    with line.transaction() as session:
        for place in range(5):
            wrong_call(session, clock("9:00") + place * MINUTE, level=forged)
        assert {level for level in Attestation if locked(session, clock("9:06"), level=level)} == locks


def test_a8_a9_wrong_calls_of_several_levels_add_up_for_whoever_is_trusted_least(line: Store) -> None:
    with line.transaction() as session:
        for place, level in enumerate((A, B, C, NONE, FAILED)):
            wrong_call(session, clock("9:00") + place * MINUTE, level=level)
        assert {level for level in Attestation if locked(session, clock("9:06"), level=level)} == {FAILED}


def test_a8_a9_a_borrowed_number_adds_nothing_to_its_owners_own_mistake(line: Store) -> None:
    with line.transaction() as session:
        for place in range(4):
            wrong_call(session, clock("9:00") + place * MINUTE)
        wrong_call(session, clock("9:04"), level=A)
        assert not locked(session, clock("9:05"), level=A)
        assert locked(session, clock("9:05"))


def test_a8_a9_a_borrowed_number_does_not_make_its_owners_lock_last_longer(line: Store) -> None:
    with line.transaction() as session:
        for place in range(5):
            wrong_call(session, clock("9:00") + place * MINUTE, level=A)
        wrong_call(session, clock("9:59"))
        assert locked(session, clock("10:03"), level=A)
        assert not locked(session, clock("10:04"), level=A)
        assert locked(session, clock("10:04"))


def test_w2_a_call_that_is_asked_for_a_pin_is_judged_by_when_it_arrived(line: Store) -> None:
    with line.transaction() as session:
        wrong_call(session, clock("9:00"), channel="line1-9.1", wrong=1)
        again = admission.situation(session, PROVIDER, MARGINS, channel="line1-9.1")
        assert again.now == clock("9:00")
        assert (again.asked, again.wrong) == (3, 1)
