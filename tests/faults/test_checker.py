"""The checker itself: a faithful record passes, and each promise is seen broken where the record is doctored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.case import Case, Glimpse
from tests.faults.checker import check
from tests.faults.records import CallRecord, ConsultationRecord, Effect, OutcomeVersion, Records
from tests.faults.schedule import Behaviour, CallPlan, Kind
from tests.faults.truth import CallTruth

T = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
PLAN = CallPlan(number=0, consultation=0, behaviour=Behaviour.PROVIDER_HANGS_UP, at=0, rings=0.2, talks=3)
CALLER, CLIENT = "+14152100001", "+14152100002"

TALKED = CallTruth(
    PLAN,
    CALLER,
    CLIENT,
    T,
    answered_by_line=True,
    invites=1,
    rang=T + timedelta(seconds=0.1),
    client_status=200,
    final_status=200,
    connected=T + timedelta(seconds=1),
    parted=T + timedelta(seconds=4),
    over=T + timedelta(seconds=4),
)
BUSY = replace(TALKED, client_status=486, final_status=486, connected=None, parted=None)
CONNECTED = CallRecord(
    id="call",
    caller=CALLER,
    consultation="consultation",
    decision="admitted",
    reason=None,
    disposition="connected",
    connected_at=T + timedelta(seconds=1),
    ended_at=T + timedelta(seconds=4),
    talk_seconds=3.0,
    facts=frozenset({("ami", "leg-1", "bridge_enter"), ("ami", "leg-2", "bridge_enter")}),
    versions=(OutcomeVersion(1, None, 0.0), OutcomeVersion(2, "connected", 3.0)),
)
NOT_CONNECTED = replace(
    CONNECTED,
    disposition="busy",
    connected_at=None,
    talk_seconds=0.0,
    facts=frozenset(),
    versions=(OutcomeVersion(1, "busy", 0.0),),
)
COMPLETED = ConsultationRecord("consultation", "appointment", "completed", "line")
PENDING = ConsultationRecord("consultation", "appointment", "pending", None)
EFFECTS = (
    Effect("1", "call.connected", "appointment", "call"),
    Effect("2", "call.ended", "appointment", "call"),
    Effect("3", "consultation.status_changed", "appointment", None),
)


def case(
    truth: CallTruth,
    *calls: CallRecord,
    consultation: ConsultationRecord = COMPLETED,
    effects: tuple[Effect, ...] | None = EFFECTS,
    kinds: frozenset[Kind] = frozenset(),
    glimpses: tuple[Glimpse, ...] = (),
) -> Case:
    records = Records(calls, (consultation,), effects, keeps_versions=True)
    return Case([truth], records, ["appointment"], kinds, glimpses)


def promises(case: Case) -> set[str]:
    return {violation.promise for violation in check(case)}


def test_a_faithful_record_of_a_conversation_passes() -> None:
    assert promises(case(TALKED, CONNECTED)) == set()


def test_a_faithful_record_of_a_busy_phone_passes() -> None:
    assert promises(case(BUSY, NOT_CONNECTED, consultation=PENDING, effects=EFFECTS[1:2])) == set()


def test_e4_a_call_without_a_row_is_seen() -> None:
    assert "one row for each call" in promises(case(TALKED, consultation=PENDING, effects=()))


def test_e4_a_call_with_two_rows_is_seen() -> None:
    assert promises(case(TALKED, CONNECTED, replace(CONNECTED, id="other"))) >= {"one row for each call"}


def test_e4_a_call_that_stays_open_is_seen() -> None:
    assert "every call ends with an outcome" in promises(case(TALKED, replace(CONNECTED, disposition=None)))


def test_e4_a_call_that_is_closed_while_it_is_up_is_seen() -> None:
    at = T + timedelta(seconds=2)
    assert promises(case(TALKED, CONNECTED, glimpses=(Glimpse(at, CALLER, "interrupted"),))) == {
        "no call is closed while it is up"
    }
    assert promises(case(TALKED, CONNECTED, glimpses=(Glimpse(at, CALLER, None),))) == set()
    late = T + timedelta(seconds=3.5)
    assert promises(case(TALKED, CONNECTED, glimpses=(Glimpse(late, CALLER, "connected"),))) == set()


def test_e1_a_connection_that_never_was_is_seen() -> None:
    assert "no connection is invented" in promises(case(BUSY, CONNECTED))


@pytest.mark.parametrize("disposition", ["no_answer", "caller_gave_up", "line_failed"])
def test_e1_a_lost_connection_is_seen(disposition: str) -> None:
    lost = replace(NOT_CONNECTED, disposition=disposition)
    assert "no connection is lost" in promises(case(TALKED, lost, consultation=PENDING, effects=()))


def test_e4_a_call_that_asterisk_left_behind_may_be_interrupted_with_what_is_known() -> None:
    died = replace(TALKED, died=TALKED.parted)
    record = replace(
        CONNECTED,
        disposition="interrupted",
        talk_seconds=1.0,
        talk_partial=True,
        versions=(OutcomeVersion(1, "interrupted", 1.0),),
    )
    killed = frozenset({Kind.ASTERISK_KILLED})
    assert promises(case(died, record, consultation=COMPLETED, effects=EFFECTS, kinds=killed)) == set()
    longer = replace(record, talk_seconds=4.5, versions=(OutcomeVersion(1, "interrupted", 4.5),))
    assert promises(case(died, longer, consultation=COMPLETED, effects=EFFECTS, kinds=killed)) == {
        "talk time is never too long"
    }


def test_e4_an_interruption_that_nothing_caused_is_seen() -> None:
    record = replace(CONNECTED, disposition="interrupted", versions=(OutcomeVersion(1, "interrupted", 3.0),))
    assert promises(case(TALKED, record)) == {"nothing is lost that a witness saw"}


@pytest.mark.parametrize(
    ("seconds", "partial", "broken"),
    [
        (3.9, False, set()),
        (4.1, False, {"talk time is never too long"}),
        (2.1, False, set()),
        (1.9, False, {"talk time is true to a second"}),
        (1.9, True, {"nothing is lost that a witness saw"}),
    ],
)
def test_e2_talk_time_is_held_against_the_phones(seconds: float, *, partial: bool, broken: set[str]) -> None:
    record = replace(
        CONNECTED,
        talk_seconds=seconds,
        talk_partial=partial,
        versions=(OutcomeVersion(1, "connected", seconds),),
    )
    assert promises(case(TALKED, record)) == broken


def test_e2_partial_talk_is_honest_where_the_disk_was_full() -> None:
    record = replace(CONNECTED, talk_seconds=1.0, talk_partial=True, versions=(OutcomeVersion(1, "connected", 1.0),))
    assert promises(case(TALKED, record, kinds=frozenset({Kind.DISK_FULL}))) == set()


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        (BUSY, "busy"),
        (replace(BUSY, client_status=603), "rejected"),
        (replace(BUSY, client_status=487, given_up=T), "caller_gave_up"),
        (replace(BUSY, client_status=None, given_up=T), "caller_gave_up"),
    ],
)
def test_e5_an_outcome_that_the_phones_did_not_hear_is_seen(truth: CallTruth, expected: str) -> None:
    def recorded(disposition: str) -> set[str]:
        record = replace(NOT_CONNECTED, disposition=disposition, versions=(OutcomeVersion(1, disposition, 0.0),))
        return promises(case(truth, record, consultation=PENDING, effects=EFFECTS[1:2]))

    assert recorded(expected) == set()
    assert recorded("line_failed") == {"the outcome is what the phones heard"}


def test_s2_a_completion_without_a_connection_is_seen() -> None:
    assert "a consultation is completed by its calls, and by nothing else" in promises(case(BUSY, NOT_CONNECTED))


def test_s2_a_connection_that_completes_nothing_is_seen() -> None:
    assert "a consultation is completed by its calls, and by nothing else" in promises(
        case(TALKED, CONNECTED, consultation=PENDING, effects=EFFECTS[:2])
    )


@pytest.mark.parametrize(
    "facts",
    [
        frozenset(),
        frozenset({("ami", "leg-1", "bridge_enter")}),
        frozenset({("ami", "leg-1", "bridge_enter"), ("cel", "leg-1", "bridge_enter")}),
        frozenset({("ami", "leg-1", "hangup"), ("ami", "leg-2", "bridge_enter")}),
        frozenset({("reconcile", "leg-1", "seen"), ("ami", "leg-1", "bridge_enter")}),
    ],
)
def test_s2_a_completion_that_no_fact_shows_is_seen(facts: frozenset[tuple[str, str, str]]) -> None:
    assert promises(case(TALKED, replace(CONNECTED, facts=facts))) == {
        "a consultation is completed by its calls, and by nothing else"
    }


@pytest.mark.parametrize("again", EFFECTS)
def test_an_effect_that_happens_twice_is_seen(again: Effect) -> None:
    assert promises(case(TALKED, CONNECTED, effects=(*EFFECTS, replace(again, key="again")))) == {
        "no effect happens twice"
    }


@pytest.mark.parametrize("missing", EFFECTS)
def test_an_effect_that_is_missing_is_seen(missing: Effect) -> None:
    effects = tuple(effect for effect in EFFECTS if effect is not missing)
    assert promises(case(TALKED, CONNECTED, effects=effects)) == {"no effect is missing"}


@pytest.mark.parametrize("invented", [EFFECTS[0], EFFECTS[2]])
def test_an_effect_that_is_invented_is_seen(invented: Effect) -> None:
    busy = case(BUSY, NOT_CONNECTED, consultation=PENDING, effects=(EFFECTS[1], invented))
    assert promises(busy) == {"no effect is invented"}


@pytest.mark.parametrize(
    "versions",
    [
        (),
        (OutcomeVersion(2, "connected", 3.0),),
        (OutcomeVersion(1, None, 0.0), OutcomeVersion(3, "connected", 3.0)),
        (OutcomeVersion(1, "connected", 3.0), OutcomeVersion(1, "connected", 3.0)),
        (OutcomeVersion(1, "connected", 2.0),),
        (OutcomeVersion(1, "busy", 3.0),),
    ],
)
def test_a_version_that_is_missing_or_wrong_is_seen(versions: tuple[OutcomeVersion, ...]) -> None:
    assert promises(case(TALKED, replace(CONNECTED, versions=versions))) == {"every version of an outcome is kept"}


@pytest.mark.parametrize("behaviour", [Behaviour.STRANGER, Behaviour.TOO_EARLY])
def test_a10_a_call_that_the_rules_refuse_and_that_reaches_a_client_is_seen(behaviour: Behaviour) -> None:
    refused: dict[str, Any] = {"plan": replace(PLAN, behaviour=behaviour)}
    promise = "no call is connected that the rules refuse"
    assert promise in promises(case(replace(TALKED, **refused), CONNECTED))
    assert promise in promises(case(replace(BUSY, **refused), NOT_CONNECTED, consultation=PENDING, effects=()))
    kept = replace(
        NOT_CONNECTED, decision="refused", reason="too_early", consultation=None, disposition="refused", versions=()
    )
    truth = replace(BUSY, client_status=None, final_status=480, invites=0, rang=None, **refused)
    assert promises(case(truth, kept, consultation=PENDING, effects=())) == set()


def test_a12_a_refusal_that_nobody_wrote_down_is_seen_where_somebody_could() -> None:
    refused = replace(BUSY, client_status=None, final_status=503, invites=0, rang=None)
    attempt = case(refused, consultation=PENDING, effects=())
    assert promises(replace(attempt, kinds=frozenset({Kind.AGI_KILLED}))) == {"every attempt is recorded"}
    assert promises(replace(attempt, kinds=frozenset({Kind.LISTENER_KILLED}))) == set()
