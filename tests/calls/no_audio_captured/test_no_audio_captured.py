"""C4: on the running Asterisk, nothing is there that could capture audio (more of it: tests/calls/hardening)."""

from __future__ import annotations

import json
import re

from ami_listener.cel import read_row
from ops.line import Line
from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Scene


def _console(line: Line, command: str) -> str:
    assert line.asterisk is not None
    return line.asterisk.command(command)


def test_c4_only_the_modules_on_our_list_are_loaded(line: Line) -> None:
    listing = (line.folder / "asterisk" / "etc" / "modules.conf").read_text()
    listed = set(re.findall(r"^load = (\S+)", listing, re.MULTILINE))
    loaded = set(re.findall(r"^(\S+\.so) .* Running", _console(line, "module show"), re.MULTILINE))
    assert loaded == listed
    # What verification needs is there only where it is on (tests/calls/stir_shaken).
    assert not [name for name in loaded if "curl" in name or "stir" in name]


def test_c4_after_a_call_no_file_of_the_line_has_grown_by_its_audio(line: Line, scene: Scene) -> None:
    booking = scene.book()
    mouth = scene.headset(440)
    client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=50)
    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, mouth.port)], pause_ms=1500)
    answer = provider.wait_for(lambda message: message.received and message.status == 200)
    assert answer.audio is not None
    folder = line.folder / "asterisk"
    before = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    mouth.point_at(*answer.audio)
    assert provider.finish()
    assert client.finish()
    after = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    # A second and a half of telephone audio is 12,000 bytes; of compressed audio still more than 1,000.
    grown = {path for path, size in after.items() if size - before.get(path, 0) > 1000}
    rows = {path for path in grown if path.name == "line.json"}
    assert grown == rows
    # The rows of the second witness are words and instants (E4).
    assert all(read_row(row) or json.loads(row) for path in rows for row in path.read_text().splitlines())
