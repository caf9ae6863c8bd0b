"""Whether this process has the keys that the numbers in the database are under."""

from __future__ import annotations

import structlog

from runtime.settings import SettingsError
from schema.engine import Store, StoreUnavailableError
from schema.keyring import Keyring, MissingKeyError
from schema.queries import number_keys

log = structlog.get_logger("schema.key_check")


def check(keyring: Keyring, store: Store) -> None:
    """For the start of a server: raises SettingsError where a key is missing, or is another than the database's.

    Where the database is away it cannot be told; every statement with a number in it looks again.
    """
    try:
        with store.transaction() as session:
            needed = number_keys.in_use(session)
    except StoreUnavailableError as error:
        log.warning("number_key_unchecked", error=str(error))
        return
    for key_id in needed:
        if key_id not in keyring.ids:
            raise SettingsError(f"{MissingKeyError(key_id)}. Set here: {', '.join(keyring.ids)}")
