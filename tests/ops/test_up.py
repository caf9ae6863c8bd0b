"""`consultline up`: says where everything is, and leaves nothing behind however it ends."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from ops.asterisk import console
from runtime.settings import Address
from tests.ops.command import Up, environment, processes_of, run, wait_until_gone


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_no_process_no_lock_and_no_half_written_file(tmp_path: Path, sign: signal.Signals) -> None:
    variables = environment(tmp_path)
    up = Up(variables, tmp_path)
    up.wait_until_up()
    assert len(processes_of(tmp_path)) > 5
    up.process.send_signal(sign)
    assert up.process.wait(30) == 0
    assert "nothing of it is running any more" in up.said()
    assert wait_until_gone(tmp_path, 2) == []
    data = tmp_path / "data"
    left = {path.relative_to(data).parts[0] for path in data.rglob("*")}
    assert left == {"asterisk", "log", "number-key", "postgres"}
    assert not list(data.rglob("*.pid"))
    assert not list(data.rglob("*.lock*"))
    assert not [path for path in data.rglob("*") if path.is_socket()]

    # On the same folder and the same ports it starts again.
    again = Up(variables, tmp_path)
    again.wait_until_up()
    again.process.send_signal(sign)
    assert again.process.wait(30) == 0


def test_ctrl_c_while_starting_leaves_nothing(tmp_path: Path) -> None:
    up = Up(environment(tmp_path), tmp_path)
    while "starting Asterisk" not in up.said():
        assert up.process.poll() is None
    up.process.send_signal(signal.SIGINT)
    up.process.wait(30)
    assert wait_until_gone(tmp_path, 2) == []


def test_kill_9_leaves_no_process(tmp_path: Path) -> None:
    up = Up(environment(tmp_path), tmp_path)
    up.wait_until_up()
    up.process.kill()
    up.process.wait()
    assert wait_until_gone(tmp_path) == []


def test_a_part_that_dies_ends_the_line_and_is_named(tmp_path: Path) -> None:
    up = Up(environment(tmp_path), tmp_path)
    up.wait_until_up()
    (agi,) = [entry for entry in processes_of(tmp_path) if "'run'" in entry or "run\\x00agi" in entry]
    os.kill(int(agi.split()[0]), signal.SIGKILL)
    assert up.process.wait(30) == 1
    assert "agi stopped by itself" in up.said()
    assert "agi.log" in up.said()
    assert wait_until_gone(tmp_path, 2) == []


def test_p3_a_listener_that_asterisk_does_not_let_in_ends_the_line_and_says_why(tmp_path: Path) -> None:
    up = Up(environment(tmp_path, LINE_AMI_SECRET="the-right-one"), tmp_path)
    up.wait_until_up()
    asterisk = tmp_path / "data" / "asterisk"
    configured = asterisk / "etc" / "manager.conf"
    configured.write_text(configured.read_text().replace("the-right-one", "another-one"))
    console.ask(asterisk, "manager reload")
    connected = console.ask(asterisk, "manager show connected").splitlines()
    (session,) = [line.split() for line in connected if "listener" in line]
    # Its fifth column is what `kick` wants. It logs in again, with the password that was right until now.
    console.ask(asterisk, f"manager kick session {session[4]}")
    assert up.process.wait(60) == 1
    assert "listener stopped by itself" in up.said()
    assert "LINE_AMI_SECRET is another one" in up.said()
    assert "the-right-one" not in up.said()
    assert wait_until_gone(tmp_path, 2) == []


def test_it_says_where_everything_is_and_shows_a_token_once(tmp_path: Path) -> None:
    variables = environment(tmp_path)
    up = Up(variables, tmp_path)
    up.wait_until_up()
    said = up.said()
    for name in ("LINE_SIP_BIND", "LINE_AGI_ADDRESSES", "LINE_AMI_ADDRESS", "LINE_API_BIND"):
        assert variables[name] in said
    assert said.count("API token") == 1
    key = tmp_path / "data" / "number-key"
    assert str(key) in said
    assert key.read_text().strip() not in said
    logs = [path.read_text(errors="replace") for path in (tmp_path / "data").rglob("log/*") if path.is_file()]
    assert logs
    assert not [log for log in logs if key.read_text().strip() in log]
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(30) == 0


@pytest.mark.parametrize("name", ["LINE_SIP_BIND", "LINE_AGI_ADDRESSES", "LINE_AMI_ADDRESS", "LINE_API_BIND"])
def test_a_taken_port_is_named_with_its_setting(tmp_path: Path, name: str) -> None:
    variables = environment(tmp_path)
    kind = socket.SOCK_DGRAM if name == "LINE_SIP_BIND" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", Address(variables[name]).port))
        if kind is socket.SOCK_STREAM:
            other.listen()
        result = run(variables, "up")
    assert result.returncode == 1
    assert f"{name}: {variables[name]} cannot be used" in result.stderr
    assert "set LINE_" in result.stderr
    assert processes_of(tmp_path) == []


def test_a_second_line_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    up = Up(environment(tmp_path), tmp_path)
    up.wait_until_up()
    result = run(environment(tmp_path), "up")
    assert result.returncode == 1
    assert "LINE_DATA_DIR: another line uses" in result.stderr
    assert up.process.poll() is None
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(30) == 0


def test_malformed_settings_are_all_named_with_an_example_and_nothing_starts(tmp_path: Path) -> None:
    variables = environment(tmp_path, LINE_RTP_PORTS="many", LINE_DEFAULT_REGION="Mars", LINE_RING_SECONDS="-1")
    result = run(variables, "up")
    assert result.returncode == 1
    for name in ("LINE_RTP_PORTS", "LINE_DEFAULT_REGION", "LINE_RING_SECONDS"):
        assert f"{name}: " in result.stderr
        assert f"Example: {name}=" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    result = run(environment(tmp_path, LINE_DATABASE_URL="postgresql://line:secret@127.0.0.1:1/line"), "up")
    assert result.returncode == 1
    assert "LINE_DATABASE_URL: the database does not answer" in result.stderr
    assert "secret" not in result.stderr + result.stdout
