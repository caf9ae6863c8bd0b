"""A9: who calls, and when to ask for a PIN."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.admission import Profile, Reason, Refuse
from consultation.identification import AskPin, Entry, Owner, identify

LEE, WU = Profile("dr-lee"), Profile("dr-wu")
SOLO = Owner([LEE], shared=False)
CAREFUL = Owner([LEE], shared=False, pin_always=True)
PRACTICE = Owner([LEE, WU], shared=True)

entries = st.builds(
    Entry,
    given=st.none() | st.text("0123456789", max_size=8),
    matched=st.none() | st.sampled_from([LEE, WU]),
    asked=st.integers(0, 5),
    wrong=st.integers(0, 5),
    locked=st.booleans(),
)


@given(entry=entries)
def test_a3_a_number_that_is_nobodys_is_asked_nothing(entry: Entry) -> None:
    assert identify(None, entry) is None


@given(entry=entries)
def test_a9_a_solo_provider_is_never_asked(entry: Entry) -> None:
    assert identify(SOLO, entry) == LEE


@pytest.mark.parametrize("owner", [PRACTICE, CAREFUL])
def test_a9_a_shared_phone_and_a_careful_provider_are_asked_first(owner: Owner) -> None:
    assert identify(owner, Entry()) == AskPin(again=False)


@pytest.mark.parametrize("member", [LEE, WU])
def test_a9_the_pin_says_which_provider_calls(member: Profile) -> None:
    assert identify(PRACTICE, Entry(given="1234", matched=member)) == member


@pytest.mark.parametrize(
    ("entry", "verdict"),
    [
        (Entry(given="9999"), AskPin(again=True)),
        (Entry(given=""), AskPin(again=True)),
        (Entry(given="9999", asked=1, wrong=1), AskPin(again=True)),
        (Entry(given="9999", asked=2, wrong=2), Refuse(Reason.PIN_WRONG)),
        (Entry(given="9999", asked=2), Refuse(Reason.PIN_WRONG)),
        (Entry(given="", asked=2, wrong=1), Refuse(Reason.PIN_WRONG)),
        (Entry(given="", asked=2), Refuse(Reason.PIN_MISSING)),
        (Entry(given="1234", matched=WU, asked=2, wrong=2), WU),
    ],
)
def test_a9_three_entries_are_the_end(entry: Entry, verdict: object) -> None:
    assert identify(PRACTICE, entry) == verdict


@given(entry=entries)
def test_a9_a_locked_number_is_refused_even_with_the_right_pin(entry: Entry) -> None:
    locked = Entry(entry.given, entry.matched, entry.asked, entry.wrong, locked=True)
    assert identify(PRACTICE, locked) == Refuse(Reason.PIN_LOCKED)


@given(entry=entries)
def test_a9_nobody_is_let_in_without_a_pin_that_fits(entry: Entry) -> None:
    found = identify(PRACTICE, entry)
    assert not isinstance(found, Profile) or found == entry.matched
