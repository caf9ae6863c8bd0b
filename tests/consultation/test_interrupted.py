"""What is said of a call that not everybody saw whole: what was seen, and no more (E4)."""

from datetime import timedelta

import pytest

from consultation.outcome import Disposition, EndedBy, Outcome
from tests.consultation.events import at, outcome

TALKING = """
     2  client    ringing
     9  client    dialled         ANSWER
     9  provider  bridge_enter    one
    10  client    bridge_enter    one
"""
STILL_TALKING_AT_40 = """
    40  provider  seen            one
    40  client    seen            one
"""
GONE_AT_90 = "90 provider gone\n"


def test_e4_a_call_that_nobody_saw_end_is_interrupted_with_the_talk_time_known_so_far() -> None:
    assert outcome(TALKING + STILL_TALKING_AT_40 + GONE_AT_90) == Outcome(
        ringing_at=at(2),
        answered_at=at(9),
        connected_at=at(10),
        ended_at=at(90),
        talk=timedelta(seconds=30),
        talk_partial=True,
        disposition=Disposition.INTERRUPTED,
    )


def test_e4_where_nobody_looked_again_only_the_connection_is_claimed() -> None:
    call = outcome(TALKING + GONE_AT_90)
    assert (call.connected_at, call.talk, call.talk_partial) == (at(10), timedelta(0), True)


def test_e4_one_leg_that_is_seen_alone_does_not_tell_that_the_other_was_there_too() -> None:
    call = outcome(TALKING + "40 provider seen one\n" + GONE_AT_90)
    assert (call.talk, call.talk_partial) == (timedelta(0), True)


def test_e4_a_call_that_was_lost_before_the_bridge_is_interrupted_without_any_talk() -> None:
    call = outcome("2 client ringing\n" + GONE_AT_90)
    assert (call.disposition, call.connected_at, call.talk, call.talk_partial) == (
        Disposition.INTERRUPTED,
        None,
        timedelta(0),
        False,
    )
    assert (call.ended_by, call.hangup_cause) == (None, None)


def test_e4_a_talk_whose_end_was_seen_is_whole_though_the_end_of_the_call_was_not() -> None:
    over = "70 client bridge_leave one\n 70 client hangup 16\n 70 provider bridge_leave one\n"
    call = outcome(TALKING + over + GONE_AT_90)
    assert (call.disposition, call.talk, call.talk_partial) == (
        Disposition.INTERRUPTED,
        timedelta(seconds=60),
        False,
    )


def test_e4_of_two_who_found_it_gone_the_first_says_when() -> None:
    assert outcome(TALKING + GONE_AT_90 + "150 provider gone\n").ended_at == at(90)


ENDED_AT_70 = """
    70  provider  hangup_request  16
    70  provider  bridge_leave    one
    70  provider  hangup          16
    70  client    bridge_leave    one
    70  client    hangup          16
"""


@pytest.mark.parametrize("gone", ["60 provider gone\n", "70 provider gone\n", GONE_AT_90])
def test_e4_whoever_saw_the_end_is_believed_over_those_who_found_the_call_gone(gone: str) -> None:
    assert outcome(TALKING + gone + ENDED_AT_70) == outcome(TALKING + ENDED_AT_70)
    assert outcome(TALKING + gone + ENDED_AT_70).disposition is Disposition.CONNECTED


def test_e4_the_end_of_the_clients_leg_is_not_the_end_of_the_call() -> None:
    call = outcome(TALKING + "70 client hangup 16\n" + GONE_AT_90)
    assert (call.disposition, call.ended_at, call.talk) == (Disposition.INTERRUPTED, at(90), timedelta(seconds=60))


def test_e4_a_witness_who_came_late_knows_that_they_talked_and_not_since_when() -> None:
    call = outcome(STILL_TALKING_AT_40 + ENDED_AT_70)
    assert call == Outcome(
        connected_at=at(40),
        ended_at=at(70),
        talk=timedelta(seconds=30),
        talk_partial=True,
        disposition=Disposition.CONNECTED,
        hangup_cause=16,
        ended_by=EndedBy.PROVIDER,
    )


def test_e4_who_saw_the_beginning_makes_the_talk_whole_however_late_that_is_told() -> None:
    entered = "9 provider bridge_enter one\n 10 client bridge_enter one\n"
    call = outcome(STILL_TALKING_AT_40 + ENDED_AT_70 + entered)
    assert (call.connected_at, call.talk, call.talk_partial) == (at(10), timedelta(seconds=60), False)


def test_e4_the_beginning_of_one_leg_alone_does_not_make_the_talk_whole() -> None:
    call = outcome(STILL_TALKING_AT_40 + ENDED_AT_70 + "9 provider bridge_enter one\n")
    assert (call.connected_at, call.talk, call.talk_partial) == (at(40), timedelta(seconds=30), True)


def test_e1_two_legs_that_are_seen_in_two_bridges_are_not_connected() -> None:
    seen = "40 provider seen one\n 40 client seen two\n"
    assert outcome(seen + GONE_AT_90).connected_at is None


def test_e4_a_leg_that_is_seen_in_another_bridge_has_left_the_first() -> None:
    elsewhere = "40 provider seen two\n 40 client seen two\n"
    call = outcome(TALKING + elsewhere + "70 provider hangup 16\n")
    assert (call.connected_at, call.talk) == (at(10), timedelta(seconds=60))
    assert call.talk_partial


def test_e4_a_leg_that_is_seen_in_no_bridge_has_left_it() -> None:
    call = outcome(TALKING + "40 provider seen\n 70 provider hangup 16\n")
    assert call.talk == timedelta(seconds=30)


@pytest.mark.parametrize("second", [3, 30, 80])
def test_e4_while_asterisks_clock_was_set_they_talked_for_nobody_knows_how_long(second: int) -> None:
    call = outcome(TALKING + f"{second} provider clock_stepped\n" + ENDED_AT_70)
    assert (call.disposition, call.connected_at) == (Disposition.CONNECTED, at(10))
    assert (call.talk, call.talk_partial) == (timedelta(0), True)


SET_BACK_BY_A_MINUTE = """
     9  provider  bridge_enter    one
   -50  client    bridge_enter    one
     0  provider  hangup_request  16
     0  provider  bridge_leave    one
     0  provider  hangup          16
     0  client    bridge_leave    one
     0  client    hangup          16
"""


def test_e4_a_clock_that_was_set_back_does_not_hide_that_they_talked() -> None:
    """By the clock, the provider left before they came."""
    assert outcome(SET_BACK_BY_A_MINUTE).disposition is Disposition.CALLER_GAVE_UP
    call = outcome(SET_BACK_BY_A_MINUTE + "-49 provider clock_stepped\n")
    assert (call.disposition, call.ended_by) == (Disposition.CONNECTED, EndedBy.PROVIDER)
    assert (call.connected_at is not None, call.talk, call.talk_partial) == (True, timedelta(0), True)


def test_e1_a_clock_that_was_set_connects_nobody() -> None:
    call = outcome("9 provider bridge_enter one\n 30 provider clock_stepped\n 70 provider hangup 16\n")
    assert (call.disposition, call.connected_at, call.talk_partial) == (Disposition.LINE_FAILED, None, False)
