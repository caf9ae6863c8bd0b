"""Whatever comes over the wire, a session ends in an answer or an AgiError, and in time."""

import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agi.session import AgiError
from tests.agi.wire import SOON, session

# Real lines, bent ones, and bytes that mean nothing, in any order: nearer to the edges than bytes alone.
LINES = [
    b"agi_network: yes",
    b"agi_uniqueid: line1-1.2",
    b"agi_arg_1: +14155550100",
    b"agi_arg_1",
    b"agi_: :",
    b"",
    b"\r",
    b"100 Trying...",
    b"200 result=1",
    b"200 result=-1",
    b"200 result=1 (hangup)",
    b"200",
    b"510 Invalid or unknown command",
    b"511 result=-1",
    b"520-Invalid command syntax.",
    b"520 End of proper usage.",
    b"999 x",
    b"HANGUP",
    b"x" * 9000,
]
pieces = st.one_of(
    st.sampled_from(LINES).map(lambda line: line + b"\n"), st.sampled_from(LINES), st.binary(max_size=20)
)
streams = st.one_of(st.lists(pieces, max_size=12).map(b"".join), st.binary(max_size=300))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(stream=streams)
def test_any_environment_is_read_or_refused(stream: bytes) -> None:
    started = time.monotonic()
    try:
        with session(env=stream, closes=True) as (asterisk, _):
            assert all(key.startswith("agi_") for key in asterisk.env)
    except AgiError:
        pass
    assert time.monotonic() - started < SOON


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(stream=streams)
def test_any_reply_is_an_answer_or_an_error(stream: bytes) -> None:
    started = time.monotonic()
    with session(stream, closes=True) as (asterisk, _):
        try:
            asterisk.set_variables({"LINE_DECISION": "refuse"})
        except AgiError:
            pass
        else:
            assert b"200 result=" in stream
    assert time.monotonic() - started < SOON
