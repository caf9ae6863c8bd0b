"""Numbers: one E.164 for every spelling (A1), and no more than two digits of it shown (P1)."""

import re
import traceback

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from consultation.admission import Admit
from consultation.numbers import InvalidNumberError, PhoneNumber, parse, parse_caller
from tests.consultation.examples import CLIENT, PROVIDER, consultation

# Region, number, and how trunks in that region spell it.
SPELLINGS = [
    ("US", "+14155550100", ["+14155550100", "14155550100", "4155550100", "01114155550100"]),
    ("US", "+442079460958", ["+442079460958", "442079460958", "011442079460958"]),
    ("CA", "+16045550123", ["+16045550123", "16045550123", "6045550123"]),
    ("GB", "+442079460958", ["+442079460958", "442079460958", "02079460958", "00442079460958"]),
    ("GB", "+14155550100", ["+14155550100", "14155550100", "0014155550100"]),
    ("DE", "+4915123456789", ["+4915123456789", "4915123456789", "015123456789", "004915123456789"]),
    ("FR", "+33142685300", ["+33142685300", "33142685300", "0142685300", "142685300"]),
    ("IT", "+390612345678", ["+390612345678", "390612345678", "0612345678"]),
    ("IT", "+393901821471", ["+393901821471", "393901821471", "3901821471"]),
    ("SE", "+46701234567", ["+46701234567", "46701234567", "0701234567"]),
    ("AU", "+61291234567", ["+61291234567", "61291234567", "0291234567"]),
    ("KZ", "+77272581234", ["+77272581234", "77272581234", "7272581234", "87272581234"]),
]

WRAPPINGS = [
    "{}",
    " {} ",
    "{};verstat=TN-Validation-Passed",
    "{};user=phone",
    "sip:{}@203.0.113.5",
    "sip:{}@carrier.example:5061;user=phone",
    "sip:{};verstat=TN-Validation-Passed@carrier.example",
    "sip:{};verstat=No-TN-Validation@carrier.example;user=phone",
    "SIPS:{}@carrier.example;transport=tls",
    "tel:{}",
    "TEL:{};verstat=TN-Validation-Passed-B",
]

FORMATS = [
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
]

# A subscriber's number and a mobile one of every region there is.
EXAMPLES = [
    (region, number)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
]

junk = st.one_of(st.text(), st.text("+0123456789;@:-.() xsipteltel,%", max_size=80))
regions = st.sampled_from([*sorted(phonenumbers.SUPPORTED_REGIONS), "ZZ", "", "us"])


@pytest.mark.parametrize(("region", "e164", "spellings"), SPELLINGS, ids=lambda value: str(value)[:13])
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a1_every_spelling_is_the_same_number(region: str, e164: str, spellings: list[str], wrapping: str) -> None:
    callers = {spelling: parse_caller(wrapping.format(spelling), region) for spelling in spellings}
    assert callers == dict.fromkeys(spellings, PhoneNumber(e164))


@pytest.mark.parametrize("text", ["tel:+1-415-555-0100", "tel:+1(415)555.0100;verstat=TN-Validation-Passed"])
def test_a1_visual_separators_of_a_tel_uri_are_no_part_of_the_number(text: str) -> None:
    assert parse_caller(text, "US") == PROVIDER


def test_a1_a_trunk_may_leave_out_the_plus_sign_in_any_region() -> None:
    e164s = [(region, phonenumbers.format_number(number, PhoneNumberFormat.E164)) for region, number in EXAMPLES]
    misread = {region for region, e164 in e164s if parse_caller(e164[1:], region) != PhoneNumber(e164)}
    assert misread == set()


@given(st.sampled_from(EXAMPLES), st.integers(0, 9999), st.sampled_from(FORMATS))
def test_a1_what_is_formatted_in_a_region_is_read_back_there(
    example: tuple[str, phonenumbers.PhoneNumber], last_digits: int, form: int
) -> None:
    region, number = example
    varied = phonenumbers.PhoneNumber()
    varied.merge_from(number)
    varied.national_number = (number.national_number or 0) // 10_000 * 10_000 + last_digits
    assume(phonenumbers.is_valid_number_for_region(varied, region))
    e164 = phonenumbers.format_number(varied, PhoneNumberFormat.E164)
    assert parse(phonenumbers.format_number(varied, form), region) == PhoneNumber(e164)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not a phone number"),
        ("Jane Doe", "not a phone number"),
        ("+9991234567", "country code does not exist"),
        ("555-0100", "area code is missing"),
        ("+1 415 555", "too short"),
        ("+1 415 555 0100 0100", "too long"),
        (" " * 64 + "4155550100", "too long for a phone number"),
        ("415-555-0100 ext. 7", "extension"),
        ("+1 115 555 0100", "no such number"),
    ],
)
def test_a_number_that_is_none_is_refused_with_the_problem(text: str, problem: str) -> None:
    with pytest.raises(InvalidNumberError, match=problem) as caught:
        parse(text, "US")
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("text", ["", "+", "4155550100", "+04155550100", "+123456", "+1234567890123456", "+415555010O"])
def test_only_e164_makes_a_number(text: str) -> None:
    with pytest.raises(InvalidNumberError):
        PhoneNumber(text)


@given(junk, regions)
@example("+4155550", "US")
@example("+49" + "1" * 15, "DE")
def test_p1_a_refused_number_is_never_repeated(text: str, region: str) -> None:
    told = ""
    try:
        parse(text, region)
    except InvalidNumberError as error:
        told = "".join(traceback.format_exception(error))
    assert not re.search(r"\d{3}", re.sub(r"line \d+", "", told))


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r}".format, "%s".__mod__, format])
def test_p1_two_digits_of_a_number_are_shown(show: object) -> None:
    assert callable(show)
    assert re.findall(r"\d+", show(PROVIDER)) == ["00"]
    assert re.findall(r"\d+", f"{CLIENT} {CLIENT!r} {[CLIENT]}") == ["42", "42", "42"]


def test_p1_whatever_holds_a_number_hides_it_too() -> None:
    told = repr(Admit(consultation())) + str({PROVIDER: CLIENT}) + repr(InvalidNumberError(PROVIDER))
    assert not re.search("4155550|5550", told)


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_p1_no_number_shows_more_than_its_last_two_digits(e164: str) -> None:
    number = PhoneNumber(e164)
    assert re.findall(r"\d", f"{number}{number!r}") == [*e164[-2:], *e164[-2:]]
