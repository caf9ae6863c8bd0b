"""Asterisk's configuration as it is written from the settings."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from ops.asterisk import configuration
from ops.asterisk.installation import Installation
from ops.asterisk.server import Asterisk
from ops.asterisk.version import Version
from ops.processes import PartFailedError
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


@pytest.mark.parametrize(
    "network", ["0.0.0.0/0", "::/0", "203.0.113.0/24", "172.0.0.0/8", "10.0.0.0/7", "2001:db8::/64"]
)
def test_p3_the_manager_is_for_loopback_and_private_networks_alone(tmp_path: Path, network: str) -> None:
    with pytest.raises(SettingsError, match=r"LINE_AMI_PERMIT: .* is not a loopback or private network"):
        _write(tmp_path, ami_permit=f"127.0.0.1/32,{network}")


def test_p3_each_user_of_the_manager_is_denied_everywhere_before_a_network_is_permitted(tmp_path: Path) -> None:
    networks = ["127.0.0.1/32", "10.1.0.0/16", "fd00::/8"]
    _write(tmp_path, sms="sip", ami_texter_secret="another-word", ami_permit=",".join(networks))
    general, *users = re.split(r"^\[(?!general)\w+\]$", (tmp_path / "manager.conf").read_text(), flags=re.MULTILINE)
    assert "webenabled = no\n" in general
    assert len(users) == 2
    for user in users:
        rules = re.findall(r"^(deny|permit|acl) *= *(.*)$", user, re.MULTILINE)
        assert rules == [("deny", "0.0.0.0/0.0.0.0"), ("deny", "::/0"), *(("permit", network) for network in networks)]


def test_p3_without_texts_there_is_one_user_of_the_manager(tmp_path: Path) -> None:
    _write(tmp_path)
    assert re.findall(r"^\[(\w+)\]", (tmp_path / "manager.conf").read_text(), re.MULTILINE) == ["general", "listener"]


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


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root cannot run Asterisk as root")
def test_p3_root_does_not_run_an_asterisk_that_would_stay_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nasterisks:x:9:9::/:/bin/sh\n")
    version = Version("22.10.1")
    asterisk = Asterisk(Installation(Path("/bin/true"), version, Path("/modules"), root), tmp_path / "run", load())
    with pytest.raises(PartFailedError, match=r"Asterisk would run as root.*adduser --system"):
        asterisk.start()
    assert not asterisk.part.running
