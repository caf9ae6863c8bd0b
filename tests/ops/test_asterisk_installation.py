"""Which Asterisk is run, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.asterisk.installation import NoAsteriskError, find_or_install


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


def test_an_asterisk_that_is_too_old_is_refused_by_name(tmp_path: Path) -> None:
    old = _fake_asterisk(tmp_path, "Asterisk 18.20.2~dfsg")
    with pytest.raises(NoAsteriskError, match=r"is version 18\.20\.2; 20 or newer is needed"):
        find_or_install(old, tmp_path / "cache", lambda _: None)


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
