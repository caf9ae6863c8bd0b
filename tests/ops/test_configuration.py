"""Asterisk's configuration as it is written from the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.asterisk import configuration
from runtime.settings import SettingsError, load


def _write(folder: Path, **settings: Any) -> Path:
    values = {"_env_file": None, "ami_secret": "a-long-word", **settings}
    configuration.write(load(**values), folder, home=Path("/home"), modules=Path("/modules"))
    return folder


def test_every_file_is_written_and_no_placeholder_is_left(tmp_path: Path) -> None:
    _write(tmp_path)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {path.name.removesuffix(".j2") for path in configuration.TEMPLATES.glob("*.conf*")}
    for path in tmp_path.iterdir():
        assert "{{" not in path.read_text()
        assert "{%" not in path.read_text()
        assert path.stat().st_mode & 0o007 == 0, "the manager's password is nobody else's"


def test_servers_are_asked_in_the_order_of_the_setting(tmp_path: Path) -> None:
    _write(tmp_path, agi_addresses="10.0.0.1:4573,10.0.0.2:4573")
    assert "AGI_SERVERS = 10.0.0.1:4573&10.0.0.2:4573\n" in (tmp_path / "globals.conf").read_text()


def test_listening_everywhere_needs_the_address_that_calls_come_from(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LINE_EXTERNAL_ADDRESS"):
        _write(tmp_path, sip_bind="0.0.0.0:5060")
    _write(tmp_path, sip_bind="0.0.0.0:5060", external_address="198.51.100.7")
    assert "SIP_DOMAIN = 198.51.100.7\n" in (tmp_path / "globals.conf").read_text()


def test_the_manager_may_only_be_read_and_only_by_named_events(tmp_path: Path) -> None:
    _write(tmp_path)
    manager = (tmp_path / "manager.conf").read_text()
    assert "write = reporting\n" in manager
    assert "eventfilter(action(include),name(Hangup)) =\n" in manager
    for event in ("Newchannel", "Newexten", "VarSet"):
        assert event not in manager.split("[listener]")[1].replace("(Newchannel, Newexten, VarSet)", "")


TOGETHER = [
    ({"trunk_username": "acme"}, "LINE_TRUNK_USERNAME and LINE_TRUNK_PASSWORD: set both or neither"),
    ({"trunk_transport": "tls"}, "needs LINE_SIP_CERTIFICATE and LINE_SIP_CERTIFICATE_KEY"),
    ({"media_encryption": "sdes"}, "needs LINE_TRUNK_TRANSPORT=tls"),
    (
        {"trunk_transport": "tls", "sip_certificate": "/nowhere.pem", "sip_certificate_key": "/nowhere.key"},
        "LINE_SIP_CERTIFICATE: /nowhere.pem cannot be read",
    ),
]


@pytest.mark.parametrize(("given", "problem"), TOGETHER)
def test_settings_of_the_trunk_that_do_not_go_together_are_named(
    tmp_path: Path, given: dict[str, str], problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem):
        _write(tmp_path, **given)
