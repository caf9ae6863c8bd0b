"""Known holes in pinned packages fail `make check`, and where nobody can be asked it says so."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ops.install import advisories

HOLE = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2026-0001"],
    "summary": "it lets anybody in",
    "affected": [
        {
            "package": {"name": "holey", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}


@contextmanager
def osv(known: dict[str, Any], *, status: int = 200) -> Iterator[str]:
    """Something that answers as OSV does: `known` are the holes of a package, by its name."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            holes = known.get(asked["package"]["name"])
            body = json.dumps({"vulns": holes} if holes else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    """One package with a hole, one without."""
    file = tmp_path / "constraints.txt"
    file.write_text("".join(f"{name}==1.0 \\\n    --hash=sha256:{'0' * 64}\n" for name in ("holey", "whole")))
    return file


def check(pinned: Path, url: str, *more: str, accepted: str = "") -> int:
    file = pinned.with_name("accepted.toml")
    file.write_text(accepted)
    return advisories.main(["--constraints", str(pinned), "--accepted", str(file), "--osv-url", url, *more])


def accept(name: str, until: str = "2999-12-31") -> str:
    return f'[[accepted]]\nid = "{name}"\nreason = "not called"\nuntil = {until}\n'


def test_a_known_hole_fails_and_says_which_and_what_to_do(pinned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with osv({"jinja2": [HOLE], "holey": [HOLE]}) as url:
        assert check(pinned, url) == 1
    said = capsys.readouterr().err
    assert "holey 1.0: " in said
    assert {"GHSA-aaaa-bbbb-cccc", "CVE-2026-0001"} <= set(said.split())
    assert "(fixed in 1.1): it lets anybody in" in said
    assert "make lock" in said
    assert "whole 1.0" not in said


def test_packages_without_a_hole_pass(pinned: Path) -> None:
    with osv({"jinja2": [HOLE]}) as url:
        assert check(pinned, url, "--strict") == 0


@pytest.mark.parametrize("name", ["GHSA-aaaa-bbbb-cccc", "CVE-2026-0001"])
def test_what_was_accepted_with_a_reason_passes_by_any_of_its_ids(pinned: Path, name: str) -> None:
    with osv({"jinja2": [HOLE], "holey": [HOLE]}) as url:
        assert check(pinned, url, accepted=accept(name)) == 0


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (accept("CVE-2026-0001", "2026-01-01"), "was accepted until 2026-01-01: look at it again"),
        ('[[accepted]]\nid = "CVE-2026-0001"\nuntil = 2999-12-31\n', "CVE-2026-0001 needs reason"),
        ('[[accepted]]\nid = "CVE-2026-0001"\nreason = "x"\nuntil = "soon"\n', "needs a date"),
        ("[[accepted", "Expected ']]'"),
    ],
)
def test_an_acceptance_without_a_reason_or_past_its_end_fails(
    pinned: Path, entry: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with osv({"jinja2": [HOLE]}) as url:
        assert check(pinned, url, accepted=entry) == 1
    assert said in capsys.readouterr().err


def test_where_nobody_can_be_asked_it_says_so_and_fails_only_if_strict(
    pinned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/v1/query"
    with osv({"jinja2": [HOLE]}, status=404) as another, osv({}) as knows_nothing:
        for url in (nobody, another, knows_nothing):
            assert check(pinned, url) == 0
            assert "NOT CHECKED for known security holes" in capsys.readouterr().err
            assert check(pinned, url, "--strict") == 1


def test_a_list_that_pip_audit_cannot_read_fails(pinned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pinned.write_text("holey\n")
    with osv({"jinja2": [HOLE]}) as url:
        assert check(pinned, url) == 1
    assert "pip-audit failed" in capsys.readouterr().err


def test_nothing_is_accepted_by_the_file_that_is_kept_without_a_reason() -> None:
    kept = Path(advisories.__file__).with_name("accepted_advisories.toml")
    assert all(advisories.accepted(kept, date(2000, 1, 1)).values())
