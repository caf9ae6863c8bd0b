"""A line of one's own beside whatever else runs on the machine: its own folder, database and ports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ops import ports
from runtime.settings import Settings, load


def settings(folder: Path, base: Settings, **overrides: Any) -> Settings:
    """Settings for such a line. From `base`, the machine's own, it takes only where Asterisk is.

    The carrier is a SIPp on loopback at `trunk_address`.
    """
    sip, trunk, agi, ami, api = (f"127.0.0.1:{port}" for port in ports.free(5))
    values: dict[str, Any] = {
        "_env_file": None,
        "data_dir": folder,
        "cache_dir": base.cache_dir,
        "asterisk": base.asterisk,
        "sip_bind": sip,
        "trunk_address": trunk,
        "agi_addresses": agi,
        "ami_address": ami,
        "api_bind": api,
        # SIPp answers calls, not OPTIONS.
        "trunk_qualify_seconds": 0,
        # It books the moment it is there.
        "up_after_seconds": 0,
    }
    # What the environment says is for the machine's own line: every other setting has its default here.
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    return load(**{**defaults, **values, **overrides})
