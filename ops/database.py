"""The database, brought to the shape that this program expects."""

from __future__ import annotations

from rich.console import Console

from consultation.numbers import PhoneNumber
from ops import number_key
from ops.errors import OperatorError
from ops.login import operator
from ops.postgres import embedded_url
from runtime.settings import Settings, SettingsError
from schema import key_check, migrations
from schema.engine import Store
from schema.queries import people


def url(settings: Settings) -> str:
    """The database's address: LINE_DATABASE_URL, else the embedded one of a line that is up. Raises SettingsError."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    folder = settings.data_dir.expanduser().resolve() / "postgres"
    if (folder / "postmaster.pid").exists():
        return embedded_url(folder)
    raise SettingsError(
        f"LINE_DATABASE_URL: not set, and no line with its own database is up in {settings.data_dir}. "
        "Example: LINE_DATABASE_URL=postgresql://line@localhost/line"
    )


def prepare(settings: Settings) -> tuple[str | None, str]:
    """Migrate to the newest revision, and add the line numbers of the settings. Returns revision before and after.

    Raises SettingsError, DatabaseUnavailableError, StoreUnavailableError, OperatorError.
    """
    address = url(settings)
    keyring = number_key.keyring(settings)
    revisions = migrations.upgrade(address, keyring)
    store = Store(address, pool=1, keyring=keyring)
    try:
        key_check.check(keyring, store)
        with store.transaction() as transaction:
            for number in settings.numbers:
                people.add_line_number(transaction, PhoneNumber(number), actor=operator())
    except people.NumberTakenError:
        raise OperatorError("LINE_NUMBERS: one of the numbers is a provider's caller number already") from None
    finally:
        store.close()
    return revisions


def upgrade(settings: Settings, out: Console) -> None:
    """`consultline db upgrade`."""
    before, after = prepare(settings)
    out.print(f"database at {after}" if before == after else f"database upgraded from {before or 'nothing'} to {after}")
