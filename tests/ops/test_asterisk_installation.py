"""Which Asterisk is run, and what is said where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.asterisk.installation import NoAsteriskError, find_or_install
from ops.asterisk.version import parse
from tests.ops.command import environment, run


def _fake_asterisk(folder: Path, says: str) -> Path:
    binary = folder / "asterisk"
    binary.write_text(f"#!/bin/sh\necho '{says}'\n")
    binary.chmod(0o755)
    return binary


def test_without_an_asterisk_and_without_debootstrap_both_ways_out_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoAsteriskError) as refused:
        find_or_install(None, tmp_path / "cache", lambda _: None)
    assert "debootstrap is not installed" in str(refused.value)
    assert "LINE_ASTERISK" in str(refused.value)
    assert "apt-get install debootstrap" in str(refused.value)
    assert not (tmp_path / "cache").exists()


OLD = [
    "18.20.2~dfsg",
    "20.20.0",
    "21.12.2",
    "22.10.0+dfsg+~cs6",
    "22.9.9",
    "23.4.0",
    "certified/20.7-cert10",
    "19.99.99",
]
OLD += ["certified-22.8-cert2", "certified/18.9-cert99"]
NEW = ["20.20.1", "21.12.3", "22.10.1+dfsg+~cs6.17", "22.11.0", "23.4.1", "24.0.0", "certified/20.7-cert11"]
NEW += ["certified-22.8-cert3"]


@pytest.mark.parametrize("version", OLD)
def test_an_asterisk_with_known_holes_is_refused_by_name_with_what_would_do(tmp_path: Path, version: str) -> None:
    old = _fake_asterisk(tmp_path, f"Asterisk {version}")
    with pytest.raises(NoAsteriskError, match=r"is version [0-9.]+(-cert\d+)?, and older ones") as refused:
        find_or_install(old, tmp_path / "cache", lambda _: None)
    assert "20.20.1, 21.12.3, 22.10.1, 23.4.1, certified 20.7-cert11, certified 22.8-cert3" in str(refused.value)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("version", NEW)
def test_an_asterisk_at_the_floor_or_above_is_taken(version: str) -> None:
    found = parse(f"Asterisk {version}\n")
    assert found is not None
    assert found.new_enough


def test_the_machines_own_asterisk_is_passed_over_where_it_has_known_holes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fake_asterisk(tmp_path, "Asterisk 20.6.0~dfsg")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoAsteriskError, match="none can be installed"):
        find_or_install(None, tmp_path / "cache", lambda _: None)


@pytest.mark.skipif(os.geteuid() != 0, reason="what is installed is run by chroot, which needs root")
def test_an_installed_asterisk_that_has_grown_old_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "chroot").write_text("#!/bin/sh\necho 'Asterisk 22.10.0+dfsg'\n")
    (tools / "chroot").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/bin")
    root = tmp_path / "cache" / "asterisk-unstable"
    root.mkdir(parents=True)
    with pytest.raises(NoAsteriskError, match=r"is version 22\.10\.0.*Remove that folder"):
        find_or_install(None, tmp_path / "cache", lambda _: None)


def test_the_line_does_not_start_with_an_asterisk_that_is_too_old(tmp_path: Path) -> None:
    old = _fake_asterisk(tmp_path, "Asterisk 22.4.0")
    said = run(environment(tmp_path, LINE_ASTERISK=str(old)), "up")
    assert said.returncode != 0
    assert "is version 22.4.0" in said.stdout + said.stderr


def test_what_is_no_asterisk_is_refused(tmp_path: Path) -> None:
    other = _fake_asterisk(tmp_path, "hello")
    with pytest.raises(NoAsteriskError, match="does not say its version"):
        find_or_install(other, tmp_path / "cache", lambda _: None)


def test_an_installation_that_fails_leaves_nothing_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = tmp_path / "bin" / "debootstrap"
    failing.parent.mkdir()
    failing.write_text("#!/bin/sh\necho 'E: no network'\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{failing.parent}:/usr/sbin:/usr/bin:/sbin:/bin")
    with pytest.raises(NoAsteriskError, match="no network"):
        find_or_install(None, tmp_path / "cache", lambda _: None)
    assert list((tmp_path / "cache").iterdir()) == []
