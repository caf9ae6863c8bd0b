"""A2, A3, A6: callers whom the line does not know, does not see, or does not expect on this number."""

from __future__ import annotations

import pytest

from tests.calls.scene import ANSWERS, LINE_NUMBER, Scene, assert_hides, invites, new_number


def test_a3_a_number_on_nobodys_profile_is_refused_and_reaches_no_client(scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    provider = scene.dial(new_number())
    assert provider.final_status() == 403
    refused = scene.refusal()
    assert (refused["reason"], refused["disposition"]) == ("caller_unknown", "refused")
    assert invites(client) == []
    assert_hides(provider, booking.client_number)


def test_a3_the_lines_own_number_is_nobodys(scene: Scene) -> None:
    assert scene.dial(LINE_NUMBER).final_status() == 403
    assert scene.refusal()["reason"] == "caller_unknown"


@pytest.mark.parametrize("caller", ["anonymous", "Restricted", "0000000000"])
def test_a2_a_withheld_caller_is_refused(scene: Scene, caller: str) -> None:
    assert scene.dial(caller).final_status() == 433
    assert scene.refusal()["reason"] == "caller_withheld"


def test_a6_a_number_that_is_not_the_lines_reaches_nobody(scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    assert scene.dial(booking.caller_number, new_number()).final_status() == 480
    assert scene.refusal()["reason"] == "wrong_line_number"
    assert invites(client) == []


def test_what_is_not_a_number_is_not_found_and_makes_no_call(scene: Scene) -> None:
    booking = scene.book()
    for dialled in ("s", "admission", "%2B14155550199%0a", "123456", "+1415555019912345"):
        assert scene.dial(booking.caller_number, dialled).final_status() == 404
    assert scene.refusals(expected=0) == []
