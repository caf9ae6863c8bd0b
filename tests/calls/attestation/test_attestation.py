"""A8: caller numbers that fail verification, by what the trunk says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.calls.scene import CLIENT_BUSY, HERE, LINE_NUMBER, Scene, invites

SCENARIO = HERE / "caller_spellings" / "provider.xml"
ADMITTED, REFUSED = 486, 403
PASSED, B, C = "TN-Validation-Passed", "TN-Validation-Passed-B", "TN-Validation-Passed-C"
FAILED, NOTHING = "TN-Validation-Failed", "No-TN-Validation"

# policy → verstat → what becomes of the call; "" is a trunk that says nothing
POLICIES = {
    "off": {PASSED: ADMITTED, FAILED: ADMITTED, "": ADMITTED},
    "refuse-failed": {
        PASSED: ADMITTED,
        B: ADMITTED,
        C: ADMITTED,
        NOTHING: ADMITTED,
        "": ADMITTED,
        FAILED: REFUSED,
    },
    "require-a": {PASSED: ADMITTED, B: REFUSED, C: REFUSED, NOTHING: REFUSED, "": REFUSED, FAILED: REFUSED},
}
CASES = [(policy, verstat, status) for policy, table in POLICIES.items() for verstat, status in table.items()]
PLACES = {
    "inside the asserted user": (
        "<sip:{number}@carrier.test>",
        "P-Asserted-Identity: <sip:{number};verstat={v}@c.test>",
    ),
    "behind the asserted host": (
        "<sip:{number}@carrier.test>",
        "P-Asserted-Identity: <sip:{number}@c.test;verstat={v}>",
    ),
    "behind an asserted tel number": ("<sip:{number}@c.test>", "P-Asserted-Identity: <tel:{number};verstat={v}>"),
    "in From": ("<sip:{number};verstat={v}@carrier.test>", ""),
}


def _dial(scene: Scene, folder: Path, place: str, verstat: str, number: str) -> int | None:
    sender, header = (part.format(number=number, v=verstat) for part in PLACES[place])
    if not verstat:
        sender, header = f"<sip:{number}@carrier.test>", ""
    scenario = folder / "provider.xml"
    text = SCENARIO.read_text().replace("@FROM@", f"From: {sender}")
    scenario.write_text(text.replace("@HEADERS@", f"\n      {header}" if header else ""))
    provider = scene.provider(scenario, [(LINE_NUMBER,)])
    assert provider.finish()
    return provider.final_status()


@pytest.mark.parametrize(("policy", "verstat", "status"), CASES)
def test_a8_each_policy_on_each_verification(
    scene: Scene, tmp_path: Path, decided_by: Callable[..., None], policy: str, verstat: str, status: int
) -> None:
    booking = scene.book()
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    decided_by(attestation=policy)
    assert _dial(scene, tmp_path, "inside the asserted user", verstat, booking.caller_number) == status
    if status == REFUSED:
        assert scene.refusal()["reason"] == "caller_unverified"
        assert invites(client) == []


@pytest.mark.parametrize("place", PLACES)
def test_a8_a_failed_verification_is_seen_wherever_a_trunk_puts_it(scene: Scene, tmp_path: Path, place: str) -> None:
    booking = scene.book()
    assert _dial(scene, tmp_path, place, FAILED, booking.caller_number) == REFUSED
    assert scene.refusal()["reason"] == "caller_unverified"
