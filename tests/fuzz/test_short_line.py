"""A short run of the fuzzers against a whole line; `make fuzz` has the long one.

After each, the observer looks: every process the same, nothing up or left over, no INVITE out that the rules do not
allow, no record of what never was, no number in a log.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.on_line import OnLine, on_line

SEED = 2


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnLine]:
    """A line of its own."""
    with on_line(tmp_path_factory.mktemp("fuzzed"), SEED, providers=10) as line:
        yield line


def test_a10_the_torture_messages_of_rfc_4475_leave_no_channel_and_reach_nobody(fuzzed: OnLine) -> None:
    assert fuzzed.play("rfc4475", 0, 49) == []
    assert fuzzed.sip.carrier.invites == []


def test_a2_a8_a10_c1_p1_any_sip_request_is_refused_or_reaches_a_booked_client_and_nobody_else(fuzzed: OnLine) -> None:
    assert fuzzed.play("sip", 0, 600) == []
    assert len(fuzzed.sip.carrier.invites) > 10


def test_a9_garbage_in_place_of_a_keypad_lets_nobody_in(fuzzed: OnLine) -> None:
    assert fuzzed.play("rtp", 0, 240) == []


def test_a10_a12_a_server_that_talks_nonsense_connects_nobody_and_each_attempt_is_recorded(fuzzed: OnLine) -> None:
    assert fuzzed.play("agi-servers", 0, 24) == []


def test_a10_hostile_clients_leave_the_fastagi_server_as_it_was(fuzzed: OnLine) -> None:
    assert fuzzed.play("agi-clients", 0, 120) == []


def test_p1_p3_no_http_request_breaks_the_api_or_gets_a_number_repeated(fuzzed: OnLine) -> None:
    assert fuzzed.play("http", 0, 200) == []
