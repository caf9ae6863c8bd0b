"""When a call was connected and for how long (E1-E3): the table above each test is what the witnesses saw."""

from datetime import timedelta

from consultation.outcome import Disposition, EndedBy, Outcome
from tests.consultation.events import at, outcome

CONVERSATION = """
     2  client    ringing
     9  client    dialled         ANSWER
     9  provider  bridge_enter    one
    10  client    bridge_enter    one
    70  client    hangup_request  16
    70  client    bridge_leave    one
    70  client    hangup          16
    71  provider  bridge_leave    one
    72  provider  hangup          16
"""


def test_e3_a_conversation_is_recorded_from_ringing_to_who_hung_up() -> None:
    assert outcome(CONVERSATION) == Outcome(
        ringing_at=at(2),
        answered_at=at(9),
        connected_at=at(10),
        ended_at=at(72),
        talk=timedelta(seconds=60),
        disposition=Disposition.CONNECTED,
        hangup_cause=16,
        ended_by=EndedBy.CLIENT,
    )


ANSWERED_ONLY = """
     2  client    ringing
     9  client    dialled         ANSWER
    10  client    hangup          16
    11  provider  hangup          16
"""


def test_e1_an_answer_alone_is_not_a_connection() -> None:
    call = outcome(ANSWERED_ONLY)
    assert (call.answered_at, call.connected_at, call.disposition) == (at(9), None, Disposition.LINE_FAILED)


TWO_BRIDGES = """
     9  provider  bridge_enter    one
    10  client    bridge_enter    two
    70  client    hangup          16
    70  provider  hangup          16
"""


def test_e1_two_legs_in_two_bridges_are_not_connected() -> None:
    assert outcome("9 client dialled ANSWER" + TWO_BRIDGES).disposition is Disposition.LINE_FAILED


ONE_AFTER_THE_OTHER = """
     9  provider  bridge_enter    one
    10  provider  bridge_leave    one
    11  client    bridge_enter    one
    70  client    hangup          16
    70  provider  hangup          16
"""


def test_e1_one_leg_in_the_bridge_after_the_other_is_no_connection() -> None:
    assert outcome(ONE_AFTER_THE_OTHER).connected_at is None


ON_AND_OFF = """
    10  provider  bridge_enter    one
    20  client    bridge_enter    one
    30  provider  bridge_leave    one
    50  provider  bridge_enter    one
    55  client    bridge_leave    one
    60  client    bridge_enter    one
    90  provider  hangup          16
    99  client    hangup          16
"""


def test_e2_talk_time_is_only_the_time_that_both_were_in_the_bridge() -> None:
    call = outcome(ON_AND_OFF)
    assert (call.connected_at, call.talk) == (at(20), timedelta(seconds=10 + 5 + 30))


MOVED = """
    10  provider  bridge_enter    one
    10  client    bridge_enter    one
    20  provider  bridge_enter    two
    20  client    bridge_enter    two
    50  client    hangup          16
    50  provider  hangup          16
"""


def test_e2_a_leg_that_enters_another_bridge_has_left_the_first() -> None:
    assert outcome(MOVED).talk == timedelta(seconds=40)


UP = """
     9  client    dialled         ANSWER
     9  provider  bridge_enter    one
    10  client    bridge_enter    one
"""


def test_e2_a_call_that_is_up_is_connected_and_not_over() -> None:
    assert outcome(UP) == Outcome(answered_at=at(9), connected_at=at(10))


def test_e3_a_call_is_over_when_the_providers_leg_is_gone_and_not_before() -> None:
    assert outcome(UP + "70 client hangup 16").ended_at is None
    assert outcome(UP + "70 client hangup 16").talk == timedelta(seconds=60)
    assert outcome(UP + "70 client hangup 16\n 72 provider hangup 16").ended_at == at(72)


def test_e2_a_hangup_ends_a_stay_whose_end_nobody_saw() -> None:
    assert outcome(UP + "40 provider hangup 16").talk == timedelta(seconds=30)


TWO_WITNESSES = """
     9.00  provider  bridge_enter    one
     9.01  provider  bridge_enter    one
    10.00  client    bridge_enter    one
    10.01  client    bridge_enter    one
    70.00  client    bridge_leave    one
    70.01  client    bridge_leave    one
    71.00  provider  hangup          16
    71.01  provider  hangup          16
"""


def test_e2_two_witnesses_do_not_double_the_talk_time() -> None:
    assert outcome(TWO_WITNESSES).talk == timedelta(seconds=60)
