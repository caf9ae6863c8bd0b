"""`consultline rotate-key`: every number under the newest key, while the line runs (P1)."""

from __future__ import annotations

from rich.console import Console

from ops import number_key
from ops.database import url
from ops.login import operator
from runtime.settings import Settings
from schema import rotation
from schema.engine import Store
from schema.keyring import Keyring

# A count of all calls takes longer than a statement of a call may.
_STATEMENT_SECONDS = 600


def rotate_key(settings: Settings, out: Console, *, check: bool) -> bool:
    """Rotate, or with `check` only say what is left. Returns whether nothing is.

    Raises SettingsError, NumberKeyError, OvertakenError, StoreUnavailableError. Whatever interrupts it, run it again.
    """
    keyring = number_key.keyring(settings)
    store = Store(
        url(settings), pool=1, statement_seconds=_STATEMENT_SECONDS, name="consultline rotate-key", keyring=keyring
    )
    try:
        if not check:
            with out.status("rotating") as status:

                def progress(table: str, rows: int) -> None:
                    status.update(f"rotating: {table}, {rows} rows so far")
                    if not out.is_terminal:
                        out.print(f"{table}: {rows} rows so far", markup=False)

                rotation.rotate(store, keyring, progress, operator())
        standing = rotation.standing(store)
    finally:
        store.close()
    _tell(standing, keyring, out)
    return standing.left == 0 and standing.active == keyring.newest.id and not standing.retiring


def _tell(standing: rotation.Standing, keyring: Keyring, out: Console) -> None:
    for table, counts in standing.counts.items():
        under = ", ".join(f"{count} under {key_id}" for key_id, count in sorted(counts.items())) or "no number"
        out.print(f"{table}: {under}", markup=False)
    if standing.active != keyring.newest.id:
        out.print(
            f"numbers are stored under {standing.active}; the newest key here is {keyring.newest.id}: "
            "run `consultline rotate-key`",
            markup=False,
        )
    elif standing.retiring or standing.left:
        out.print(
            f"{standing.left} numbers are still under {', '.join(standing.retiring)}: run `consultline rotate-key`",
            markup=False,
        )
    else:
        out.print(f"every number is under {standing.active}; keys other than that one can be taken away", markup=False)
