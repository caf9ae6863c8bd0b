"""What becomes known of a call late makes a new version of its outcome, and no effect twice (E4, S1, S2)."""

from collections.abc import Sequence
from itertools import permutations

import pytest
from sqlalchemy import select, text

from consultation.outcome import Disposition
from schema.engine import ConflictError, Store
from schema.models import CallOutcome, Effect
from schema.queries import status
from schema.queries.status import Status, StatusBy
from tests.consultation.events import at
from tests.consultation.examples import clock
from tests.schema.platform import admit, arrive, book, occurrences, statuses
from tests.schema.witnesses import BUSY, CONNECTED, ENDED, GONE, TALKING, effects, kept, tell, versions

CONNECTION, END, STATUS = "call.connected", "call.ended", "consultation.status_changed"


@pytest.fixture
def booked(line: Store) -> Store:
    """One consultation, pending, to which one call was admitted."""
    with line.transaction() as session:
        book(session)
        admit(session, "one")
    return line


def test_e4_the_word_of_a_second_witness_makes_no_version_where_it_is_the_same(booked: Store) -> None:
    with booked.transaction() as session:
        assert tell(session, CONNECTED, "ami")
        assert not tell(session, CONNECTED.replace("70 ", "70.004 "), "cel")
        assert versions(session) == [(1, "connected", 60.0, False)]
        assert not kept(session).witnesses_disagree
        assert effects(session) == {CONNECTION: 1, END: 1, STATUS: 1}


def test_e4_an_interrupted_call_whose_end_is_told_later_is_connected(booked: Store) -> None:
    with booked.transaction() as session:
        assert not tell(session, TALKING, "ami")
        assert tell(session, GONE, "list")
        assert versions(session) == [(1, "interrupted", 0.0, True)]
        assert tell(session, CONNECTED, "cel")
        assert versions(session) == [(1, "interrupted", 0.0, True), (2, "connected", 60.0, False)]
        call = kept(session)
        assert (call.disposition, call.talk_seconds, call.talk_partial, call.outcome_version) == (
            "connected",
            60.0,
            False,
            2,
        )
        assert not call.witnesses_disagree


def test_e4_s2_no_effect_happens_twice_however_often_an_outcome_changes(booked: Store) -> None:
    told = [
        ("ami", TALKING, {CONNECTION: 1}),
        ("list", GONE, {CONNECTION: 1, END: 1, STATUS: 1}),
        ("cel", CONNECTED, {CONNECTION: 1, END: 1, STATUS: 1}),
        ("clock", "71 provider clock_stepped", {CONNECTION: 1, END: 1, STATUS: 1}),
    ]
    with booked.transaction() as session:
        for witness, table, enqueued in [*told, *[(*again[:2], told[-1][2]) for again in told]]:
            tell(session, table, witness)
            assert effects(session) == enqueued
        assert len(versions(session)) == 3


def test_s2_the_platform_hears_of_the_connection_when_it_is_made_and_of_the_end_when_it_is_told(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, "2 client ringing\n 9 provider bridge_enter one", "ami")
        assert effects(session) == {}
        tell(session, "10 client bridge_enter one", "ami")
        assert effects(session) == {CONNECTION: 1}
        tell(session, ENDED, "ami")
        assert effects(session) == {CONNECTION: 1, END: 1, STATUS: 1}


def test_p1_an_effect_holds_ids_and_instants_and_no_number(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, CONNECTED, "ami")
        call = kept(session)
        told = {effect.event_type: effect for effect in session.scalars(select(Effect))}
        assert told[CONNECTION].payload == {
            "call_id": str(call.id),
            "appointment_id": "first",
            "connected_at": at(10).isoformat(),
        }
        assert told[END].payload == {"call_id": str(call.id), "appointment_id": "first", "ended_at": at(70).isoformat()}
        assert {effect.appointment_id for effect in told.values()} == {"first"}
        assert {effect.key for effect in told.values()} == {
            f"{CONNECTION}:{call.id}",
            f"{END}:{call.id}",
            f"{STATUS}:{call.consultation_id}",
        }


def test_s2_a_call_that_did_not_connect_has_an_end_and_no_connection(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, BUSY, "ami")
        assert effects(session) == {END: 1}


def test_e4_s2_a_connected_call_that_was_interrupted_completes_its_consultation(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, TALKING, "ami")
        assert statuses(session) == ["pending"]
        tell(session, GONE, "list")
        (consultation,) = occurrences(session)
        assert (consultation.status, consultation.status_by) == ("completed", "line")


def test_e4_s3_a_call_that_was_interrupted_before_it_connected_leaves_the_question_open(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, "2 client ringing", "ami")
        tell(session, GONE, "list")
        assert (kept(session).disposition, statuses(session)) == ("interrupted", ["pending"])


