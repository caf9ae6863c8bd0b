"""P3: what the running Asterisk may do on the machine, and who may speak to its console."""

from __future__ import annotations

import os
import pty
import re
import select
import stat
import subprocess
from pathlib import Path

import pytest

from ops.line import Line

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="who is not root has nothing to give up")


def _process(line: Line) -> Path:
    return Path("/proc", (line.folder / "asterisk/run/asterisk.pid").read_text().strip())


@AS_ROOT
def test_p3_asterisk_is_not_root_and_can_become_nobody_else(line: Line) -> None:
    status = dict(re.findall(r"^(\w+):[ \t]*(.*)$", (_process(line) / "status").read_text(), re.MULTILINE))
    users, groups = set(status["Uid"].split()), set(status["Gid"].split())
    assert "0" not in users | groups
    # Debian's package puts its user into the groups that may use modems and microphones.
    assert set(status["Groups"].split()) <= groups
    assert int(status["CapPrm"], 16) == int(status["CapEff"], 16) == int(status["CapAmb"], 16) == 0
    assert status["NoNewPrivs"] == "1"


def test_p3_only_asterisks_own_user_may_speak_to_its_console(line: Line) -> None:
    found = (line.folder / "asterisk/run/asterisk.ctl").stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert found.st_uid == int(re.findall(r"^Uid:\s+(\d+)", (_process(line) / "status").read_text(), re.MULTILINE)[0])


def _typed(line: Line, *commands: str) -> str:
    """What a remote console shows while somebody types, until it has answered the last command."""
    process = _process(line)
    binary, _, _, configuration = (process / "cmdline").read_bytes().decode().split("\0")[:4]
    enter = ["nsenter", f"--target={process.name}", "--mount", "--root"] if os.geteuid() == 0 else []
    here, there = pty.openpty()
    console = subprocess.Popen([*enter, binary, "-C", configuration, "-r"], stdin=there, stdout=there, stderr=there)
    os.close(there)
    shown = ""
    try:
        for command in commands:
            os.write(here, f"{command}\n".encode())
        while "calls processed" not in shown and "call processed" not in shown:
            assert select.select([here], [], [], 10)[0], shown
            shown += os.read(here, 4096).decode(errors="replace")
    finally:
        console.kill()
        console.wait()
        os.close(here)
    return shown


def test_p3_the_console_has_no_shell(line: Line) -> None:
    made = line.folder / "asterisk/spool/shelled"
    seen_from_inside = (
        (_process(line) / "cmdline").read_bytes().decode().split("\0")[3].replace("etc/asterisk.conf", "")
    )
    shown = _typed(line, f"!touch {seen_from_inside}spool/shelled", "! id", "core show calls")
    assert "uid=" not in shown
    assert not made.exists()
    assert "No such command" in line.asterisk.command("!id") if line.asterisk else False
