"""What each reply of Asterisk means: done, gone, refused, or not AGI at all."""

import socket
import struct

import pytest

from agi.session import CallerGoneError, CommandError, ProtocolError
from tests.agi.wire import session

# res_agi.c, agi_handle_command, for a command with the wrong arguments.
USAGE = b"""520-Invalid command syntax.  Proper usage follows:
 Usage: SET VARIABLE <variablename> <value>
 Sets a variable to a channel.

200 result=1 is what it returns.
"""


def answered(replies: bytes, *, closes: bool = False) -> dict[str, tuple[str, str]]:
    """What the session makes of `replies` to a command."""
    with session(replies, closes=closes) as (asterisk, _):
        return asterisk.execute("NOOP")


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        (b"200 result=1\n", ("1", "")),
        (b"200 result=0\n", ("0", "")),
        (b"200 result=1 (+14155550142)\n", ("1", "+14155550142")),
        (b"200 result= (timeout)\n", ("", "timeout")),
        (b"200 result=0 endpos=0\n", ("0", "")),
    ],
)
def test_a_200_is_the_answer(reply: bytes, result: tuple[str, str]) -> None:
    assert answered(reply) == {"result": result}


def test_a_100_is_not_the_answer_yet() -> None:
    assert answered(b"100 Trying...\n100 result=0 Trying...\n200 result=1\n") == {"result": ("1", "")}


def test_a_hangup_line_in_place_of_the_answer_is_a_caller_gone() -> None:
    with pytest.raises(CallerGoneError, match="hung up"):
        answered(b"HANGUP\n200 result=1\n")


@pytest.mark.parametrize(
    "reply",
    [
        b"200 result=-1\n",
        b"200 result=-1 (hangup)\n",
        b"200 result=0 (hangup)\n",
        b"511 Command Not Permitted on a dead channel or intercept routine\n",
        b"511 result=-1 Command Not Permitted on a dead channel or intercept routine\n",
    ],
)
def test_a_channel_that_is_gone_is_a_caller_gone(reply: bytes) -> None:
    with pytest.raises(CallerGoneError):
        answered(reply)


@pytest.mark.parametrize("replies", [b"", b"100 Trying...\n", USAGE])
def test_the_end_of_the_connection_is_a_caller_gone(replies: bytes) -> None:
    with pytest.raises(CallerGoneError, match="closed the connection"):
        answered(replies, closes=True)


def test_a_reset_of_the_connection_is_a_caller_gone() -> None:
    with session() as (asterisk, theirs):
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
        with pytest.raises(CallerGoneError, match="connection lost"):
            asterisk.execute("NOOP")


@pytest.mark.parametrize(
    "replies",
    [
        b"510 Invalid or unknown command\n",
        b"520 Invalid command syntax.  Proper usage not available.\n",
        USAGE + b"520 End of proper usage.\n",
    ],
)
def test_a_command_that_asterisk_does_not_take_is_our_fault(replies: bytes) -> None:
    with pytest.raises(CommandError):
        answered(replies)


def test_the_usage_of_one_command_is_not_the_answer_to_the_next() -> None:
    with session(USAGE + b"520 End of proper usage.\n200 result=7\n") as (asterisk, _):
        with pytest.raises(CommandError):
            asterisk.execute("SET VARIABLE")
        assert asterisk.execute("NOOP") == {"result": ("7", "")}


@pytest.mark.parametrize(
    "reply",
    [
        b"\n",
        b"hello\n",
        b"result=1\n",
        b"20\n",
        b"300 result=1\n",
        b"200\n",
        b"200 \n",
        b"200 endpos=5\n",
        b"2000 result=1\n",
        b"\x00200 result=1\n",
        b" 200 result=1\n",
        b"200 result=1 \xff\n".replace(b"200", b"\xff00"),
        b"x" * 20_000,
    ],
)
def test_a_line_that_is_no_reply_is_refused(reply: bytes) -> None:
    with pytest.raises(ProtocolError):
        answered(reply)


def test_a_reply_that_is_cut_off_is_not_taken_for_a_whole_one() -> None:
    with pytest.raises(ProtocolError, match="cut off"):
        answered(b"200 result=1", closes=True)


@pytest.mark.parametrize("endless", [b"100 Trying...\n", b"520-Invalid command syntax.\n"])
def test_replies_without_an_end_are_refused(endless: bytes) -> None:
    with pytest.raises(ProtocolError, match="too many"):
        answered(endless * 1000)
