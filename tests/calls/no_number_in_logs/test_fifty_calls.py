"""P1: fifty calls of all kinds, and then every file, log, row, metric, webhook and process is searched for a number."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from consultation.admission import Reason
from ops.demo.platform import Platform
from ops.line import Line
from tests.calls.no_number_in_logs import calls, other_ways
from tests.calls.no_number_in_logs.calls import Stage
from tests.calls.no_number_in_logs.traces import Finder, Watch
from tests.calls.numbers_at_rest.test_numbers_at_rest import dump
from tests.calls.running_line import running
from tests.calls.scene import LINE_NUMBER
from tests.portal.outbox.conftest import SECRET
from tests.portal.outbox.receiver import Receiver


@pytest.fixture(scope="module")
def told() -> Iterator[Receiver]:
    """The platform's side of webhooks."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, told: Receiver) -> Iterator[Line]:
    """A line that logs whatever it can."""
    hooks = {"webhook_url": told.url, "webhook_secret": SECRET, "webhook_allow_private": True}
    texts = {"sms": "sip", "sms_from": LINE_NUMBER}
    with running(tmp_path_factory.mktemp("fifty"), log_level="debug", **hooks, **texts) as line:
        yield line


@pytest.fixture(scope="module")
def platform(line: Line) -> Iterator[Platform]:
    """The platform that books."""
    platform = Platform(line.api_url, line.api_token)
    platform.wait_until_up()
    yield platform
    platform.close()


@dataclass
class Written:
    """What was left behind, by where, and whose numbers it could be."""

    numbers: list[str]
    traces: dict[str, bytes] = field(default_factory=dict)
    reasons: set[str] = field(default_factory=set)
    dispositions: set[str] = field(default_factory=set)


@pytest.fixture
def decided_by_a_careful_server(decided_by: Callable[..., None], stage: Stage) -> Callable[[], None]:
    """A call to a client whose number the operator has ruled out since it was booked."""

    def call() -> None:
        booking = stage.book()
        decided_by(deny_prefixes=[booking.client_number[:9]])
        stage.refused([(booking.caller_number, LINE_NUMBER)])

    return call


@pytest.fixture
def stage(line: Line, platform: Platform, tmp_path: Path) -> Iterator[Stage]:
    """Where they are placed."""
    stage = Stage(line, platform, tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def written(stage: Stage, told: Receiver, tmp_path: Path, decided_by_a_careful_server: Callable[[], None]) -> Written:
    """Everything, after calls of all kinds."""
    line = stage.line
    watch = Watch(line.folder)
    try:
        for kind in (
            calls.connected,
            calls.not_reached,
            calls.refused_by_the_rules,
            calls.in_every_spelling,
            calls.too_many,
            calls.with_pins,
            other_ways.texts,
            other_ways.through_the_api,
            other_ways.on_the_pages,
            calls.while_parts_are_down,
        ):
            kind(stage)
        decided_by_a_careful_server()
    finally:
        watch.close()
    written = Written(stage.numbers)
    for decision in ("refused", "admitted"):
        page = stage.platform.get("/v1/calls", decision=decision, limit="200")
        written.reasons |= {call["reason"] for call in page["calls"]}
        written.dispositions |= {call["disposition"] for call in page["calls"]}
    written.traces |= {f"row {name}": data for name, data in watch.rows.items()}
    written.traces |= {f"process {name}": data for name, data in watch.processes.items()}
    written.traces |= {f"answer {place}": data for place, data in enumerate(stage.said)}
    for place, heard in enumerate(told.heard):
        written.traces[f"webhook {place}"] = b"\n".join([heard.path.encode(), str(heard.headers).encode(), heard.body])
    written.traces["dump"] = dump(line).encode()
    written.traces["explain"] = _explained(line, stage.numbers[0])
    return written


def _explained(line: Line, caller: str) -> bytes:
    """What an operator sees who asks why."""
    environment = {**os.environ, **line.settings.environment()}
    said = b""
    for more in ([], ["--json"]):
        command = [sys.executable, "-m", "ops.cli", "explain", "--caller", caller, "--line-number", LINE_NUMBER, *more]
        said += subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    return said


def test_p1_after_fifty_calls_of_all_kinds_no_number_stands_anywhere(written: Written, line: Line) -> None:
    assert line.asterisk is not None
    assert int(re.findall(r"(\d+) calls? processed", line.asterisk.command("core show calls"))[0]) >= 50
    assert set(Reason) <= written.reasons, "every reason to refuse"
    assert written.dispositions >= {
        *("connected", "no_answer", "busy", "rejected", "unreachable", "caller_gave_up", "refused")
    }
    for what in ("row", "process", "answer", "webhook"):
        assert [name for name in written.traces if name.startswith(what)], what
    assert b'"BRIDGE_ENTER"' in b"".join(data for name, data in written.traces.items() if name.startswith("row"))
    for part in ("sbin/asterisk", "run portal", "run listener", "run worker", "run agi", "postgres"):
        assert [name for name in written.traces if name.startswith("process") and part in name], part

    finder = Finder(written.numbers)
    assert {name: numbers for name, data in written.traces.items() if (numbers := finder.find(data))} == {}
    assert finder.in_files(line.folder) == {}
    # A number that does stand somewhere is found there.
    planted = line.folder / "log" / "planted.log"
    planted.write_text(f"call from {written.numbers[-1][2:5]}-{written.numbers[-1][5:]}\n")
    try:
        assert finder.in_files(line.folder) == {"log/planted.log": {written.numbers[-1]}}
    finally:
        planted.unlink()
    database = line.folder / "postgres" / "planted"
    database.write_bytes(b"\0\x17" + written.numbers[0].encode() + b"\0")
    try:
        assert finder.in_files(line.folder) == {"postgres/planted": {written.numbers[0]}}
    finally:
        database.unlink()


@pytest.mark.parametrize(
    "spelling",
    [
        *("+14155550100", "14155550100", "4155550100", "5550100", "555-0100", "415-555-0100", "(415) 555-0100"),
        *("+1 415 555 0100", "%2B14155550100", "%2B1%20415%20555%200100", "tel:+1-415-555-0100;x", "415.555.0100"),
        *("x14155550100-00000012", '{"CallerIDNum":"14155550100"}', "sip:+14155550100@host", "00014155550100999"),
    ],
)
def test_a_number_would_be_found_in_this_spelling(spelling: str) -> None:
    found = Finder(["+14155550100", "+14155550123"]).find(f"2026-11-24 call {spelling}, 200".encode())
    assert found == {"+14155550100"}


def test_ids_and_instants_are_not_taken_for_numbers() -> None:
    said = b"line1-1764155550.42 b2c6a1f0-4155-4c6f-9a51-555010045612 2026-05-04T09:41:55.550100Z a5550100 5550100b"
    assert Finder(["+14155550100"]).find(said) == set()
