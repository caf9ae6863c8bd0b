"""Who is admitted, and what the others are told (A2-A7, W1-W4)."""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from consultation.admission import Admit, Candidate, Profile, Reason, Refuse
from consultation.numbers import Caller, NoNumber, PhoneNumber
from tests.consultation.examples import (
    HOUR,
    LINE,
    MICROSECOND,
    MINUTE,
    OTHER_LINE,
    PROFILE,
    PROVIDER,
    clock,
    consultation,
    every_second,
    judged,
)

OFFICE = PhoneNumber("+14155550101")


def test_w1_the_window_admits_from_its_first_instant_to_its_last() -> None:
    open_now = consultation("9:00", "9:30")
    assert judged(open_now, now=clock("8:59")) == Admit(open_now)
    assert judged(open_now, now=clock("9:31") - MICROSECOND) == Admit(open_now)


def test_w1_before_the_window_is_too_early() -> None:
    later = consultation("9:00", "9:30")
    decision = judged(later, now=clock("8:59") - MICROSECOND)
    assert decision == Refuse(Reason.TOO_EARLY, opens_at=clock("8:59"), candidate=later)


def test_w2_an_admission_names_the_consultation_and_no_end() -> None:
    assert [field.name for field in fields(Admit)] == ["candidate"]


def test_w3_every_redial_within_the_window_reaches_the_same_client() -> None:
    open_now = consultation("9:00", "9:30")
    assert {judged(open_now, now=now) for now in every_second("8:59", "9:30:59")} == {Admit(open_now)}


def test_w4_a_redial_after_the_window_is_too_late() -> None:
    over = consultation("9:00", "9:30")
    assert judged(over, now=clock("9:31")) == Refuse(Reason.TOO_LATE, candidate=over)


@pytest.mark.parametrize("profile", [PROFILE, None])
def test_a2_a_withheld_caller_is_refused_as_withheld_whatever_else_is_known(profile: Profile | None) -> None:
    decision = judged(consultation(), now=clock("9:00"), caller=NoNumber.WITHHELD, profile=profile)
    assert decision == Refuse(Reason.CALLER_WITHHELD)


@pytest.mark.parametrize("caller", [PROVIDER, NoNumber.IMPOSSIBLE])
def test_a3_a_number_on_nobodys_profile_is_unknown(caller: Caller) -> None:
    assert judged(consultation(), now=clock("9:00"), caller=caller, profile=None) == Refuse(Reason.CALLER_UNKNOWN)


def test_a3_an_impossible_number_is_unknown_even_with_a_profile() -> None:
    assert judged(consultation(), now=clock("9:00"), caller=NoNumber.IMPOSSIBLE) == Refuse(Reason.CALLER_UNKNOWN)


def test_a4_any_number_of_the_profile_admits() -> None:
    open_now = consultation()
    assert judged(open_now, now=clock("9:00"), caller=OFFICE) == Admit(open_now)


@pytest.mark.parametrize("now", ["8:00", "8:59", "9:15", "9:30:59", "10:00"])
@pytest.mark.parametrize("barred", [consultation(referred=False), consultation(withdrawn=True)], ids=["own", "gone"])
def test_a5_what_was_not_referred_or_is_withdrawn_has_no_window_at_all(now: str, barred: Candidate) -> None:
    assert judged(barred, now=clock(now)) == Refuse(Reason.NO_CONSULTATION)


def test_a5_what_has_no_window_does_not_hide_what_has_one() -> None:
    open_now = consultation("9:00", "9:30")
    others = [consultation("9:10", "9:30", referred=False), consultation("9:10", "9:30", withdrawn=True)]
    assert judged(*others, open_now, now=clock("9:15")) == Admit(open_now)


def test_a6_an_open_window_on_another_line_number_is_the_wrong_line_number() -> None:
    elsewhere = consultation(line_number=OTHER_LINE)
    assert judged(elsewhere, now=clock("9:00")) == Refuse(Reason.WRONG_LINE_NUMBER, candidate=elsewhere)


def test_a6_a_call_whose_line_number_is_not_known_is_on_the_wrong_one() -> None:
    open_now = consultation()
    decision = judged(open_now, now=clock("9:00"), line_number=None)
    assert decision == Refuse(Reason.WRONG_LINE_NUMBER, candidate=open_now)


