"""What the phones' message logs mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ops.demo.sip import Message
from tests.faults.schedule import Behaviour, CallPlan
from tests.faults.truth import CallTruth, truth

T = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
PLAN = CallPlan(number=0, consultation=0, behaviour=Behaviour.PROVIDER_HANGS_UP, at=0, rings=0.2, talks=3)
CALLER, CLIENT = "+14152100001", "+14152100002"


def at(seconds: float) -> datetime:
    return T + timedelta(seconds=seconds)


def message(seconds: float, way: str, first_line: str, *, method: str = "INVITE", leg: str = "leg-1") -> Message:
    headers = f"From: <sip:{CALLER}@127.0.0.1>;tag=1\r\nCall-ID: {leg}\r\nCSeq: 1 {method}"
    return Message(at(seconds), way == "<", f"{first_line}\r\n{headers}")


INVITE = message(0, ">", "INVITE sip:+14155550199@127.0.0.1 SIP/2.0")
TRYING = message(0.1, "<", "SIP/2.0 100 Trying")
HEARD = message(1.1, "<", "SIP/2.0 200 OK")
CALLED = message(0.2, "<", f"INVITE sip:{CLIENT}@127.0.0.1 SIP/2.0")
RANG = message(0.3, ">", "SIP/2.0 180 Ringing")
ANSWERED = message(1.0, ">", "SIP/2.0 200 OK")
PROVIDER_BYE = message(4.1, ">", "BYE sip:line SIP/2.0", method="BYE")
CLIENT_BYE = message(4.2, "<", "BYE sip:client SIP/2.0", method="BYE")
PROVIDER, CLIENTS = [INVITE, TRYING, HEARD, PROVIDER_BYE], [CALLED, RANG, ANSWERED, CLIENT_BYE]


def told(provider: list[Message], clients: list[Message], *deaths: datetime) -> CallTruth:
    found = truth(PLAN, CALLER, CLIENT, provider, clients, deaths)
    assert found is not None
    return found


def test_two_phones_are_connected_from_the_later_answer_until_the_first_bye() -> None:
    seen = told(PROVIDER, CLIENTS)
    assert (seen.connected, seen.parted, seen.over) == (at(1.1), at(4.1), at(4.1))
    assert seen.talk == timedelta(seconds=3)
    assert (seen.invites, seen.rang, seen.client_status, seen.final_status) == (1, at(0.3), 200, 200)
    assert not seen.unsure
    assert seen.connected_at(at(1.1))
    assert not seen.connected_at(at(4.1))


def test_the_client_may_say_bye_first() -> None:
    bye = message(3.0, ">", "BYE sip:line SIP/2.0", method="BYE")
    assert told(PROVIDER, [CALLED, RANG, ANSWERED, bye]).parted == at(3.0)


def test_a_call_that_was_not_dialled_has_no_truth() -> None:
    assert truth(PLAN, CALLER, CLIENT, [], CLIENTS, []) is None


def test_a_call_that_only_one_phone_answered_was_not_connected() -> None:
    assert told([INVITE, TRYING], CLIENTS).connected is None
    assert told(PROVIDER, [CALLED, RANG]).connected is None


def test_somebody_elses_call_is_not_this_one() -> None:
    other = Message(ANSWERED.at, received=False, text=ANSWERED.text.replace("leg-1", "leg-2"))
    assert told(PROVIDER, [CALLED, RANG, other]).connected is None
    assert told([INVITE], []).invites == 0


def test_asterisks_death_ends_the_call() -> None:
    seen = told([INVITE, TRYING, HEARD], [CALLED, RANG, ANSWERED], at(2.5))
    assert (seen.connected, seen.parted, seen.died) == (at(1.1), at(2.5), at(2.5))
    assert not seen.unsure


def test_a_death_before_or_after_the_call_is_none_of_its_own() -> None:
    for seconds in (-1, 5):
        seen = told(PROVIDER, CLIENTS, at(seconds))
        assert (seen.died, seen.talk) == (None, timedelta(seconds=3))


def test_a_death_just_as_they_were_connected_leaves_both_words_right() -> None:
    assert told([INVITE, TRYING, HEARD], [CALLED, RANG, ANSWERED], at(1.2)).unsure
    assert told([INVITE, TRYING], [CALLED, RANG, ANSWERED], at(1.05)).unsure


def test_a_refusal_is_a_final_status_and_the_end() -> None:
    refused = message(0.5, "<", "SIP/2.0 503 Service Unavailable")
    seen = told([INVITE, TRYING, refused], [])
    assert (seen.final_status, seen.over, seen.connected, seen.answered_by_line) == (503, at(0.5), None, True)


def test_a_provider_who_cancels_gave_up() -> None:
    cancel = message(0.8, ">", "CANCEL sip:line SIP/2.0", method="CANCEL")
    terminated = message(0.9, ">", "SIP/2.0 487 Request Terminated")
    seen = told([INVITE, TRYING, cancel], [CALLED, RANG, terminated])
    assert (seen.given_up, seen.client_status) == (at(0.8), 487)
