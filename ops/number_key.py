"""Which key the numbers of a line are under: the settings', else one that `up` made and keeps beside its database."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from runtime import secret_key
from runtime.settings import Settings
from schema.keyring import Keyring, keyring_of

_FILE = "number-key"


def ensured(settings: Settings, folder: Path) -> Settings:
    """Settings with a key. Where neither a key nor a database is set, one is made in `folder`, the line's own data.

    Raises SettingsError where LINE_DATABASE_URL is set and no key is: others read that database, and need the same key.
    """
    if settings.database_url is None and not _has_key(settings) and not (folder / _FILE).exists():
        _make(folder / _FILE)
    found = with_key(settings, folder)
    keyring_of(found)
    return found


def with_key(settings: Settings, folder: Path) -> Settings:
    """Settings with the key that was made in `folder` beside those that are set, if that is where the database is."""
    own = folder / _FILE
    if settings.database_url is None and settings.number_key_file is None and own.exists():
        return settings.model_copy(update={"number_key_file": own})
    return settings


def keyring(settings: Settings) -> Keyring:
    """The keys for the database that a command works on: the settings', and `up`'s own. Raises SettingsError."""
    return keyring_of(with_key(settings, settings.data_dir.expanduser().resolve()))


def _has_key(settings: Settings) -> bool:
    return settings.number_key is not None or settings.number_key_file is not None


def _make(file: Path) -> None:
    """Written beside its place and moved there whole: half a key would lock every number away."""
    beside = file.with_name(f".{file.name}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as made:
        made.write(f"{secrets.token_hex(secret_key.BYTES)}\n")
        made.flush()
        os.fsync(made.fileno())
    beside.rename(file)
