"""Whose signatures Asterisk trusts (STIR/SHAKEN, A8): the authorities, and where signers' certificates come from."""

from __future__ import annotations

import ipaddress
import re
import shutil
import ssl
from pathlib import Path

from runtime.settings import Settings, SettingsError

FOLDER = "stir_shaken"
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_EXAMPLE = "Example: LINE_STIR_SHAKEN_CA=/etc/consultline/sti-ca.pem"
# Addresses that are nobody's on the internet (RFC 6890). A network wider than these does not permit them.
_SPECIAL = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8"),
)


def sources(settings: Settings) -> list[tuple[str, str]]:
    """Rules, `permit` or `deny` a network, the last that fits counts: where certificates may be fetched from.

    Whoever calls names the address, and Asterisk goes there before it knows whether to trust the signer. So the
    operator says where to: raises SettingsError if they did not.
    """
    networks = settings.stir_shaken_fetch_from
    if settings.stir_shaken != "verify":
        return []
    if not networks:
        raise SettingsError(
            "LINE_STIR_SHAKEN_FETCH_FROM: needed for LINE_STIR_SHAKEN=verify. "
            "Example: LINE_STIR_SHAKEN_FETCH_FROM=198.51.100.0/24,203.0.113.0/24"
        )
    own = [network for network in networks if any(_within(network, special) for special in _SPECIAL)]
    return [
        *(("deny", network) for network in ("0.0.0.0/0", "::/0")),
        *(("permit", network) for network in networks),
        *(("deny", network) for network in _SPECIAL),
        *(("permit", network) for network in own),
    ]


def is_laboratory(settings: Settings) -> bool:
    """Whether certificates come from this very machine, and from nowhere else."""
    networks = settings.stir_shaken_fetch_from
    return bool(networks) and all(ipaddress.ip_network(network).is_loopback for network in networks)


def _within(network: str, other: str) -> bool:
    inner, outer = ipaddress.ip_network(network), ipaddress.ip_network(other)
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def write_authorities(settings: Settings, target: Path) -> None:
    """Write the certificates of LINE_STIR_SHAKEN_CA into a folder of `target`, if there is verification at all.

    Asterisk takes one certificate from a file, and from a folder only what a symbolic link points at (its
    `crypto_utils.c`). Raises SettingsError where the file holds no certificate that could be read.
    """
    folder = target / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    if settings.stir_shaken != "verify":
        return
    folder.mkdir()
    folder.chmod(0o750)
    for place, certificate in enumerate(_certificates(settings.stir_shaken_ca)):
        path = folder / f"{place}.pem"
        path.touch(mode=0o640)
        path.write_text(f"{certificate}\n")
        (folder / f"{place}.0").symlink_to(path.name)


def _certificates(bundle: Path | None) -> list[str]:
    if bundle is None:
        raise SettingsError(f"LINE_STIR_SHAKEN_CA: needed for LINE_STIR_SHAKEN=verify. {_EXAMPLE}")
    try:
        found = _CERTIFICATE.findall(bundle.expanduser().read_text())
        for certificate in found:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificate)
    except (OSError, UnicodeDecodeError, ssl.SSLError) as error:
        raise SettingsError(
            f"LINE_STIR_SHAKEN_CA: {bundle} cannot be read as certificates ({type(error).__name__}). {_EXAMPLE}"
        ) from None
    if not found:
        raise SettingsError(f"LINE_STIR_SHAKEN_CA: {bundle} holds no certificate (PEM). {_EXAMPLE}")
    return found