@pytest.mark.parametrize("line_number", [LINE, None])
def test_a6_a_consultation_without_a_line_number_is_reached_on_none(line_number: PhoneNumber | None) -> None:
    decision = judged(consultation(line_number=None), now=clock("9:00"), line_number=line_number)
    assert decision == Refuse(Reason.NO_CONSULTATION)


def test_a6_the_wrong_line_number_is_told_before_what_is_near() -> None:
    elsewhere, soon = consultation(line_number=OTHER_LINE), consultation("9:45", "10:00")
    assert judged(soon, elsewhere, now=clock("9:20")) == Refuse(Reason.WRONG_LINE_NUMBER, candidate=elsewhere)


def test_a6_of_two_on_another_line_number_the_wrong_line_number_rests_on_the_one_that_w6_prefers() -> None:
    over, running = consultation("8:30", "9:00", line_number=OTHER_LINE), consultation("9:00", line_number=OTHER_LINE)
    for pair in ([over, running], [running, over]):
        assert judged(*pair, now=clock("9:00:30")) == Refuse(Reason.WRONG_LINE_NUMBER, candidate=running)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (clock("8:59") - 24 * HOUR - MICROSECOND, Reason.NO_CONSULTATION),
        (clock("8:59") - 24 * HOUR, Reason.TOO_EARLY),
        (clock("9:31") + 24 * HOUR, Reason.TOO_LATE),
        (clock("9:31") + 24 * HOUR + MICROSECOND, Reason.NO_CONSULTATION),
    ],
)
def test_a7_near_is_24_hours_either_way(now: datetime, reason: Reason) -> None:
    decision = judged(consultation("9:00", "9:30"), now=now)
    assert isinstance(decision, Refuse)
    assert decision.reason is reason


def test_a7_nothing_booked_is_no_consultation() -> None:
    assert judged(now=clock("9:00")) == Refuse(Reason.NO_CONSULTATION)


@pytest.mark.parametrize(
    ("now", "reason"),
    [("9:32", Reason.TOO_LATE), ("9:59", Reason.TOO_LATE), ("10:16", Reason.TOO_EARLY), ("10:58", Reason.TOO_EARLY)],
)
def test_a7_between_two_windows_the_nearer_one_is_told(now: str, reason: Reason) -> None:
    pair = [consultation("9:00", "9:30"), consultation("11:00", "11:30")]
    for candidates in (pair, pair[::-1]):
        decision = judged(*candidates, now=clock(now))
        assert isinstance(decision, Refuse)
        assert decision.reason is reason


def test_a7_as_near_in_the_past_as_in_the_future_the_caller_hears_when_the_line_opens() -> None:
    past, future = consultation("9:00", "9:29"), consultation("10:01", "10:30")
    for candidates in ([past, future], [future, past]):
        assert judged(*candidates, now=clock("9:45")) == Refuse(Reason.TOO_EARLY, clock("10:00"), future)


@pytest.mark.parametrize("now", ["8:00", "10:00"])
def test_a7_of_twins_always_the_same_one_is_told(now: str) -> None:
    twins = [consultation("9:00", "9:30") for _ in range(4)]
    assert len({judged(*order, now=clock(now)) for order in permutations(twins)}) == 1


def test_a7_too_early_says_when_the_line_opens_and_not_when_the_appointment_starts() -> None:
    later = consultation("12:00", "12:30")
    wide = replace(later, window=replace(later.window, margins=replace(later.window.margins, before=5 * MINUTE)))
    assert judged(wide, now=clock("9:00")) == Refuse(Reason.TOO_EARLY, opens_at=clock("11:55"), candidate=wide)


def test_a7_what_is_near_is_told_on_any_line_number() -> None:
    later = consultation("9:00", "9:30", line_number=OTHER_LINE)
    decision = judged(later, now=clock("8:58"), line_number=LINE)
    assert decision == Refuse(Reason.TOO_EARLY, opens_at=clock("8:59"), candidate=later)


def test_w5_a_call_is_judged_by_the_instant_and_not_by_the_zone_it_is_told_in() -> None:
    open_now = consultation("9:00", "9:30")
    for hours in range(-12, 15):
        zone = datetime.strptime(f"{hours:+03d}00", "%z").tzinfo
        assert judged(open_now, now=clock("9:31").astimezone(zone) - timedelta(seconds=1)) == Admit(open_now)
        assert judged(open_now, now=clock("9:31").astimezone(zone)) == Refuse(Reason.TOO_LATE, candidate=open_now)
