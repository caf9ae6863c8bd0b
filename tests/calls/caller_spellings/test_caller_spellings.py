"""A1, A2: callers as carriers spell them. Admitted shows as 486: the client's phone is busy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.calls.scene import CLIENT_BUSY, LINE_NUMBER, Scene, invites

SCENARIO = Path(__file__).parent / "provider.xml"
ADMITTED, WITHHELD = 486, 433

# {e164} is +1…, {national} the same without +1, {other} somebody else's number.
SPELLINGS = {
    "E.164": ("<sip:{e164}@carrier.test>", "", ADMITTED),
    "without the plus sign": ("<sip:1{national}@carrier.test>", "", ADMITTED),
    "national": ("<sip:{national}@carrier.test>", "", ADMITTED),
    "with a name": ('"Dr. Rivera" <sip:{e164}@carrier.test>', "", ADMITTED),
    "with user=phone": ("<sip:{e164}@carrier.test;user=phone>", "", ADMITTED),
    "with verstat inside the user": ("<sip:{e164};verstat=TN-Validation-Passed@carrier.test>", "", ADMITTED),
    "with verstat behind the host": ("<sip:{e164}@carrier.test;verstat=TN-Validation-Passed>", "", ADMITTED),
    "as a tel URI": ("<tel:{e164}>", "", ADMITTED),
    "as a tel URI with parameters": ("<tel:{e164};verstat=TN-Validation-Passed>", "", ADMITTED),
    "asserted beside a trunk's name": (
        "<sip:trunk7@carrier.test>",
        "P-Asserted-Identity: <sip:{e164}@carrier.test;user=phone>",
        ADMITTED,
    ),
    "asserted as a tel URI": ("<sip:trunk7@carrier.test>", "P-Asserted-Identity: <tel:{e164}>", ADMITTED),
    "asserted with verstat": (
        "<sip:{other}@carrier.test>",
        'P-Asserted-Identity: "Rivera" <sip:{e164};verstat=TN-Validation-Passed@carrier.test>',
        ADMITTED,
    ),
    "anonymous": ("<sip:anonymous@anonymous.invalid>", "", WITHHELD),
    "anonymous by name": ('"Anonymous" <sip:anonymous@carrier.test>', "", WITHHELD),
    "anonymous by name, with the number": ('"Anonymous" <sip:{e164}@carrier.test>', "", WITHHELD),
    "anonymous, but asserted": (
        '"Anonymous" <sip:anonymous@anonymous.invalid>',
        "P-Asserted-Identity: <sip:{e164}@carrier.test>",
        WITHHELD,
    ),
    "anonymous, asserted and private": (
        '"Anonymous" <sip:anonymous@anonymous.invalid>',
        "P-Asserted-Identity: <sip:{e164}@carrier.test>\n      Privacy: id",
        WITHHELD,
    ),
    "private": (
        "<sip:{e164}@carrier.test>",
        "P-Asserted-Identity: <sip:{e164}@carrier.test>\n      Privacy: id",
        WITHHELD,
    ),
    "restricted": ("<sip:Restricted@carrier.test>", "", WITHHELD),
    "unavailable": ("<sip:Unavailable@carrier.test>", "", WITHHELD),
    "empty": ("<sip:carrier.test>", "", WITHHELD),
    "a name in place of a number": ("<sip:rivera@carrier.test>", "", WITHHELD),
    "zeros": ("<sip:0000000000@carrier.test>", "", WITHHELD),
    "ANONYMOUS on the keypad": ("<sip:266696687@carrier.test>", "", WITHHELD),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a1_a2_a_caller_is_recognised_or_withheld(scene: Scene, tmp_path: Path, spelling: str) -> None:
    sender, headers, expected = SPELLINGS[spelling]
    booking, other = scene.book(), scene.book()
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    numbers = {
        "e164": booking.caller_number,
        "national": booking.caller_number.removeprefix("+1"),
        "other": other.caller_number,
    }
    scenario = tmp_path / "provider.xml"
    scenario.write_text(
        SCENARIO.read_text()
        .replace("@FROM@", f"From: {sender.format(**numbers)}")
        .replace("@HEADERS@", f"\n      {headers.format(**numbers)}" if headers else "")
    )
    provider = scene.provider(scenario, [(LINE_NUMBER,)])
    assert provider.finish()
    assert provider.final_status() == expected
    if expected == ADMITTED:
        (invite,) = invites(client)
        assert (invite.header("From") or "").startswith(f"<sip:{booking.caller_number}@")
        assert scene.call_of(booking)["disposition"] == "busy"
    else:
        assert scene.refusal()["reason"] == "caller_withheld"
        assert invites(client) == []
