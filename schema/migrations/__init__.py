"""The database's shape, step by step (Alembic). `upgrade()` brings a database to the newest."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from schema.engine import driver_url

# Any number, the same for all of us: two upgrades at once take turns on it.
ADVISORY_LOCK = 7_241_001


class DatabaseUnavailableError(Exception):
    """The database cannot be reached, or refuses our name and password."""


def config(url: str | None = None) -> Config:
    """Alembic's configuration; `url` may hold a password, so it never becomes a text option."""
    settings = Config(attributes={"url": url})
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring the database to the newest revision. Returns the revision before and after.

    Raises DatabaseUnavailableError.
    """
    try:
        before = revision(url)
        command.upgrade(config(url), "head")
    except OperationalError as error:
        raise DatabaseUnavailableError(type(error.orig).__name__) from None
    return before, head()


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
