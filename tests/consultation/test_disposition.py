"""What became of a call, and who ended it (E3, E5)."""

import pytest

from consultation.evidence import DialStatus, Leg
from consultation.outcome import Disposition, EndedBy
from tests.consultation.events import at, outcome

HANGUP_BEFORE_DIAL_END = """
     2  client    ringing
     5  client    hangup          17
     5  provider  hangup          17
     6  client    dialled         BUSY
"""


def test_e5_hangup_before_dial_end_still_records_busy() -> None:
    call = outcome(HANGUP_BEFORE_DIAL_END)
    assert (call.disposition, call.hangup_cause, call.ended_at) == (Disposition.BUSY, 17, at(5))


UNANSWERED = {
    DialStatus.BUSY: Disposition.BUSY,
    DialStatus.NOANSWER: Disposition.NO_ANSWER,
    DialStatus.CANCEL: Disposition.CALLER_GAVE_UP,
    DialStatus.CHANUNAVAIL: Disposition.UNREACHABLE,
    DialStatus.CONGESTION: Disposition.UNREACHABLE,
    DialStatus.ANSWER: Disposition.LINE_FAILED,
    DialStatus.ABORT: Disposition.LINE_FAILED,
    DialStatus.CONTINUE: Disposition.LINE_FAILED,
    DialStatus.GOTO: Disposition.LINE_FAILED,
}


@pytest.mark.parametrize("status", DialStatus)
def test_e5_every_dial_that_led_to_no_bridge_has_a_disposition(status: DialStatus) -> None:
    assert outcome(f"5 client dialled {status}\n 6 provider hangup 16").disposition is UNANSWERED[status]


@pytest.mark.parametrize("status", DialStatus)
def test_e3_only_a_dial_that_was_answered_has_an_answer(status: DialStatus) -> None:
    answered_at = outcome(f"5 client dialled {status}\n 6 provider hangup 16").answered_at
    assert answered_at == (at(5) if status is DialStatus.ANSWER else None)


NOT_FOLLOWED = """
     5  client    dialled         {status}
     5  client    hangup          {cause}
     6  provider  hangup_request
     6  provider  hangup          19
"""


@pytest.mark.parametrize("cause", [0, 23])
@pytest.mark.parametrize("status", ["CANCEL", "BUSY"])
def test_e5_a_client_whose_carrier_redirects_the_call_is_unreachable(status: str, cause: int) -> None:
    assert outcome(NOT_FOLLOWED.format(status=status, cause=cause)).disposition is Disposition.UNREACHABLE


DIAL_THAT_FAILED = """
     5  client    dialled         {status}
     5  client    hangup          {cause}
     6  provider  hangup_request
     6  provider  hangup          16
"""


@pytest.mark.parametrize("status", ["NOANSWER", "CHANUNAVAIL", "CONGESTION"])
def test_e5_a_client_who_declines_has_rejected_the_call(status: str) -> None:
    assert outcome(DIAL_THAT_FAILED.format(status=status, cause=21)).disposition is Disposition.REJECTED


@pytest.mark.parametrize("cause", [0, 16, 18, 19])
def test_e5_a_phone_that_rings_in_vain_does_not_answer(cause: int) -> None:
    assert outcome(DIAL_THAT_FAILED.format(status="NOANSWER", cause=cause)).disposition is Disposition.NO_ANSWER


@pytest.mark.parametrize("cause", [1, 3, 20, 27, 28, 34, 38])
def test_e5_a_number_that_the_network_cannot_reach_is_unreachable_whatever_the_dial_says(cause: int) -> None:
    for status in ("NOANSWER", "CHANUNAVAIL", "CONGESTION"):
        assert outcome(DIAL_THAT_FAILED.format(status=status, cause=cause)).disposition is Disposition.UNREACHABLE


@pytest.mark.parametrize("cause", [0, 16, 17, 21, 34])
def test_e5_busy_stays_busy_whatever_the_cause(cause: int) -> None:
    assert outcome(DIAL_THAT_FAILED.format(status="BUSY", cause=cause)).disposition is Disposition.BUSY


GAVE_UP = """
     2  client    ringing
     5  provider  hangup_request  16
     5  provider  hangup          16
"""


def test_e5_a_caller_who_hangs_up_before_the_dial_ended_gave_up() -> None:
    call = outcome(GAVE_UP)
    assert (call.disposition, call.ended_by) == (Disposition.CALLER_GAVE_UP, EndedBy.PROVIDER)


def test_e5_a_caller_who_hangs_up_on_an_answer_before_the_bridge_gave_up() -> None:
    call = outcome("4 client dialled ANSWER" + GAVE_UP)
    assert (call.connected_at, call.disposition) == (None, Disposition.CALLER_GAVE_UP)


def test_e5_a_call_that_ended_by_itself_before_any_dial_failed_on_the_line() -> None:
    call = outcome("5 provider hangup 38")
    assert (call.disposition, call.hangup_cause, call.ended_by) == (Disposition.LINE_FAILED, 38, EndedBy.LINE)


def test_e5_a_connected_call_stays_connected_whatever_the_dial_says() -> None:
    both = "1 provider bridge_enter one\n 1 client bridge_enter one\n"
    assert outcome(both + "5 client dialled CONGESTION\n 6 provider hangup 16").disposition is Disposition.CONNECTED


@pytest.mark.parametrize("leg", Leg)
def test_e3_who_hung_up_first_ended_the_call(leg: Leg) -> None:
    other = next(other for other in Leg if other is not leg)
    call = outcome(f"5 {leg} hangup_request\n 6 {other} hangup_request\n 7 provider hangup 16")
    assert call.ended_by is EndedBy(leg.value)


def test_e3_where_neither_phone_hung_up_the_line_did() -> None:
    assert outcome("7 provider hangup 16").ended_by is EndedBy.LINE


@pytest.mark.parametrize("status", sorted(set(DialStatus) - {DialStatus.ANSWER, DialStatus.CANCEL}))
def test_e3_after_a_dial_that_failed_it_is_the_line_that_ends_the_call(status: DialStatus) -> None:
    assert outcome(DIAL_THAT_FAILED.format(status=status, cause=34)).ended_by is EndedBy.LINE


@pytest.mark.parametrize("status", [DialStatus.ANSWER, DialStatus.CANCEL])
def test_e3_after_any_other_dial_it_is_the_provider_who_hung_up(status: DialStatus) -> None:
    assert outcome(DIAL_THAT_FAILED.format(status=status, cause=16)).ended_by is EndedBy.PROVIDER


def test_e3_a_provider_who_hung_up_before_the_dial_failed_ended_the_call() -> None:
    assert outcome("4 provider hangup_request" + DIAL_THAT_FAILED.format(status="BUSY", cause=17)).ended_by is (
        EndedBy.PROVIDER
    )


def test_a10_where_no_server_decided_it_is_the_line_that_ends_the_call() -> None:
    call = outcome("3 provider unavailable\n 4 provider hangup_request\n 5 provider hangup 42")
    assert (call.ended_by, call.disposition) == (EndedBy.LINE, Disposition.LINE_FAILED)


def test_e3_the_clients_hangup_cause_says_more_than_the_providers() -> None:
    assert outcome("5 client hangup 17\n 6 provider hangup 16").hangup_cause == 17


@pytest.mark.parametrize("client_gone", ["", "5 client hangup\n", "5 client hangup 0\n"])
def test_e3_where_the_clients_leg_has_no_cause_the_providers_is_told(client_gone: str) -> None:
    assert outcome(client_gone + "6 provider hangup 16").hangup_cause == 16
