"""Any number, in any spelling, between any words: at most its last two digits are left (P1)."""

from __future__ import annotations

import json
import re
import string
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runtime.logging import mask, mask_numbers

PLUS = ["+", "%2B", "%2b", "\uff0b", "\\u002b", "\\x2b", "&#43;", "&#x2B;"]
BETWEEN = ["", "", "", " ", "-", ".", "/", " - ", ") ", " (", "\u00a0", "\u2013", "%20", "%28", "%29%20", "+"]
# Text without a digit of any script; it may end in whatever else.
WORDS = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=12)
PLAIN = st.text(string.ascii_letters + string.punctuation + " ", max_size=12)
E164 = st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True)
LONG = st.from_regex(r"[1-9][0-9]{9,14}", fullmatch=True)


@st.composite
def spelt(draw: st.DrawFn, numbers: st.SearchStrategy[str], before: list[str]) -> str:
    """A number with this and that between its digits."""
    number = draw(numbers)
    text = draw(st.sampled_from(before)) + number[0]
    text += "".join(draw(st.sampled_from(BETWEEN)) + digit for digit in number[1:])
    # Nobody spells numbers so: these are an address, a date, a duration, and a call's id.
    assume(not re.search(r"(\d{1,3}\.){3}\d|\d{4}-\d\d-\d\d|^\d{1,7}\.\d{1,6}$|^1[6-9]\d{8}\.", text))
    return text


def rendered(event: dict[str, Any]) -> str:
    return json.dumps(mask_numbers(None, "", event), ensure_ascii=False)


def digits_in(line: str) -> int:
    return len(re.findall(r"\d", line))


@given(WORDS, spelt(E164, PLUS), WORDS)
def test_p1_a_number_behind_a_plus_shows_two_digits_however_it_is_grouped(before: str, number: str, after: str) -> None:
    assert digits_in(mask(f"{before}{number}{after}")) <= 2


@given(WORDS, spelt(LONG, ["", "00", "011 ", "(", "tel:", "sip:+"]), WORDS)
def test_p1_ten_digits_or_more_are_a_number_without_a_plus(before: str, number: str, after: str) -> None:
    assert digits_in(mask(f"{before}{number}{after}")) <= 2


@given(PLAIN, E164, PLAIN)
def test_p1_no_kind_of_value_shows_a_number(before: str, number: str, after: str) -> None:
    text = f"{before}+{number}{after}"
    values = [
        text,
        {text: text},
        [(text, {text})],
        frozenset([text]),
        text.encode(),
        ValueError(text),
        {"a": [{"b": text}]},
    ]
    for value in values:
        assert digits_in(rendered({"x": value})) <= 2 * len(re.findall("…", str(mask_numbers(None, "", {"x": value}))))


@given(st.integers(10**9, 10**15), st.sampled_from([int, float, str, lambda value: -value]))
def test_p1_a_number_that_is_no_text_is_masked_too(number: int, kind: Any) -> None:
    assert digits_in(rendered({"caller": kind(number), str(number): 1})) <= 2 + 2 + 1


@pytest.mark.parametrize("sentence", ["{}", "call {} ended", "channel={},", '{{"id": "{}"}}', "({})", "at {}."])
@given(st.data())
def test_p1_ids_and_instants_stay_readable(sentence: str, data: st.DataObject) -> None:
    zones = st.sampled_from([None, UTC, timezone(timedelta(hours=-7, minutes=-30))])
    naive = st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1))  # noqa: DTZ001 - the zone comes next
    instants = st.builds(lambda at, zone: at.replace(tzinfo=zone), naive, zones)
    seconds = st.integers(1_600_000_000, 1_999_999_999)
    for kept in (
        data.draw(st.uuids().map(str)),
        data.draw(instants.map(datetime.isoformat)),
        data.draw(instants.map(str)),
        data.draw(st.builds("line1-{}.{}".format, seconds, st.integers(0, 10**6))),
        data.draw(st.from_regex(r"(PJSIP/trunk-[0-9a-f]{8})|(C-[0-9a-f]{8})", fullmatch=True)),
        data.draw(st.ip_addresses(v=4).map(str)),
        data.draw(st.binary(min_size=32, max_size=32).map(bytes.hex)),
        f"{data.draw(st.floats(0.001, 100_000)):.3f} s",
    ):
        assert mask(sentence.replace("{}", kept)) == sentence.replace("{}", kept)


@given(st.floats(0, 1e7), st.integers(0, 999_999_999), st.uuids(), st.booleans())
def test_p1_durations_and_counts_stay_what_they_are(took: float, count: int, key: UUID, fine: bool) -> None:
    event = {"took": took, "count": count, "id": key, "fine": fine, "none": None}
    assert mask_numbers(None, "", dict(event)) == {**event, "id": str(key)}
