"""Asterisk's configuration folder: the files of `dialplan/`, with the settings filled in."""

from __future__ import annotations

import shutil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from runtime.settings import Settings, SettingsError

TEMPLATES = Path(__file__).parents[2] / "dialplan"
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
    environment = Environment(
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
        "sip_domain": _sip_domain(settings),
    }
    target.mkdir(parents=True, exist_ok=True)
    for source in sorted(TEMPLATES.glob("*.conf*")):
        rendered = (
            environment.get_template(source.name).render(values) if source.suffix == ".j2" else source.read_text()
        )
        path = target / source.name.removesuffix(".j2")
        # The manager's password stands in one of them.
        path.touch(mode=0o640)
        path.write_text(rendered)


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


def _sip_domain(settings: Settings) -> str:
    """What stands behind the @ of the numbers we present: how the carrier knows us."""
    domain = settings.external_address or settings.sip_bind.host
    if domain in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        raise SettingsError(
            f"LINE_EXTERNAL_ADDRESS: needed when LINE_SIP_BIND is {settings.sip_bind}, so that calls say where they "
            "come from. Example: LINE_EXTERNAL_ADDRESS=198.51.100.7"
        )
    return domain
