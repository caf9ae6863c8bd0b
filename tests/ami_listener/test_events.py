"""What the events of real calls tell: a recording goes in, the table comes out, and the call ends as it did (E1-E5)."""

import pytest

from ami_listener.events import read
from consultation.evidence import Fact, Leg
from consultation.outcome import Disposition, EndedBy, fold
from tests.ami_listener.recordings import CALLS, events, facts, seen

TOLD = {
    "connected": """
        0.000 client   ringing
        0.521 client   dialled ANSWER
        0.522 client   bridge_enter
        0.522 provider bridge_enter
        1.529 provider hangup_request 16
        1.530 provider bridge_leave
        1.530 client   bridge_leave
        1.530 provider hangup 16
        1.530 client   hangup 16
    """,
    "client_hangs_up": """
        0.000 client   ringing
        0.597 client   dialled ANSWER
        0.599 client   bridge_enter
        0.599 provider bridge_enter
        1.077 client   hangup_request 16
        1.077 client   bridge_leave
        1.077 provider bridge_leave
        1.077 client   hangup 16
        1.077 provider hangup 16
    """,
    "busy": """
        0.000 client   ringing
        0.508 client   hangup_request 17
        0.513 client   dialled BUSY
        0.513 client   hangup 17
        0.513 provider hangup_request 17
        0.513 provider hangup 17
    """,
    # DialEnd has no word for a call that is declined, nor for a number that is no more: the causes tell.
    "declined": """
        0.000 client   ringing
        0.504 client   hangup_request 21
        0.505 client   dialled NOANSWER
        0.510 client   hangup 21
        0.510 provider hangup_request 21
        0.510 provider hangup 21
    """,
    "number_gone": """
        0.000 client   hangup_request 1
        0.000 client   dialled NOANSWER
        0.000 provider hangup_request 1
        0.000 client   hangup 1
        0.001 provider hangup 1
    """,
    "no_answer": """
        0.000 client   ringing
        5.003 client   dialled NOANSWER
        5.004 client   hangup 0
        5.007 provider hangup_request 19
        5.007 provider hangup 19
    """,
    "gave_up": """
        0.000 client   ringing
        1.004 provider hangup_request 127
        1.004 client   dialled CANCEL
        1.004 client   hangup 127
        1.005 provider hangup 127
    """,
    "refused": """
        0.000 provider hangup_request 21
        0.000 provider hangup 21
    """,
    "unavailable": """
        0.000 provider unavailable
        0.000 provider hangup 42
    """,
}


def table(told: list[Fact]) -> list[list[str]]:
    """Facts as lines `second leg kind [detail]`, from the first of them on."""
    start = told[0].at
    return [
        [
            f"{(fact.at - start).total_seconds():.3f}",
            fact.leg,
            fact.kind,
            *(str(detail) for detail in (fact.dial_status, fact.cause) if detail is not None),
        ]
        for fact in told
    ]


@pytest.mark.parametrize("name", CALLS)
def test_e3_a_recorded_call_tells_these_facts(name: str) -> None:
    assert table(facts(name)) == [line.split() for line in TOLD[name].strip().splitlines()]


ENDED = {
    "connected": (Disposition.CONNECTED, EndedBy.PROVIDER, 16),
    "client_hangs_up": (Disposition.CONNECTED, EndedBy.CLIENT, 16),
    "busy": (Disposition.BUSY, EndedBy.CLIENT, 17),
    "declined": (Disposition.REJECTED, EndedBy.CLIENT, 21),
    "number_gone": (Disposition.UNREACHABLE, EndedBy.CLIENT, 1),
    "no_answer": (Disposition.NO_ANSWER, EndedBy.LINE, 19),
    "gave_up": (Disposition.CALLER_GAVE_UP, EndedBy.PROVIDER, 127),
}


@pytest.mark.parametrize("name", ENDED)
def test_e5_a_recorded_call_ends_as_it_did(name: str) -> None:
    outcome = fold(facts(name))
    assert (outcome.disposition, outcome.ended_by, outcome.hangup_cause) == ENDED[name]


def test_e1_both_legs_of_a_connected_call_were_in_the_same_bridge() -> None:
    stays = {(fact.leg, fact.bridge) for fact in facts("connected") if fact.bridge}
    assert len({bridge for _, bridge in stays}) == 1
    assert {leg for leg, _ in stays} == set(Leg)


def test_an_instant_keeps_its_microseconds() -> None:
    (first, *_) = facts("gave_up")
    assert first.at.isoformat() == "2026-11-23T18:33:05.099942+00:00"


@pytest.mark.parametrize("name", CALLS)
def test_every_fact_says_of_which_call_and_which_leg_it_is(name: str) -> None:
    told = seen(name, "line1-1764000000.42")
    assert {found.channel for found in told} == {"line1-1764000000.42"}
    assert {getattr(found, "leg_channel", found.channel) for found in told} <= {
        "line1-1764000000.42",
        "line1-1764000000.42.client",
    }


def test_an_event_that_is_no_evidence_tells_nothing() -> None:
    others = [event for event in events("connected") if event["Event"] == "DeviceStateChange"]
    others += [{"Event": "FullyBooted", "Status": "Fully Booted"}, {"Event": "Shutdown", "Shutdown": "Cleanly"}]
    others += [{"Event": "UserEvent", "UserEvent": "SomebodyElses"}, {"Event": "DialState", "DialStatus": "PROGRESS"}]
    assert len(others) > 4
    assert [read(event) for event in others] == [None] * len(others)


def test_e4_every_fact_says_in_which_life_of_asterisk_it_was_seen() -> None:
    """The dialplan writes it into the account code of both legs; a dial's events speak of the other leg."""
    for event in [*events("connected"), *events("unavailable")]:
        marked = {**event, "AccountCode": "1795470300", "DestAccountCode": "1795470301"}
        found = read(marked)
        if found is not None:
            assert found.asterisk_start == ("1795470301" if event["Event"].startswith("Dial") else "1795470300")
