"""The database's shape, step by step (Alembic). `upgrade()` brings a database to the newest."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from runtime.settings import load
from schema.engine import driver_url
from schema.keyring import Keyring, keyring_of

# Any number, the same for all of us: two upgrades at once take turns on it.
ADVISORY_LOCK = 7_241_001


class DatabaseUnavailableError(Exception):
    """The database cannot be reached, or refuses our name and password."""


def config(url: str | None = None, keyring: Keyring | None = None) -> Config:
    """Alembic's configuration; `url` may hold a password, so it never becomes a text option."""
    settings = Config(attributes={"url": url, "keyring": keyring})
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings


def upgrade(url: str, keyring: Keyring | None = None) -> tuple[str | None, str]:
    """Bring the database to the newest revision. Returns the revision before and after.

    `keyring` has the keys of numbers; None: those of this process's own settings. Raises DatabaseUnavailableError,
    and SettingsError where numbers are to be encrypted and there is no key.
    """
    try:
        before = revision(url)
        command.upgrade(config(url, keyring), "head")
    except OperationalError as error:
        raise DatabaseUnavailableError(type(error.orig).__name__) from None
    return before, head()


def keyring_in(context: MigrationContext) -> Keyring:
    """The keys of numbers, for a migration that needs them. Raises SettingsError where there are none."""
    keyring: Keyring | None = context.config.attributes["keyring"] if context.config else None
    return keyring or keyring_of(load())


def revision(url: str) -> str | None:
    """The revision that the database is at; None if it is empty."""
    engine = create_engine(driver_url(url), hide_parameters=True)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str:
    """The newest revision this program knows."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    if newest is None:
        raise RuntimeError("no migrations found next to schema/migrations/__init__.py")
    return newest
