"""Asterisk's configuration folder: the files of `dialplan/`, with the settings filled in."""

from __future__ import annotations

import ipaddress
import shutil
import ssl
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ops.asterisk import signers
from runtime.settings import Settings, SettingsError, variable

TEMPLATES = Path(__file__).parents[2] / "dialplan"
# RFC 1918 and 6598, unique local and link-local addresses, loopback.
_OWN_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
]
# What the listener may see; everything else stays inside Asterisk.
EVENTS = (
    "BridgeEnter",
    "BridgeLeave",
    "DeviceStateChange",
    "DialEnd",
    "DialState",
    "FullyBooted",
    "Hangup",
    "HangupRequest",
    "Shutdown",
    "UserEvent",
)


def write(settings: Settings, target: Path, *, home: Path, modules: Path) -> None:
    """Write the configuration into `target`; `home` is the run's folder and `modules` Asterisk's, as Asterisk sees
    them. Raises SettingsError.
    """
    if settings.ami_secret is None:
        raise SettingsError("LINE_AMI_SECRET: needed for Asterisk's manager interface. Example: a long random word")
    check(settings)
    environment = Environment(  # nosec B701
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - not HTML; every value is a validated setting
    )
    values = {
        "settings": settings,
        "home": home,
        "modules": modules,
        "events": EVENTS,
        "sip_domain": settings.sip_domain(),
        "transport_parameter": "" if settings.trunk_transport == "udp" else f";transport={settings.trunk_transport}",
        "certificates": signers.sources(settings),
        "laboratory": signers.is_laboratory(settings),
    }
    target.mkdir(parents=True, exist_ok=True)
    signers.write_authorities(settings, target)
    for source in sorted(TEMPLATES.glob("*.conf*")):
        rendered = (
            environment.get_template(source.name).render(values) if source.suffix == ".j2" else source.read_text()
        )
        path = target / source.name.removesuffix(".j2")
        # Passwords stand in some of them.
        path.touch(mode=0o640)
        path.write_text(rendered)
    _write_certificates(settings, target)


def check(settings: Settings) -> None:
    """Raises SettingsError for settings of the trunk, or of texts through it, that do not go together."""
    if (settings.trunk_username is None) != (settings.trunk_password is None):
        raise SettingsError("LINE_TRUNK_USERNAME and LINE_TRUNK_PASSWORD: set both or neither")
    tls = settings.trunk_transport == "tls"
    if tls and (settings.sip_certificate is None or settings.sip_certificate_key is None):
        raise SettingsError("LINE_TRUNK_TRANSPORT=tls: needs LINE_SIP_CERTIFICATE and LINE_SIP_CERTIFICATE_KEY")
    if settings.media_encryption == "sdes" and not tls:
        raise SettingsError("LINE_MEDIA_ENCRYPTION=sdes: its keys stand in SIP, so it needs LINE_TRUNK_TRANSPORT=tls")
    if settings.sms == "sip" and settings.ami_texter_secret is None:
        raise SettingsError("LINE_AMI_TEXTER_SECRET: needed for LINE_SMS=sip. Example: a long random word")
    _check_manager(settings)
    settings.sip_domain()


def _check_manager(settings: Settings) -> None:
    """The manager interface is for networks of one's own (P3): the password that opens it crosses them in the clear."""
    for network in map(ipaddress.ip_network, settings.ami_permit):
        if not any(network.version == own.version and network.subnet_of(own) for own in _OWN_NETWORKS):  # type: ignore[arg-type]
            raise SettingsError(
                f"LINE_AMI_PERMIT: {network} is not a loopback or private network. Example: LINE_AMI_PERMIT=10.0.0.0/24"
            )


def _write_certificates(settings: Settings, target: Path) -> None:
    """Copy what TLS needs to where Asterisk can read it: it sees no other folder of this machine."""
    if settings.trunk_transport != "tls":
        return
    trusted = settings.trunk_ca or Path(ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt")
    sources = {
        "sip_certificate": (settings.sip_certificate, "sip.pem"),
        "sip_certificate_key": (settings.sip_certificate_key, "sip.key"),
        "trunk_ca": (trusted, "carrier-ca.pem"),
    }
    for name, (source, file) in sources.items():
        path = target / file
        path.touch(mode=0o640)
        try:
            path.write_bytes(source.read_bytes() if source else b"")
        except OSError as error:
            raise SettingsError(f"{variable(name)}: {source} cannot be read ({type(error).__name__})") from None


def write_sounds(settings: Settings, target: Path) -> None:
    """Copy the recordings to `target`, and over them the operator's own. Raises SettingsError."""
    shutil.copytree(TEMPLATES / "sounds", target, dirs_exist_ok=True)
    if settings.sounds_dir is not None:
        if not settings.sounds_dir.is_dir():
            raise SettingsError(
                f"LINE_SOUNDS_DIR: {settings.sounds_dir} is not a folder. "
                "Example: LINE_SOUNDS_DIR=/etc/consultline/sounds"
            )
        shutil.copytree(settings.sounds_dir, target, dirs_exist_ok=True)
