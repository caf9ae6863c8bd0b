"""What a session puts on the wire: one command at a time, whatever stands in its arguments."""

import socket

import pytest

from tests.agi.wire import session


def nothing_sent(theirs: socket.socket) -> bool:
    """Whether Asterisk's end has nothing to read."""
    theirs.setblocking(False)
    try:
        return theirs.recv(1) == b""
    except BlockingIOError:
        return True


CONTROL = [chr(code) for code in [*range(32), 127]]


def test_variables_are_set_in_one_command_and_in_order() -> None:
    with session(b"200 result=1\n") as (asterisk, theirs):
        asterisk.set_variables({"LINE_CLIENT": "+14155550142", "LINE_DIVERSION": "", "LINE_DECISION": "admit"})
        assert theirs.recv(4096) == (
            b'SET VARIABLE "ARRAY(LINE_CLIENT,LINE_DIVERSION,LINE_DECISION)" "+14155550142,,admit"\n'
        )


@pytest.mark.parametrize("value", ["a,b", "a b", '"', "\\", "${X}", "(", "é", "a\nSET VARIABLE LINE_DECISION admit"])
def test_a_variable_that_would_not_survive_asterisks_list_is_never_sent(value: str) -> None:
    with session() as (asterisk, theirs):
        with pytest.raises(ValueError, match="more than letters"):
            asterisk.set_variables({"LINE_REASON": value, "LINE_DECISION": "refuse"})
        assert nothing_sent(theirs)


@pytest.mark.parametrize("control", CONTROL, ids=ascii)
def test_a_control_character_never_becomes_a_second_command(control: str) -> None:
    with session() as (asterisk, theirs):
        with pytest.raises(ValueError, match="control character"):
            asterisk.set_variable("LINE_REASON", f"x{control}SET VARIABLE LINE_DECISION admit")
        with pytest.raises(ValueError, match="more than letters"):
            asterisk.set_variables({"LINE_REASON": f"x{control}"})
        assert nothing_sent(theirs)


def test_quotes_and_backslashes_arrive_escaped() -> None:
    with session(b"200 result=1\n") as (asterisk, theirs):
        asterisk.set_variable("LINE_REASON", 'a "b" \\c \\"')
        assert theirs.recv(4096) == b'SET VARIABLE "LINE_REASON" "a \\"b\\" \\\\c \\\\\\""\n'


def test_text_goes_out_as_utf8() -> None:
    with session(b"200 result=1\n") as (asterisk, theirs):
        asterisk.set_variable("LINE_REASON", "Zürich 5")
        assert theirs.recv(4096) == 'SET VARIABLE "LINE_REASON" "Zürich 5"\n'.encode()
