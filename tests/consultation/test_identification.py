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
PROVABLE = Owner([LEE], shared=False, pin_when_unverified=frozenset({"dr-lee"}))
PARTLY_PROVABLE = Owner([LEE, WU], shared=True, pin_when_unverified=frozenset({"dr-wu"}))

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


owners = st.sampled_from([SOLO, CAREFUL, PRACTICE, PROVABLE, PARTLY_PROVABLE])


@given(entry=entries)
def test_a8_an_unverified_number_is_refused_unasked_unless_a_profile_says_otherwise(entry: Entry) -> None:
    for owner in (SOLO, CAREFUL, PRACTICE):
        assert identify(owner, entry, verified=False) == Refuse(Reason.CALLER_UNVERIFIED)


def test_a9_a_shared_phone_of_a_practice_without_providers_asks_and_admits_nobody() -> None:
    nobody = Owner([], shared=True)
    assert identify(nobody, Entry()) == AskPin(again=False)
    assert identify(nobody, Entry(given="1234", asked=2)) == Refuse(Reason.PIN_WRONG)
    assert identify(nobody, Entry(), verified=False) == Refuse(Reason.CALLER_UNVERIFIED)


def test_a8_a_provider_whose_profile_says_so_is_asked_when_unverified_and_only_then() -> None:
    assert identify(PROVABLE, Entry(), verified=False) == AskPin(again=False)
    assert identify(PROVABLE, Entry(), verified=True) == LEE
    assert identify(PROVABLE, Entry(given="1234", matched=LEE), verified=False) == LEE
    assert identify(PROVABLE, Entry(given="9999", asked=2, wrong=2), verified=False) == Refuse(Reason.PIN_WRONG)


def test_a8_on_a_shared_phone_the_pin_of_a_member_who_did_not_choose_it_is_a_wrong_one() -> None:
    assert identify(PARTLY_PROVABLE, Entry(given="1", matched=WU), verified=False) == WU
    assert identify(PARTLY_PROVABLE, Entry(given="1", matched=LEE), verified=False) == AskPin(again=True)
    assert identify(PARTLY_PROVABLE, Entry(given="1", matched=LEE), verified=True) == LEE


@given(owner=owners, entry=entries)
def test_a8_nobody_unverified_is_identified_without_a_pin_that_fits_and_counts(owner: Owner, entry: Entry) -> None:
    found = identify(owner, entry, verified=False)
    if isinstance(found, Profile):
        assert found == entry.matched
        assert found.provider_id in owner.pin_when_unverified
        assert not entry.locked
