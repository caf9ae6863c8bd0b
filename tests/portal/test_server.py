"""The process: it serves, stops when asked, and says clearly why it cannot start."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from portal.server import serve
from runtime.settings import SettingsError, load
from tests.portal.conftest import LINE, TOKEN, digits_of

PROGRAM = "from runtime.settings import load; from portal.server import serve; serve(load(_env_file=None))"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(database_url: str, address: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server as a process of its own, answering."""
    environment = os.environ | {
        "LINE_DATABASE_URL": database_url,
        "LINE_API_TOKEN": TOKEN,
        "LINE_API_BIND": address,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://{address}/healthz")
                break
            except httpx.TransportError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_stops_cleanly_when_asked(database_url: str, tmp_path: Path, sign: signal.Signals) -> None:
    address, log = f"127.0.0.1:{free_port()}", tmp_path / "log"
    with served(database_url, address, log) as process:
        answer = httpx.put(f"http://{address}/v1/line-numbers/{LINE}", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 201
        httpx.get(f"http://{address}/v1/ben-ode")  # no number, so that the log's mask cannot hide it
        process.send_signal(sign)
        assert process.wait(20) == 0, log.read_text()
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert "stopped" in [event["event"] for event in events]
    assert not any(text in log.read_text() for text in [*digits_of(LINE), "ben-ode"])


@pytest.mark.parametrize(("proxies", "last"), [("", 429), ("198.51.100.0/24", 429), ("127.0.0.1/32", 401)])
def test_p3_only_a_proxy_that_is_named_may_say_from_where_a_request_comes(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: str, last: int
) -> None:
    monkeypatch.setenv("LINE_TRUSTED_PROXIES", proxies)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own, which nobody here asked for
    address = f"127.0.0.1:{free_port()}"
    with served(database_url, address, tmp_path / "log"), httpx.Client(base_url=f"http://{address}") as client:
        for place in range(61):
            headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": f"203.0.113.{place}"}
            answer = client.get("/v1/line", headers=headers)
        assert answer.status_code == last


def test_a_port_that_is_taken_is_an_error_that_names_the_setting(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(SettingsError, match=f"LINE_API_BIND: cannot listen on {address}: in use"):
            serve(load(_env_file=None, database_url=database_url, api_token=TOKEN, api_bind=address))


def test_without_a_database_set_it_does_not_start() -> None:
    with pytest.raises(SettingsError, match="LINE_DATABASE_URL"):
        serve(load(_env_file=None, api_token=TOKEN).model_copy(update={"database_url": None}))


def test_without_a_token_set_it_does_not_start(database_url: str) -> None:
    settings = load(_env_file=None, database_url=database_url).model_copy(update={"api_token": None})
    with pytest.raises(SettingsError, match="LINE_API_TOKEN"):
        serve(settings)
