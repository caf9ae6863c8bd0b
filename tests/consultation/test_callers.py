"""Callers without a number: withheld (A2), or impossible (A3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.numbers import NoNumber, PhoneNumber, parse_caller
from tests.consultation.examples import PROVIDER
from tests.consultation.test_numbers import junk, regions


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "sip:",
        "sip:@carrier.example",
        "tel:",
        "anonymous",
        "Anonymous",
        "ANONYMOUS",
        "sip:anonymous@anonymous.invalid",
        "Restricted",
        "RESTRICTED",
        "sip:restricted@carrier.example;user=phone",
        "Unavailable",
        "sip:Unavailable@carrier.example",
        "unknown",
        "private",
        "asserted-id",
        "Jane Doe",
        "O'Hara",
        "sip:jane.doe@carrier.example",
        "+",
        "0",
        "000",
        "0000000000",
        "+0000000000",
        "sip:0000000000@carrier.example",
        "266696687",
        "+266696687",
        "tel:266696687",
        "sip:266696687;verstat=No-TN-Validation@carrier.example",
        "415555O100",
        "٤١٥٥٥٥٠١٠٠",
        "4155550100\n4155550101",
    ],
)
def test_a2_what_stands_in_place_of_a_number_is_withheld(text: str) -> None:
    assert parse_caller(text, "US") is NoNumber.WITHHELD


@pytest.mark.parametrize(
    "presentation", ["prohib", "prohib_not_screened", "prohib_passed_screen", "prohib_failed_screen", "unavailable"]
)
def test_a2_a_number_whose_owner_hides_it_is_withheld_even_if_it_is_there(presentation: str) -> None:
    assert parse_caller("+14155550100", "US", presentation=presentation) is NoNumber.WITHHELD


@pytest.mark.parametrize(
    "presentation", ["allowed", "allowed_not_screened", "allowed_passed_screen", "allowed_failed_screen"]
)
def test_a2_a_number_that_may_be_shown_is_not_withheld(presentation: str) -> None:
    assert parse_caller("+14155550100", "US", presentation=presentation) == PROVIDER


@pytest.mark.parametrize(
    "sender",
    [
        '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1',
        "Anonymous <sip:+14155550100@carrier.example>",
        '"" <sip:restricted@carrier.example;user=phone>',
        "sip:unavailable@carrier.example;tag=1",
        "<sip:+14155550100@anonymous.invalid>",
        "<sip:+14155550100@anonymous.invalid;user=phone>",
        "<sip:+14155550100@anonymous.invalid:5060>",
        "<sip:Anonymous;user=phone@carrier.example>",
        "<sip:private:secret@carrier.example>",
        "<sips:UNKNOWN@carrier.example>;tag=1",
    ],
)
def test_a2_who_says_nobody_in_from_is_withheld_even_if_another_header_gives_the_number(sender: str) -> None:
    assert parse_caller("+14155550100", "US", sender=sender) is NoNumber.WITHHELD


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "<sip:+14155550100@carrier.example;user=phone>;tag=1",
        '"Dr. Lee" <sip:4155550100@203.0.113.5:5060>',
        '"Private Practice" <sip:4155550100@anonymous.example>',
    ],
)
def test_a2_who_says_who_they_are_is_not_withheld(sender: str) -> None:
    assert parse_caller("+14155550100", "US", sender=sender) == PROVIDER


@pytest.mark.parametrize("text", ["911", "5550100", "1155550100", "+9991234567", "1" * 15, "4" * 200])
def test_a3_digits_that_no_phone_has_are_impossible(text: str) -> None:
    assert parse_caller(text, "US") is NoNumber.IMPOSSIBLE


@given(junk, regions, st.one_of(st.text(), st.sampled_from(["allowed", "prohib"])), st.text('<>sip:@;"a1 '))
def test_a10_anything_at_all_is_a_number_or_none(text: str, region: str, presentation: str, sender: str) -> None:
    assert isinstance(parse_caller(text, region, presentation=presentation, sender=sender), PhoneNumber | NoNumber)


@given(st.text("+0123456789", max_size=20), regions)
def test_a10_any_digits_are_a_number_or_none(digits: str, region: str) -> None:
    assert isinstance(parse_caller(digits, region), PhoneNumber | NoNumber)
