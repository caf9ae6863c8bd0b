"""A8: what a signed call proves of its caller number."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.attestation import Attestation, combined
from consultation.numbers import NoNumber, PhoneNumber
from consultation.passport import Signature, verification

CALLER, LINE, OTHER = PhoneNumber("+14155550100"), PhoneNumber("+14155550199"), PhoneNumber("+14155550123")
CLAIMS = {"attest": "A", "orig": {"tn": "14155550100"}, "dest": {"tn": ["14155550199"]}}


def _passport(kind: Any = None, claims: Any = None) -> str:
    parts = ({"ppt": "shaken"} if kind is None else kind, CLAIMS if claims is None else claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return f"{'.'.join(encoded)}.signature;infohttpscr.example"


@pytest.mark.parametrize(
    ("found", "level"),
    [
        ("1:A", Attestation.A),
        ("1:B", Attestation.B),
        ("1:C", Attestation.C),
        ("1:", Attestation.FAILED),
        ("1:D", Attestation.FAILED),
        ("1:AA", Attestation.FAILED),
        ("1:a", Attestation.FAILED),
        ("0", Attestation.FAILED),
        ("2:A", Attestation.FAILED),
        ("", Attestation.FAILED),
    ],
)
def test_a8_only_a_level_that_asterisk_vouches_for_counts(found: str, level: Attestation) -> None:
    assert verification(Signature(found, _passport()), CALLER, LINE) is level


def test_a8_a_call_without_a_passport_has_nothing_said_of_it() -> None:
    assert verification(Signature("1:", ""), CALLER, LINE) is Attestation.NONE
    assert verification(Signature("", ""), CALLER, LINE) is Attestation.FAILED, "Asterisk should have looked"


def test_a8_a_passport_of_another_kind_is_as_if_it_were_not_there() -> None:
    assert verification(Signature("1:", _passport({"ppt": "div"})), CALLER, LINE) is Attestation.NONE


@pytest.mark.parametrize(
    "claims",
    [
        CLAIMS | {"orig": {"tn": "14155550123"}},
        CLAIMS | {"orig": {"uri": "sip:14155550100@c.test"}},
        CLAIMS | {"dest": {"tn": ["14155550123"]}},
        CLAIMS | {"dest": {"tn": []}},
        CLAIMS | {"dest": {"tn": 14155550199}},
        {"attest": "A"},
        [],
    ],
)
def test_a8_the_signed_numbers_must_be_those_of_this_call(claims: Any) -> None:
    assert verification(Signature("1:A", _passport(claims=claims)), CALLER, LINE) is Attestation.FAILED


def test_a8_one_of_several_signed_destinations_is_enough() -> None:
    claims = CLAIMS | {"dest": {"tn": ["14155550123", "14155550199"]}}
    assert verification(Signature("1:A", _passport(claims=claims)), CALLER, LINE) is Attestation.A


def test_a8_no_number_is_signed_for() -> None:
    signature = Signature("1:A", _passport())
    assert verification(signature, NoNumber.WITHHELD, LINE) is Attestation.FAILED
    assert verification(signature, CALLER, None) is Attestation.FAILED
    assert verification(signature, OTHER, LINE) is Attestation.FAILED


@given(found=st.text(), passport=st.text() | st.text("abcdef.;=_-", min_size=1))
def test_a8_whatever_comes_gives_a_level_and_never_a_good_one_for_rubbish(found: str, passport: str) -> None:
    assert verification(Signature(found, passport), CALLER, LINE) in (Attestation.FAILED, Attestation.NONE)


def test_a8_together_the_worst_that_somebody_says_counts() -> None:
    failed, none, a, b = Attestation.FAILED, Attestation.NONE, Attestation.A, Attestation.B
    assert combined(a, failed) is combined(failed, none) is failed
    assert combined(a, b) is b
    assert combined(none, a) is combined(a) is a
    assert combined(none, none) is combined() is none
