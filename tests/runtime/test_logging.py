"""No log line holds a phone number whole (P1)."""

import json
import logging
from io import StringIO
from typing import Any

import pytest
import structlog

from consultation.numbers import PhoneNumber
from runtime.logging import configure, mask

CALL_IDS = [
    "line1-1764000000.42",
    "1764000000.42",
    "line1-1764000000.42.",
    "127.0.0.1",
    "PJSIP/trunk-00000012",
    "b2c6a1f0-3d1e-4c6f-9a51-123456789012",
    "2026-05-04T09:00:00.123456Z",
    "2026-05-04 09:00:00,123",
    "192.168.100.200:5060",
]

SPELLINGS = [
    "+14155550100",
    "14155550100",
    "4155550100",
    "004915123456700",
    "+1 415 555 0100",
    "+1-415-555-0100",
    "+1 (415) 555-0100",
    "+49 1512 3456700",
    "(415) 555-0100",
    "(415)555-0100",
    "415-555-0100",
    "415.555.0100",
    "1-415-555-0100",
    "%2B14155550100",
]

SENTENCES = [
    "{}",
    "refused {}",
    "refused {}.",
    "refused {}, again",
    "caller={}",
    "caller={} line={}",
    '{{"CallerIDNum": "{}"}}',
    "<sip:{}@203.0.113.5:5060;user=phone>",
    "tel:{};verstat=TN-Validation-Passed",
    "Key (number)=({}) already exists.",
    "GET /v1/line-numbers/{} HTTP/1.1",
    "?caller={}&line_number=x",
    "PJSIP/{}@trunk",
    "Local/{}@client-00000001;2",
]


def logged(lines: StringIO) -> dict[str, Any]:
    """The only line that was logged, in which no number stands."""
    (line,) = lines.getvalue().splitlines()
    assert "4155550" not in line
    found: dict[str, Any] = json.loads(line)
    return found


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_p1_a_number_in_a_text_shows_its_last_two_digits(sentence: str, spelling: str) -> None:
    assert mask(sentence.replace("{}", spelling)) == sentence.replace("{}", "…00")


@pytest.mark.parametrize("number", ["+14155550100", "14155550100", "4155550100"])
def test_p1_a_channel_that_is_named_after_a_number_keeps_the_rest_of_its_name(number: str) -> None:
    assert mask(f"PJSIP/{number}-00000012") == "PJSIP/…00-00000012"


@pytest.mark.parametrize("text", CALL_IDS)
@pytest.mark.parametrize("sentence", ["{}", "call {} ended", "channel={},", '{{"uniqueid": "{}"}}', "({})"])
def test_p1_what_is_no_number_stays_as_it_is(text: str, sentence: str) -> None:
    assert mask(sentence.replace("{}", text)) == sentence.replace("{}", text)


@pytest.mark.parametrize(
    "value",
    [
        "+14155550100",
        PhoneNumber("+14155550100"),
        ["+14155550100", "4155550100"],
        ("+14155550100",),
        {"+14155550100"},
        {"caller": {"number": ["+14155550100"]}},
        {"+14155550100": "mobile"},
        ValueError("no such number: +14155550100"),
        b"+14155550100",
        14155550100,
    ],
    ids=lambda value: type(value).__name__,
)
def test_p1_no_field_of_ours_shows_a_number(lines: StringIO, value: object) -> None:
    structlog.get_logger("consultline").info("call_refused", what=value)
    assert "00" in str(logged(lines)["what"])


def test_p1_an_event_is_one_object_with_its_fields(lines: StringIO) -> None:
    structlog.get_logger("consultline.agi").info(
        "call_refused", reason="too_early", call="line1-1764000000.42", took=0.5
    )
    found = logged(lines)
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "event": "call_refused",
        "level": "info",
        "logger": "consultline.agi",
        "reason": "too_early",
        "call": "line1-1764000000.42",
        "took": 0.5,
    }


def test_p1_what_is_bound_to_the_context_is_masked(lines: StringIO) -> None:
    with structlog.contextvars.bound_contextvars(caller="+14155550100"):
        structlog.get_logger("consultline").info("call_refused")
    assert logged(lines)["caller"] == "…00"


def test_p1_no_exception_shows_a_number(lines: StringIO) -> None:
    caller = "+14155550100"
    try:
        raise ValueError(caller)
    except ValueError:
        structlog.get_logger("consultline").exception("call_failed")
    assert "ValueError: …00" in logged(lines)["exception"]


@pytest.mark.parametrize("log", [logging.getLogger("panoramisk"), logging.getLogger("httpx")], ids=str)
def test_p1_no_library_shows_a_number(lines: StringIO, log: logging.Logger) -> None:
    log.warning("call from %s to %s", "+14155550100", {"CallerIDNum": "14155550100"})
    assert logged(lines)["event"] == "call from …00 to {'CallerIDNum': '…00'}"


def test_p1_no_librarys_exception_or_extra_field_shows_a_number(lines: StringIO) -> None:
    caller = "+14155550100"
    try:
        raise ValueError(caller)
    except ValueError:
        logging.getLogger("library").exception("failed", extra={"caller": caller}, stack_info=True)
    found = logged(lines)
    assert found["caller"] == "…00"
    assert "ValueError: …00" in found["exception"]


@pytest.mark.parametrize(("level", "count"), [("debug", 2), ("info", 1), ("error", 0)])
def test_the_level_holds_for_us_and_for_libraries(lines: StringIO, level: str, count: int) -> None:
    configure(level, lines)
    logging.getLogger("library").debug("detail")
    structlog.get_logger("consultline").info("call_refused")
    assert len(lines.getvalue().splitlines()) == count
