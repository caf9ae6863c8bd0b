"""What the dialplan is told: whom to dial and as whom, or why not and with which SIP status (A7, C1)."""

from datetime import timedelta

import pytest

from agi.handlers.admit import SIP_STATUS
from agi.server import Server
from consultation.admission import Reason
from schema.engine import Store
from tests.agi.asterisk_side import LINE_NUMBER, Call, serving
from tests.agi.platform_side import CLIENT, HOUR, OTHER_LINE, STRANGER, book, calls
from tests.agi.wire import CALLER


def answered(server: Server, *arguments: str) -> dict[str, str]:
    """What the server answers to a call with these arguments."""
    with Call(server) as call:
        call.admit(*arguments)
        return call.answer()


def test_c1_the_client_sees_the_number_that_the_carrier_allows(line: Store) -> None:
    modes = {"diversion": (CALLER, LINE_NUMBER), "plain": (CALLER, ""), "line_number": (LINE_NUMBER, "")}
    for mode, (presented, diversion) in modes.items():
        with serving(line, caller_id=mode, ring_seconds=20, max_call_seconds=7200) as server:
            answer = answered(server)
        assert answer["LINE_CLIENT"] == CLIENT
        assert (answer["LINE_PRESENTED"], answer["LINE_DIVERSION"]) == (presented, diversion)
        assert (answer["LINE_RING_SECONDS"], answer["LINE_MAX_SECONDS"]) == ("20", "7200")
        assert answer["LINE_DECISION"] == "admit"


def test_a1_the_number_dialled_from_is_presented_in_e164_however_the_trunk_wrote_it(server: Server) -> None:
    for spelling in ("+14155550100", "14155550100", "4155550100"):
        assert answered(server, spelling, LINE_NUMBER.removeprefix("+1"))["LINE_PRESENTED"] == CALLER


def refusal(server: Server, *arguments: str) -> tuple[str, ...]:
    """Why the server refuses a call with these arguments: the reason, the SIP status, and that it does refuse."""
    answer = answered(server, *arguments)
    assert "LINE_CLIENT" not in answer
    return answer["LINE_REASON"], answer["LINE_SIP_STATUS"], answer["LINE_DECISION"]


@pytest.mark.parametrize(
    ("reason", "status", "attempts"),
    [
        (
            "caller_withheld",
            433,
            [
                ("", LINE_NUMBER),
                ("anonymous", LINE_NUMBER),
                (CALLER, LINE_NUMBER, "prohib_passed_screen"),
                (CALLER, LINE_NUMBER, "unavailable"),
            ],
        ),
        ("caller_unknown", 403, [(STRANGER, LINE_NUMBER), ("+999", LINE_NUMBER), (LINE_NUMBER, LINE_NUMBER)]),
        ("wrong_line_number", 480, [(CALLER, OTHER_LINE), (CALLER, ""), (CALLER, "not a number")]),
    ],
)
def test_a7_a_refusal_says_why_and_with_which_sip_status(
    line: Store, server: Server, reason: str, status: int, attempts: list[tuple[str, ...]]
) -> None:
    assert {refusal(server, *attempt) for attempt in attempts} == {(reason, str(status), "refuse")}
    # All attempts came over one channel, and that is one call.
    assert [(call.decision, call.reason) for call in calls(line)] == [("refused", reason)]


def test_a7_a_refusal_says_whether_it_is_too_early_or_too_late(store: Store) -> None:
    hours = {2: "too_early", -2: "too_late", 40: "no_consultation", -40: "no_consultation"}
    for starts_in, reason in hours.items():
        book(store, starts_in * HOUR)
        with serving(store) as server:
            assert refusal(server) == (reason, "480", "refuse")


def test_w1_the_margin_before_is_a_setting(store: Store) -> None:
    book(store, timedelta(minutes=2))
    for seconds, decision in ((0, "refuse"), (300, "admit")):
        with serving(store, opens_before_seconds=seconds) as server:
            assert answered(server)["LINE_DECISION"] == decision


def test_w1_the_margin_after_is_a_setting(store: Store) -> None:
    book(store, timedelta(minutes=-62))
    for seconds, decision in ((0, "refuse"), (300, "admit")):
        with serving(store, closes_after_seconds=seconds) as server:
            assert answered(server)["LINE_DECISION"] == decision


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sip_status_and_only_a_fault_of_ours_makes_a_carrier_try_elsewhere(reason: Reason) -> None:
    assert 400 <= SIP_STATUS[reason] < 700
    assert (SIP_STATUS[reason] // 100 == 5) == (reason is Reason.LINE_UNAVAILABLE)


@pytest.mark.parametrize("calls_up", ["x", "-1", "1 2", "\u0661", "9" * 5000])
def test_a10_a_count_of_calls_that_is_no_count_gets_no_decision(line: Store, server: Server, calls_up: str) -> None:
    with Call(server) as call:
        call.admit(arg_5=calls_up)
        assert call.answer() == {}
    assert calls(line) == []
