"""What holds for any facts in any order (E1-E5)."""

from datetime import timedelta
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.evidence import DialStatus, Fact, Kind, Leg
from consultation.outcome import Disposition, fold
from tests.consultation.events import outcome, seen, stories
from tests.consultation.test_disposition import UNANSWERED
from tests.consultation.test_outcome import CONVERSATION


@given(stories, st.data())
def test_e4_neither_order_nor_repetition_of_facts_matters(story: list[Fact], data: st.DataObject) -> None:
    repeated = [*story, *data.draw(st.lists(st.sampled_from(story), max_size=5) if story else st.just([]))]
    assert fold(data.draw(st.permutations(repeated))) == fold(story)


@given(st.permutations(seen(CONVERSATION)))
def test_e4_a_conversation_is_one_in_whatever_order_it_is_told(story: list[Fact]) -> None:
    assert fold(story) == outcome(CONVERSATION)


@pytest.mark.parametrize("pair", list(combinations([16, 17, 18, 19, 20, 21, 34, 38], 2)))
def test_e4_of_two_causes_at_one_instant_every_process_takes_the_same(pair: tuple[int, int]) -> None:
    for one, other in permutations(pair):
        told_twice = outcome(f"5 provider hangup {one}\n 5 provider hangup {other}")
        assert told_twice.hangup_cause == max(pair)


@pytest.mark.parametrize("pair", list(combinations(["BUSY", "CANCEL", "CONGESTION", "NOANSWER"], 2)), ids="-".join)
def test_e4_of_two_dial_ends_at_one_instant_every_process_takes_the_same(pair: tuple[str, str]) -> None:
    for one, other in permutations(pair):
        told_twice = outcome(f"5 client dialled {one}\n 5 client dialled {other}\n 6 provider hangup 16")
        assert told_twice.disposition is UNANSWERED[DialStatus(max(pair))]


@given(stories)
def test_e4_a_call_has_one_outcome_exactly_if_the_providers_leg_is_gone_or_was_found_gone(story: list[Fact]) -> None:
    hung_up = any(fact.kind is Kind.HANGUP and fact.leg is Leg.PROVIDER for fact in story)
    gone = hung_up or any(fact.kind is Kind.GONE for fact in story)
    call = fold(story)
    assert [call.ended_at is not None, call.disposition is not None] == [gone] * 2
    assert (call.ended_by is not None) == hung_up
    assert (call.disposition is Disposition.INTERRUPTED) == (gone and not hung_up)


@given(stories)
def test_e1_connected_means_that_both_entered_the_same_bridge(story: list[Fact]) -> None:
    entered = {(fact.bridge, fact.leg) for fact in story if fact.kind in (Kind.BRIDGE_ENTER, Kind.SEEN) and fact.bridge}
    shared = {bridge for bridge, _ in entered if {(bridge, leg) for leg in Leg} <= entered}
    call = fold(story)
    assert call.connected_at is None or shared
    ended = call.connected_at is not None and call.ended_at is not None
    assert (
        call.disposition in (Disposition.CONNECTED, Disposition.INTERRUPTED) and call.connected_at is not None
    ) == ended


@given(stories)
def test_e2_talk_time_fits_between_the_connection_and_the_last_fact(story: list[Fact]) -> None:
    call = fold(story)
    assert timedelta(0) <= call.talk
    if call.connected_at is None:
        assert call.talk == timedelta(0)
    else:
        assert call.talk <= max(fact.at for fact in story) - call.connected_at


@given(st.lists(st.sampled_from(seen(CONVERSATION)), unique=True))
def test_e4_whatever_was_missed_nothing_is_claimed_that_was_not_seen(story: list[Fact]) -> None:
    part, whole = fold(story), outcome(CONVERSATION)
    assert part.connected_at in (None, whole.connected_at)
    assert part.answered_at in (None, whole.answered_at)
    assert part.talk <= timedelta(seconds=62)
