"""A8: what `verstat` says, and what is done about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.admission import Admit, Attempt, Reason, Refuse, decide
from consultation.attestation import Attestation, Policy, acceptable, attestation
from tests.consultation.examples import LINE, PROFILE, PROVIDER, clock, consultation


@pytest.mark.parametrize(
    ("header", "level"),
    [
        ("sip14155550100;verstat=TN-Validation-Passed@c.test>", Attestation.A),
        ("<sip:+14155550100@c.test;verstat=TN-Validation-Passed-A>", Attestation.A),
        ("<tel:+14155550100;VERSTAT=tn-validation-passed-b>", Attestation.B),
        ('<sip:x@y>;verstat="TN-Validation-Passed-C"', Attestation.C),
        ("<sip:x@y;verstat=TN-Validation-Failed>", Attestation.FAILED),
        ("<sip:x@y;verstat=No-TN-Validation>", Attestation.NONE),
        ("<sip:x@y;verstat=Something-Else>", Attestation.NONE),
        ("<sip:x@y>", Attestation.NONE),
        ("", Attestation.NONE),
    ],
)
def test_a8_verstat_is_read_wherever_it_stands(header: str, level: Attestation) -> None:
    assert attestation(header) is level


def test_a8_where_two_headers_differ_the_worse_one_counts() -> None:
    passed, failed = "verstat=TN-Validation-Passed", "verstat=TN-Validation-Failed"
    assert attestation(passed, failed) is attestation(failed, passed) is Attestation.FAILED
    assert attestation(passed, "verstat=TN-Validation-Passed-C") is Attestation.C


@given(headers=st.lists(st.text()))
def test_a8_any_header_gives_a_level(headers: list[str]) -> None:
    assert attestation(*headers) in Attestation


@given(level=st.sampled_from(Attestation))
def test_a8_the_three_policies(level: Attestation) -> None:
    assert acceptable(level, Policy.OFF)
    assert acceptable(level, Policy.REFUSE_FAILED) == (level is not Attestation.FAILED)
    assert acceptable(level, Policy.REQUIRE_A) == (level is Attestation.A)


def test_a8_an_unverified_caller_is_refused_whatever_is_open() -> None:
    candidates = [consultation("9:00", "9:30")]
    assert isinstance(decide(Attempt(PROVIDER, LINE), PROFILE, candidates, clock("9:10")), Admit)
    unverified = Attempt(PROVIDER, LINE, verified=False)
    assert decide(unverified, PROFILE, candidates, clock("9:10")) == Refuse(Reason.CALLER_UNVERIFIED)
    assert decide(unverified, None, [], clock("9:10")) == Refuse(Reason.CALLER_UNVERIFIED)
    proven = Attempt(PROVIDER, LINE, verified=False, proven_by_pin=True)
    assert isinstance(decide(proven, PROFILE, candidates, clock("9:10")), Admit)
