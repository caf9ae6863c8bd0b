"""What goes wrong in a program, or in its logging itself, shows no number either (P1)."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import warnings
from io import StringIO
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

NUMBER = "+14155550100"


def logged(lines: StringIO) -> dict[str, Any]:
    (line,) = lines.getvalue().splitlines()
    assert "4155550" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def failing() -> None:
    """Fails for a reason that has a reason, all of which name a number."""
    try:
        try:
            raise KeyError(NUMBER)
        except KeyError as error:
            raise ValueError(NUMBER, b"4155550100", [NUMBER]) from error
    except ValueError:
        raise ExceptionGroup("of (415) 555-0100", [RuntimeError(NUMBER)])  # noqa: B904 - with its context


def test_p1_an_exception_with_causes_and_a_group_shows_no_number(lines: StringIO) -> None:
    try:
        failing()
    except ExceptionGroup:
        structlog.get_logger("consultline").exception("call_failed", caller=NUMBER)
    text = logged(lines)["exception"]
    for kind in ("KeyError", "ValueError", "ExceptionGroup", "RuntimeError"):
        assert kind in text


def test_p1_an_exception_that_nobody_caught_shows_no_number(lines: StringIO) -> None:
    try:
        failing()
    except ExceptionGroup as error:
        sys.excepthook(type(error), error, error.__traceback__)
    found = logged(lines)
    assert (found["event"], found["level"]) == ("uncaught", "critical")
    assert "RuntimeError: …00" in found["exception"]


def test_p1_an_exception_that_nobody_caught_in_a_thread_shows_no_number(
    lines: StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    thread = threading.Thread(target=failing)
    thread.start()
    thread.join()
    assert logged(lines)["event"] == "uncaught"
    assert capfd.readouterr().err == ""


def test_p1_a_process_that_dies_of_an_exception_prints_no_number() -> None:
    code = f"from runtime.logging import configure; configure(); raise ValueError({NUMBER!r})"
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert died.returncode == 1
    assert json.loads(died.stderr)["exception"].endswith("ValueError: …00")


def test_p1_a_warning_shows_no_number(lines: StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(f"no such number: {NUMBER}", stacklevel=1)
    assert "no such number: …00" in logged(lines)["event"]


@pytest.mark.parametrize(
    ("text", "arguments"), [("%d calls", (NUMBER,)), ("%s and %s", (NUMBER,)), ("%s", (NUMBER, 1))]
)
def test_p1_an_event_that_cannot_be_written_shows_no_argument(text: str, arguments: tuple[object, ...]) -> None:
    # In a process of its own: pytest has a handler too, which raises.
    code = "import logging, sys; from runtime.logging import configure; configure(); "
    code += f"logging.getLogger('library').warning({text!r}, *{arguments!r})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = json.loads(said.stderr)
    assert (found["event"], found["logger"], found["error"]) == ("log_failed", "library", "TypeError")


def test_p1_a_value_that_cannot_be_shown_stops_nobody(lines: StringIO) -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError(NUMBER)

        __repr__ = __str__

    structlog.get_logger("consultline").info("call_refused", what=Broken(), caller=NUMBER)
    found = logged(lines)
    assert found["what"] == "(Broken that cannot be shown: ValueError)"
    assert found["caller"] == "…00"


def test_p1_a_secret_is_not_shown_at_all_and_a_fields_name_is_masked(lines: StringIO) -> None:
    fields: dict[str, Any] = {NUMBER: 1, "secret": SecretStr(NUMBER), "raw": bytearray(b"tel:+1-415-555-0100")}
    structlog.get_logger("consultline").info("call_refused", **fields)
    found = logged(lines)
    assert found["…00"] == 1
    assert found["secret"] == "**********"
    assert "…00" in found["raw"]