def test_e4_s2_evidence_that_comes_late_completes_what_seemed_busy(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, BUSY, "ami")
        assert statuses(session) == ["pending"]
        tell(session, CONNECTED, "cel")
        assert statuses(session) == ["completed"]


@pytest.mark.parametrize("final", [Status.DID_NOT_OCCUR, Status.UNKNOWN, Status.NOT_NEEDED])
def test_s1_s8_evidence_that_comes_after_the_answer_stays_beside_it_and_changes_nothing(
    booked: Store, final: Status
) -> None:
    with booked.transaction() as session:
        (consultation,) = occurrences(session)
        assert status.finalise(session, consultation.id, final, StatusBy.PROVIDER)
        tell(session, CONNECTED, "cel")
        (consultation,) = occurrences(session)
        assert (consultation.status, consultation.status_by) == (final, "provider")
        assert kept(session).disposition == "connected"
        assert effects(session) == {CONNECTION: 1, END: 1, STATUS: 1}


def test_e4_a_call_of_which_only_one_witness_saw_the_end_is_no_disagreement(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, TALKING, "ami")
        tell(session, CONNECTED, "cel")
        tell(session, "40 provider seen one\n 40 client seen one", "list")
        tell(session, GONE, "list")
        assert not kept(session).witnesses_disagree


def test_e4_two_ends_that_cannot_both_be_are_a_disagreement(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, BUSY, "ami")
        assert not kept(session).witnesses_disagree
        tell(session, CONNECTED, "cel")
        assert kept(session).witnesses_disagree
        assert kept(session).disposition == "connected"


def test_e4_two_talks_of_which_one_is_much_longer_are_a_disagreement(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, CONNECTED, "ami")
        tell(session, CONNECTED.replace("70 ", "75 "), "cel")
        assert kept(session).witnesses_disagree


@pytest.mark.parametrize("witness", ["list", "clock"])
@pytest.mark.parametrize("end", [BUSY, CONNECTED], ids=["busy", "connected"])
def test_e4_who_asks_what_is_up_or_what_time_it_is_does_not_witness_an_end(
    booked: Store, witness: str, end: str
) -> None:
    word = {"list": GONE, "clock": "30 provider clock_stepped\n"}[witness]
    for told in permutations([("ami", end), ("cel", end), (witness, word)]):
        with booked.transaction() as session:
            for who, table in told:
                tell(session, table, who)
            assert not kept(session).witnesses_disagree


def test_e4_a_listener_that_was_started_while_they_talked_does_not_disagree(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, ENDED, "ami")
        tell(session, CONNECTED, "cel")
        assert (kept(session).witnesses_disagree, kept(session).disposition) == (False, "connected")


def test_e4_a_clock_that_was_set_makes_a_known_talk_time_unknown(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, CONNECTED, "ami")
        assert tell(session, "71 provider clock_stepped", "clock")
        assert versions(session) == [(1, "connected", 60.0, False), (2, "connected", 0.0, True)]
        assert effects(session) == {CONNECTION: 1, END: 1, STATUS: 1}


def test_e4_in_whatever_order_witnesses_speak_the_last_version_is_the_same(line: Store) -> None:
    said: Sequence[tuple[str, str]] = [("ami", TALKING), ("list", GONE), ("cel", CONNECTED), ("ami", ENDED)]
    ends = set()
    with line.transaction() as session:
        book(session)
        for number, told in enumerate(permutations(said)):
            # One after the other: no more than three calls of a consultation are up at a time.
            admit(session, f"call{number}")
            for witness, table in told:
                tell(session, table, witness, f"call{number}")
            call = kept(session, f"call{number}")
            ends.add((call.disposition, call.talk_seconds, call.talk_partial, call.ended_by, call.hangup_cause))
    assert ends == {("connected", 60.0, False, "provider", 16)}


@pytest.mark.parametrize("change", ["disposition = 'busy'", "talk_seconds = 9", "version = 7", "recorded_at = now()"])
def test_e4_the_database_refuses_to_rewrite_what_was_said_before(booked: Store, change: str) -> None:
    with booked.transaction() as session:
        tell(session, CONNECTED, "ami")
    with pytest.raises(ConflictError, match="outcomes_stay"), booked.transaction() as session:
        session.execute(text(f"UPDATE call_outcomes SET {change}"))


def test_p2_outcomes_go_with_their_call_when_its_time_is_over(booked: Store) -> None:
    with booked.transaction() as session:
        tell(session, CONNECTED, "ami")
    with booked.transaction() as session:
        session.execute(text("DELETE FROM calls"))
        assert session.scalars(select(CallOutcome)).all() == []


def test_e4_a_refused_call_has_an_end_and_no_outcome_that_changes(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        arrive(session, "one", clock("8:00"))
        assert tell(session, ENDED, "cel")
        assert not tell(session, ENDED, "ami")
        assert (versions(session), effects(session)) == ([], {})
        assert kept(session).disposition == Disposition.REFUSED
