"""Two witnesses of one call make one outcome, and what one adds takes nothing from the other (E4)."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consultation.evidence import Fact, Kind, Leg
from consultation.outcome import AGREEMENT, Disposition, EndedBy, Outcome, agree, differs, fold, joined_late
from tests.consultation.events import at, meetings, outcome, seen, stories
from tests.consultation.test_interrupted import ENDED_AT_70, TALKING

MILLISECOND = timedelta(milliseconds=1)
CONNECTED = TALKING + ENDED_AT_70
BUSY = """
     2  client    ringing
     5  client    hangup_request  17
     5  client    dialled         BUSY
     5  client    hangup          17
     6  provider  hangup_request  17
     6  provider  hangup          17
"""
GAVE_UP = """
     2  client    ringing
     5  provider  hangup_request  127
     5  client    dialled         CANCEL
     5  client    hangup          127
     5  provider  hangup          127
"""


def told_later(facts: list[Fact], by: timedelta) -> list[Fact]:
    """The same, as a witness tells it who reads the clock a moment later."""
    return [replace(fact, at=fact.at + by) for fact in facts]


@pytest.mark.parametrize("table", [CONNECTED, BUSY, GAVE_UP], ids=["connected", "busy", "gave_up"])
@pytest.mark.parametrize("by", [-3, 3])
def test_e4_two_witnesses_who_read_the_clock_milliseconds_apart_tell_of_one_call(table: str, by: int) -> None:
    alone = outcome(table)
    both = fold([*seen(table), *told_later(seen(table), by * MILLISECOND)])
    assert (both.disposition, both.ended_by, both.hangup_cause) == (
        alone.disposition,
        alone.ended_by,
        alone.hangup_cause,
    )
    assert abs(both.talk - alone.talk) <= 6 * MILLISECOND
    assert not both.talk_partial
    assert not differs(both, alone)


@pytest.mark.parametrize("table", [CONNECTED, BUSY, GAVE_UP], ids=["connected", "busy", "gave_up"])
def test_e4_a_witness_who_missed_something_takes_nothing_from_one_who_saw_it(table: str) -> None:
    for missed in seen(table):
        other = [fact for fact in seen(table) if fact is not missed]
        assert fold([*seen(table), *other]) == outcome(table)


@given(stories, stories, st.data())
def test_e4_however_the_word_of_two_witnesses_comes_in_the_outcome_is_the_same(
    one: list[Fact], other: list[Fact], data: st.DataObject
) -> None:
    told = data.draw(st.permutations([*one, *other]))
    again = data.draw(st.lists(st.sampled_from(told), max_size=5)) if told else []
    assert fold([*told, *again]) == fold([*one, *other]) == fold([*other, *one])


TAKES_A_LEG_OUT = {Kind.BRIDGE_ENTER, Kind.BRIDGE_LEAVE, Kind.SEEN, Kind.HANGUP}


@given(meetings, stories)
def test_e4_what_is_not_about_a_bridge_disconnects_nobody(story: list[Fact], more: list[Fact]) -> None:
    assume(fold(story).connected_at is not None)
    others = [fact for fact in more if fact.kind not in TAKES_A_LEG_OUT]
    assert fold([*story, *others]).connected_at is not None


@given(meetings, stories)
def test_e4_what_came_after_the_connection_does_not_undo_it(story: list[Fact], more: list[Fact]) -> None:
    connected_at = fold(story).connected_at
    assume(connected_at is not None)
    later = [fact for fact in more if connected_at and fact.at > connected_at and fact.kind is not Kind.CLOCK_STEPPED]
    assert fold([*story, *later]).connected_at == connected_at


@given(stories, stories)
def test_e4_an_end_that_was_told_is_never_taken_back(story: list[Fact], more: list[Fact]) -> None:
    ended = [*story, Fact(Kind.GONE, Leg.PROVIDER, at(6))]
    assert fold([*ended, *more]).disposition is not None


SAID = Outcome(at(2), at(9), at(10), at(70), timedelta(seconds=60), disposition=Disposition.CONNECTED)
NOT_YET = Outcome(at(2), at(9), at(10))
LOST = replace(SAID, disposition=Disposition.INTERRUPTED, talk_partial=True)

outcomes = stories.map(fold)


@given(outcomes, outcomes)
def test_e4_witnesses_agree_or_not_whoever_is_asked_first(one: Outcome, other: Outcome) -> None:
    assert agree(one, one)
    assert agree(one, other) == agree(other, one)


@given(outcomes, outcomes)
def test_e4_a_change_is_one_in_both_directions(one: Outcome, other: Outcome) -> None:
    assert not differs(one, one)
    assert differs(one, other) == differs(other, one)


@pytest.mark.parametrize("apart", [timedelta(0), 5 * MILLISECOND, AGREEMENT])
def test_e4_witnesses_agree_whose_clocks_are_read_a_second_apart(apart: timedelta) -> None:
    assert agree(SAID, replace(SAID, talk=SAID.talk + apart))


def test_e4_witnesses_disagree_on_a_talk_that_one_saw_go_on_for_longer() -> None:
    assert not agree(SAID, replace(SAID, talk=SAID.talk + AGREEMENT + MILLISECOND))


ENDS = sorted(set(Disposition) - {Disposition.INTERRUPTED})


@pytest.mark.parametrize(("one", "other"), list(permutations(ENDS, 2)))
def test_e4_witnesses_disagree_who_saw_different_ends(one: Disposition, other: Disposition) -> None:
    assert not agree(replace(SAID, disposition=one), replace(SAID, disposition=other))


@pytest.mark.parametrize("end", ENDS)
def test_e4_who_did_not_see_it_end_does_not_disagree(end: Disposition) -> None:
    ended = replace(SAID, disposition=end)
    assert agree(ended, NOT_YET)
    assert agree(ended, LOST)
    assert agree(ended, Outcome())


CHANGES = [
    {"disposition": Disposition.INTERRUPTED},
    {"talk_partial": True},
    {"talk": timedelta(seconds=61)},
    {"hangup_cause": 16},
    {"ended_by": EndedBy.CLIENT},
    {"connected_at": None},
    {"answered_at": None},
    {"ringing_at": None},
    {"ended_at": None},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_e4_whatever_else_is_said_of_a_call_is_a_change(change: dict[str, object]) -> None:
    assert differs(replace(SAID, **change), SAID)  # type: ignore[arg-type]


def test_e4_two_readings_of_one_clock_are_no_change() -> None:
    read_later = {
        name: getattr(SAID, name) + 4 * MILLISECOND
        for name in ("ringing_at", "answered_at", "connected_at", "ended_at", "talk")
    }
    assert not differs(replace(SAID, **read_later), SAID)


@pytest.mark.parametrize("missed", ["", TALKING.strip().splitlines()[0], "\n".join(TALKING.strip().splitlines()[:2])])
def test_e4_who_saw_both_legs_come_and_go_did_not_come_late(missed: str) -> None:
    assert not joined_late(seen(CONNECTED.replace(missed, "")))


@pytest.mark.parametrize("missed", range(2, 5))
def test_e4_who_saw_a_leg_leave_and_not_come_came_late(missed: int) -> None:
    rest = CONNECTED.strip().splitlines()
    assert joined_late(seen("\n".join([*rest[:2], *rest[missed + 1 :]])))
    assert not joined_late(seen(BUSY))
