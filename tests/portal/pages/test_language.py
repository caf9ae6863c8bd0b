"""Every text in every language, and times as people there write them."""

import re
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from consultation.announcement import LANGUAGES
from consultation.numbers import PhoneNumber
from portal.pages.language import TEXTS, preferred, words
from portal.pages.rendering import FOLDER, STATIC

NOON = datetime(2026, 3, 1, 17, tzinfo=UTC)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_pages_speak_the_languages_that_the_line_speaks() -> None:
    assert set(TEXTS) == set(LANGUAGES)


def test_every_language_has_every_text_with_the_same_values_in_it() -> None:
    english = {key: fields(text) for key, text in TEXTS["en"].items()}
    for language, texts in TEXTS.items():
        assert {key: fields(text) for key, text in texts.items()} == english, language
        assert all(text.strip() == text and text for text in texts.values())


def test_no_template_asks_for_a_text_that_there_is_not() -> None:
    asked = set()
    for template in sorted((FOLDER / "templates").glob("*.html")):
        for call in Environment().parse(template.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t" and isinstance(call.args[0], nodes.Const):
                asked.add(call.args[0].value)
    assert len(asked) > 40
    assert asked <= set(TEXTS["en"])


@pytest.mark.parametrize(
    ("tag", "span", "later"),
    [
        ("en", "12:00 PM – 12:30 PM", "Wednesday, March 4, 12:00 PM"),
        ("en-GB", "12:00 – 12:30", "Wednesday, March 4, 12:00"),
        ("es", "12:00 – 12:30", "miércoles, 4 de marzo, 12:00"),
        ("es-MX", "12:00 p.m. – 12:30 p.m.", "miércoles, 4 de marzo, 12:00 p.m."),
        ("fr", "12:00 PM – 12:30 PM", "Wednesday, March 4, 12:00 PM"),
        ("es-XQ", "12:00 – 12:30", "miércoles, 4 de marzo, 12:00"),
    ],
)
def test_w5_times_as_people_write_them(tag: str, span: str, later: str) -> None:
    said = words(tag, "en", "America/New_York", "US")
    assert plain(said.span(NOON, NOON + timedelta(minutes=30))) == span
    assert plain(said.when(NOON + timedelta(days=3), NOON)) == later


def plain(text: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", text)


def test_w5_today_and_tomorrow_are_days_of_the_providers_zone() -> None:
    said = words("en", "en", "America/Los_Angeles", "US")
    late = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)  # 23:30 on March 1 there
    assert [said.day(late + timedelta(hours=hours), late) for hours in (-24, 0, 1)] == [
        "Yesterday",
        "Today",
        "Tomorrow",
    ]
    assert said.day(datetime(2027, 1, 4, 20, tzinfo=UTC), late) == "Monday, January 4, 2027"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=-5), "0 seconds"),
        (timedelta(seconds=59.9), "59 seconds"),
        (timedelta(minutes=12, seconds=59), "12 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(days=9, hours=23), "9 days"),
    ],
)
def test_nobody_is_told_that_they_have_more_time_than_they_do(length: timedelta, said: str) -> None:
    assert words("en", "en", "UTC", "US").duration(length) == said


def test_numbers_are_written_as_people_here_write_them() -> None:
    said = words("en", "en", "UTC", "US")
    assert said.number(PhoneNumber("+14155550123")) == "(415) 555-0123"
    assert said.number(PhoneNumber("+442079460123")) == "+44 20 7946 0123"


@pytest.mark.parametrize(
    ("header", "language"),
    [("es", "es"), ("de, es;q=0.9", "es"), ("EN-us", "en"), ("", "en"), (",;,", "en"), ("*", "en")],
)
def test_the_language_that_a_browser_asks_for(header: str, language: str) -> None:
    assert preferred(header, "en") == language


def test_the_pages_bring_no_style_and_no_script_of_others() -> None:
    for file in [*(FOLDER / "templates").glob("*.html"), STATIC / "pages.css", STATIC / "pages.js"]:
        assert not re.search(r"https?://(?!www\.w3\.org)", Path(file).read_text()), file
