"""What a session accepts as the environment of a call, and what it refuses."""

import re
import signal
import threading
import time

import pytest

from agi.session import CallerGoneError, ProtocolError, Session
from tests.agi.wire import CALLER, CHANNEL, SOON, connected, environment, session


def test_a_session_reads_what_the_dialplan_hands_over() -> None:
    with session(env=environment("admit", "+14155550100", "+14155550199", "allowed")) as (asterisk, _):
        assert asterisk.script == "admit"
        assert asterisk.channel == CHANNEL
        assert [asterisk.argument(place) for place in (1, 2, 3, 4)] == ["+14155550100", "+14155550199", "allowed", ""]


def test_a_session_is_made_outside_the_main_thread_and_leaves_signal_handlers_alone() -> None:
    handlers = {sign: signal.getsignal(sign) for sign in signal.Signals}
    made: list[str] = []
    with connected() as (ours, theirs):
        theirs.sendall(environment())
        worker = threading.Thread(target=lambda: made.append(Session(ours, time.monotonic() + SOON).channel))
        worker.start()
        worker.join(SOON)
    assert made == [CHANNEL]
    assert {sign: signal.getsignal(sign) for sign in signal.Signals} == handlers


def test_p1_nothing_of_the_conversation_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with session(b"200 result=1\n", env=environment("admit", CALLER)) as (asterisk, _):
        asterisk.set_variables({"LINE_CLIENT": "+14155550142"})
    with pytest.raises(ProtocolError), session(env=f"{CALLER}\n\n".encode()):
        pass
    printed = "".join(capfd.readouterr())
    assert not [word for word in ("agi_", "ARGS", "COMMAND", "RESULT", CALLER[-7:]) if word in printed]


def test_a_key_that_comes_twice_is_refused_for_it_could_shadow_a_sanitised_one() -> None:
    env = b"agi_uniqueid: 1\nagi_calleridname: x\nagi_arg_1: +14155550177\nagi_arg_1: +14155550100\n\n"
    with pytest.raises(ProtocolError, match="agi_arg_1 twice"), session(env=env):
        pass


@pytest.mark.parametrize("channel", ["", "x y", "line1-1.2\0", "1'--", "\u0661", "x" * 81])
def test_a_channel_that_asterisk_does_not_name_so_is_refused(channel: str) -> None:
    with pytest.raises(ProtocolError), session(env=environment(channel=channel)) as (asterisk, _):
        asterisk.channel  # noqa: B018 - reading it is what is refused


@pytest.mark.parametrize("line", [b"uniqueid: 1", b"X-agi_uniqueid: 1", b"agi_uniqueid 1", b"\x00agi_a: 1", b" "])
def test_a_line_that_is_no_agi_key_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError), session(env=b"agi_network: yes\n" + line + b"\n\n"):
        pass


def test_lines_may_end_in_crlf() -> None:
    with session(b"200 result=1\r\n", env=environment("admit", CALLER).replace(b"\n", b"\r\n")) as (asterisk, _):
        assert (asterisk.script, asterisk.argument(1)) == ("admit", CALLER)
        asterisk.set_variables({"LINE_HEALTH": "up"})


def test_bytes_that_are_no_utf8_spoil_their_own_value_and_no_other() -> None:
    with session(env=b"agi_uniqueid: 1.2\nagi_calleridname: \xff\xc3(\xa0\nagi_arg_1: +1\n\n") as (asterisk, _):
        assert (asterisk.channel, asterisk.argument(1)) == ("1.2", "+1")


def test_a_value_may_hold_a_colon() -> None:
    with session(env=b"agi_request: agi://127.0.0.1:4573/admit\n\n") as (asterisk, _):
        assert asterisk.env["agi_request"] == "agi://127.0.0.1:4573/admit"


@pytest.mark.parametrize("env", [b"agi_network: yes\n\n", b"agi_uniqueid:\nagi_network: yes\n\n"])
def test_e4_a_call_without_an_id_cannot_be_recorded_and_is_refused(env: bytes) -> None:
    with session(env=env) as (asterisk, _), pytest.raises(ProtocolError):
        _ = asterisk.channel


@pytest.mark.parametrize("sent", [b"", b"agi_network: yes\n"])
def test_a_connection_that_ends_before_the_environment_does_is_a_caller_gone(sent: bytes) -> None:
    with pytest.raises(CallerGoneError), session(env=sent, closes=True):
        pass


def test_a_connection_that_ends_within_a_line_is_refused() -> None:
    with pytest.raises(ProtocolError, match="cut off"), session(env=b"agi_network: yes\nagi_arg_1: +1415", closes=True):
        pass


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(ProtocolError, match="too long"), session(env=b"agi_calleridname: " + b"x" * 20_000):
        pass


def test_an_environment_without_an_end_is_refused() -> None:
    endless = b"".join(b"agi_arg_%d: x\n" % place for place in range(1000))
    with pytest.raises(ProtocolError, match="too many"), session(env=endless):
        pass


def test_p1_no_error_repeats_what_came() -> None:
    for env in (f"agi_a: {CALLER}\nagi_a: {CALLER}\n\n", f"{CALLER}\n\n", f"agi_a: {CALLER}"):
        with pytest.raises(ProtocolError) as refused, session(env=env.encode(), closes=True):
            pass
        assert not re.search(r"[0-9]{5}", str(refused.value))
