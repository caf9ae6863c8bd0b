"""Whatever stands in a caller's name and number: refused, recorded, and nothing else affected."""

from __future__ import annotations

import pytest

from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Scene, assert_hides, invites

# %-escapes are decoded before the dialplan sees them: line ends, quotes, expression and variable syntax.
# (Asterisk cuts a number off at a NUL by itself; what is left is an ordinary number.)
HOSTILE = [
    "{number}%0aagi_arg_1:%20{number}",
    "{number}%0d%0aEvent:%20Hangup",
    "{number}%22",
    "%22{number}",
    "{number}%24%7BEXTEN%7D",
    "{number}%5D%20%7C%20%5B1",
    "{number}%2C1%2C2",
    "%C3%28{number}",
]


@pytest.mark.parametrize("spelling", HOSTILE)
def test_a2_a_malformed_caller_is_refused_and_the_next_call_is_not_affected(scene: Scene, spelling: str) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=50)
    refused = scene.dial(spelling.format(number=booking.caller_number))
    assert refused.final_status() in (400, 433)
    if refused.final_status() == 433:
        assert scene.refusal()["reason"] == "caller_withheld"
    assert invites(client) == []
    assert_hides(refused, booking.client_number)

    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=50)
    assert provider.finish()
    assert client.finish()
    assert scene.call_of(booking)["disposition"] == "connected"
