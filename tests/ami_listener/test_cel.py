"""What Asterisk's rows tell: of every call the same as its events, and of half a row nothing (E4)."""

import json

import pytest

from ami_listener.cel import MalformedRowError, is_torn, read_row
from ami_listener.events import Unavailable
from consultation.evidence import Fact, Kind, Leg
from consultation.outcome import Disposition, agree, fold
from schema.queries.calls import Sighting
from tests.ami_listener import recordings
from tests.ami_listener.cel_rows import CALL, CALLS, hangup, row, told
from tests.ami_listener.test_events import ENDED


def read(lines: list[str]) -> list[Sighting | Unavailable]:
    """What these lines tell."""
    return [found for line in lines for found in read_row(line)]


def facts(lines: list[str]) -> list[Fact]:
    """The facts of these lines."""
    return [(found if isinstance(found, Sighting) else found.sighting()).fact for found in read(lines)]


def test_every_kind_of_call_was_recorded_by_both_witnesses() -> None:
    assert CALLS == recordings.CALLS


@pytest.mark.parametrize("name", ENDED)
def test_e4_the_rows_of_a_call_tell_of_the_same_end_as_its_events(name: str) -> None:
    outcome = fold(facts(told(name)))
    assert (outcome.disposition, outcome.ended_by, outcome.hangup_cause) == ENDED[name]


@pytest.mark.parametrize("name", ["busy", "declined", "number_gone", "no_answer", "gave_up", "refused", "unavailable"])
def test_e4_the_two_witnesses_of_a_call_that_did_not_connect_agree(name: str) -> None:
    """Rows and events were recorded of two calls of a kind: only how long somebody talked differs."""
    assert agree(fold(facts(told(name))), fold(recordings.facts(name)))


@pytest.mark.parametrize("name", ["connected", "client_hangs_up"])
def test_e1_e2_the_rows_of_a_connected_call_tell_for_how_long(name: str) -> None:
    outcome = fold(facts(told(name)))
    entered = max(fact.at for fact in facts(told(name)) if fact.kind is Kind.BRIDGE_ENTER)
    left = min(fact.at for fact in facts(told(name)) if fact.kind is Kind.BRIDGE_LEAVE)
    assert (outcome.connected_at, outcome.talk, outcome.talk_partial) == (entered, left - entered, False)
    assert outcome.answered_at is not None
    assert outcome.answered_at < entered


def test_a10_a_call_that_no_server_decided_is_told_without_a_number() -> None:
    attempt, *ended = read(told("unavailable"))
    assert isinstance(attempt, Unavailable)
    assert (attempt.channel, attempt.caller, attempt.dialled, attempt.witness) == (CALL, "", "", "cel")
    assert {found.channel for found in ended} == {CALL}


@pytest.mark.parametrize("name", CALLS)
def test_e4_every_row_says_of_which_call_of_which_leg_and_of_which_life_of_asterisk_it_is(name: str) -> None:
    for found in read(told(name)):
        assert (found.channel, found.asterisk_start, found.witness) == (CALL, "1795470300", "cel")
        if isinstance(found, Sighting):
            assert found.leg_channel == (CALL if found.fact.leg is Leg.PROVIDER else f"{CALL}.client")


def test_an_instant_keeps_its_microseconds() -> None:
    (found, *_) = facts(told("busy"))
    assert found.at.isoformat() == "2026-11-23T21:45:55.420465+00:00"


@pytest.mark.parametrize("event", ["CHAN_START", "APP_END", "USER_DEFINED", "LINKEDID_END", ""])
def test_a_row_that_is_no_evidence_tells_nothing(event: str) -> None:
    assert read_row(row(event, 1)) == []


def test_e3_an_answer_for_an_announcement_is_no_dial_that_was_answered() -> None:
    assert facts([row("ANSWER", 1, "provider")]) == []


def test_e3_a_leg_that_ended_at_nobodys_word_was_asked_by_nobody() -> None:
    assert [fact.kind for fact in facts([row("HANGUP", 1, extra=hangup(16))])] == [Kind.HANGUP]
    nameless = {**json.loads(row("HANGUP", 1, extra=hangup(16))), "channame": ""}
    assert [fact.kind for fact in facts([json.dumps(nameless, separators=(",", ":"))])] == [Kind.HANGUP]


HANGUP = row("HANGUP", 1, extra=hangup(16, "provider"))
OTHER = row("HANGUP", 2, "client", hangup(17))


@pytest.mark.parametrize("length", range(len(HANGUP)))
def test_e4_half_a_row_tells_nothing(length: int) -> None:
    with pytest.raises(MalformedRowError):
        read_row(HANGUP[:length])


@pytest.mark.parametrize("length", range(1, len(HANGUP)))
def test_e4_a_row_that_was_written_behind_half_of_another_is_whole(length: int) -> None:
    line = HANGUP[:length] + OTHER
    assert read_row(line) == read_row(OTHER)
    assert is_torn(line)


def test_e4_a_row_whose_line_did_not_end_is_not_lost_with_the_one_that_was_written_behind_it() -> None:
    assert read_row(HANGUP + OTHER) == [*read_row(HANGUP), *read_row(OTHER)]
    assert is_torn(HANGUP + OTHER)


def test_e4_a_row_behind_the_zeroes_of_a_crashed_disk_is_whole() -> None:
    assert read_row("\0" * 4096 + OTHER) == read_row(OTHER)


def test_a_row_that_stands_alone_is_not_torn() -> None:
    assert [is_torn(line) for line in told("connected")] == [False] * 8


@pytest.mark.parametrize("status", ["BUSY", "NOANSWER"])
def test_e5_the_dial_that_the_providers_row_tells_of_ended_the_call(status: str) -> None:
    rows = [row("HANGUP", 1, "client", hangup(17, "client")), row("HANGUP", 1, "provider", hangup(17, "", status))]
    assert fold(facts(rows)).disposition is (Disposition.BUSY if status == "BUSY" else Disposition.UNREACHABLE)
