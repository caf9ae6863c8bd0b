"""A8: whose signatures Asterisk trusts, as written from the settings."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from ops.asterisk import configuration
from runtime.settings import SettingsError, load
from tests.calls.signer import Authority

NETWORKS = "198.51.100.0/24"


def _write(folder: Path, **settings: Any) -> str:
    """stir_shaken.conf as it is written."""
    values = {"_env_file": None, "ami_secret": "a-long-word", **settings}
    configuration.write(load(**values), folder, home=Path("/home"), modules=Path("/modules"))
    return (folder / "stir_shaken.conf").read_text()


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    path = tmp_path / "anchors.pem"
    path.write_bytes(b"some words\n" + Authority("One").certificate + b"\n" + Authority("Two").certificate)
    return path


def _reaches(configuration: str, address: str) -> bool:
    """Whether Asterisk would fetch from there: the last rule that fits counts."""
    allowed = True
    for line in configuration.splitlines():
        rule, _, network = line.partition(" = ")
        if rule in ("x5u_permit", "x5u_deny") and ip_address(address) in ip_network(network):
            allowed = rule == "x5u_permit"
    return allowed


def test_a8_c4_without_verification_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    assert "[verification]" not in _write(tmp_path)
    assert "curl" not in (tmp_path / "modules.conf").read_text()
    assert "stir" not in (tmp_path / "pjsip.conf").read_text()
    assert not (tmp_path / "stir_shaken").exists()


def test_a8_each_authority_lies_in_a_file_of_its_own(tmp_path: Path, anchors: Path) -> None:
    settings = {"stir_shaken": "verify", "stir_shaken_ca": anchors, "stir_shaken_fetch_from": NETWORKS}
    for _ in range(2):
        _write(tmp_path / "etc", **settings)
        links = [path for path in (tmp_path / "etc/stir_shaken").iterdir() if path.is_symlink()]
        assert sorted(path.read_text().count("BEGIN CERTIFICATE") for path in links) == [1, 1]
    _write(tmp_path / "etc")
    assert not (tmp_path / "etc/stir_shaken").exists(), "an authority that was taken away is trusted no more"


@pytest.mark.parametrize("text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_a8_a_file_without_a_certificate_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "anchors.pem"
    path.write_text(text)
    for anchors in (path, tmp_path / "nowhere", None):
        with pytest.raises(SettingsError, match="LINE_STIR_SHAKEN_CA"):
            _write(tmp_path / "etc", stir_shaken="verify", stir_shaken_ca=anchors, stir_shaken_fetch_from=NETWORKS)


def test_a8_the_operator_must_say_where_certificates_come_from(tmp_path: Path, anchors: Path) -> None:
    with pytest.raises(SettingsError, match="LINE_STIR_SHAKEN_FETCH_FROM"):
        _write(tmp_path, stir_shaken="verify", stir_shaken_ca=anchors)


@pytest.mark.parametrize(
    ("networks", "reached", "not_reached"),
    [
        (NETWORKS, ["198.51.100.7"], ["203.0.113.7", "127.0.0.1", "10.0.0.1", "2600::1", "::1"]),
        ("0.0.0.0/0,::/0", ["203.0.113.7", "2600::1"], ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1"]),
        ("10.1.0.0/16", ["10.1.0.1"], ["10.2.0.1", "203.0.113.7"]),
    ],
)
def test_a8_certificates_come_from_the_operators_networks_alone(
    tmp_path: Path, anchors: Path, networks: str, reached: list[str], not_reached: list[str]
) -> None:
    written = _write(tmp_path, stir_shaken="verify", stir_shaken_ca=anchors, stir_shaken_fetch_from=networks)
    assert all(_reaches(written, address) for address in reached)
    assert not any(_reaches(written, address) for address in not_reached)
    assert "relax" not in written


@pytest.mark.parametrize(("networks", "relaxed"), [("127.0.0.1/32", True), ("127.0.0.1/32,198.51.100.0/24", False)])
def test_a8_plain_http_is_for_a_laboratory_on_this_machine(
    tmp_path: Path, anchors: Path, networks: str, relaxed: bool
) -> None:
    written = _write(tmp_path, stir_shaken="verify", stir_shaken_ca=anchors, stir_shaken_fetch_from=networks)
    assert ("relax_x5u_port_scheme_restrictions = yes" in written) == relaxed
