"""From one key of numbers to the next, while the line runs (P1).

Three steps, each of which may be interrupted and begun again:

1. `switch`. The new key becomes the active one, and every number that stands in a unique constraint is stored under it,
   in one transaction that locks these tables against writing. So at every instant these tables are under one key: no
   number can be there twice (A4), and comparing two of their columns goes on working.
2. `move`. All other numbers, such as those of calls, follow in small batches. Meanwhile they are found under either.
3. `retire`. When no number is left under the old key, the database says so, and it can be taken from the settings.

What makes the first step sound: `number_to_store` reads the active key in the snapshot of the statement around it, and
PostgreSQL takes that snapshot after the statement has its lock on the table. A writer that had the lock first is waited
for; one that comes later sees the new key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import tenacity
from sqlalchemy import text
from sqlalchemy.orm import Session

from schema.engine import NO_KEY_YET, NumberKeyError, Store, StoreUnavailableError
from schema.keyring import Keyring, MissingKeyError
from schema.number_columns import Batch, NumberTable, count_by_key, number_tables, reseal, reseal_all
from schema.queries import number_keys
from schema.queries.audit import THE_LINE, Actor
from schema.queries.number_keys import KeyState

# How long a lock on tables is waited for, and others behind us with it, before we step back and try again.
_LOCK_MILLISECONDS = 300
_ATTEMPTS = 100

Progress = Callable[[str, int], None]


class OvertakenError(Exception):
    """Another rotation made another key the active one meanwhile. Nothing is lost: rotate again with its key."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a rotation is: the keys by state, and how many numbers of each table are under which key."""

    states: dict[str, KeyState]
    counts: dict[str, dict[str, int]]

    @property
    def active(self) -> str | None:
        """The id of the key that numbers are stored under."""
        return next((key_id for key_id, state in self.states.items() if state is KeyState.ACTIVE), None)

    @property
    def left(self) -> int:
        """How many numbers are not under the active key."""
        return sum(
            count for by_key in self.counts.values() for key_id, count in by_key.items() if key_id != self.active
        )

    @property
    def retiring(self) -> list[str]:
        """The ids of keys that must still be set."""
        return [key_id for key_id, state in self.states.items() if state is KeyState.RETIRING]


def standing(store: Store) -> Standing:
    """How far a rotation is. Reads every row that holds a number."""
    with store.transaction() as session:
        states = number_keys.states(session)
        return Standing(states, {table.name: count_by_key(session, table) for table in number_tables()})


def rotate(store: Store, keyring: Keyring, progress: Progress, actor: Actor = THE_LINE) -> None:
    """Bring every number under the newest key of the keyring, from wherever it was left.

    `actor` is who wants that, for the audit. `progress` is told a table and how many of its rows have followed. Raises
    NumberKeyError where the key of before is not in the keyring, OvertakenError, StoreUnavailableError.
    """
    switch(store, keyring, actor)
    for table in number_tables():
        barrier(store, table)
        moved = 0
        for rows in move(store, keyring, table):
            moved += rows
            progress(table.name, moved)
    retire(store, keyring, actor)


def switch(store: Store, keyring: Keyring, actor: Actor = THE_LINE) -> bool:
    """Make the newest key the active one. Returns whether it was not."""
    for attempt in _patiently():
        with attempt, store.transaction() as session:
            return _switch(session, keyring, actor)
    raise AssertionError("tenacity ends with a result or an exception")


def _switch(session: Session, keyring: Keyring, actor: Actor = THE_LINE) -> bool:
    newest = keyring.newest
    states = number_keys.states(session, locked=True)
    if not states:
        raise NumberKeyError(NO_KEY_YET)
    for key_id, state in states.items():
        if state is not KeyState.RETIRED and key_id not in keyring.ids:
            raise NumberKeyError(str(MissingKeyError(key_id)))
    before = next(key_id for key_id, state in states.items() if state is KeyState.ACTIVE)
    if before == newest.id:
        return False
    unique = [table for table in number_tables() if table.unique]
    _lock_against_writing(session, unique)
    for table in unique:
        reseal_all(session, table, newest.id, _mover(keyring))
    number_keys.put(session, before, KeyState.RETIRING, actor)
    number_keys.put(session, newest.id, KeyState.ACTIVE, actor)
    return True


def barrier(store: Store, table: NumberTable) -> None:
    """Wait for every transaction that wrote to this table before the switch: it may have written under the old key."""
    for attempt in _patiently():
        with attempt, store.transaction() as session:
            _lock_against_writing(session, [table])


def move(store: Store, keyring: Keyring, table: NumberTable) -> Iterator[int]:
    """Store what is left of this table under the newest key; yields how many rows, by batches, each committed."""
    batch = Batch(0, None)
    while (batch := _move(store, keyring, table, batch.last)).rows:
        yield batch.rows


def _move(store: Store, keyring: Keyring, table: NumberTable, after: tuple[Any, ...] | None) -> Batch:
    for attempt in _patiently():
        with attempt, store.transaction() as session:
            # Whoever else wants these rows goes first: it may be a call.
            _wait_for_locks(session)
            if not number_keys.stay_active(session, keyring.newest.id):
                raise OvertakenError("another key became the active one meanwhile; rotate again with that one")
            return reseal(session, table, keyring.newest.id, _mover(keyring), after)
    raise AssertionError("tenacity ends with a result or an exception")


def _mover(keyring: Keyring) -> Callable[[str], str]:
    return lambda stored: keyring.newest.seal(keyring.open(stored))


def retire(store: Store, keyring: Keyring, actor: Actor = THE_LINE) -> None:
    """Let go of every key that no number is under any more."""
    with store.transaction() as session:
        states = number_keys.states(session, locked=True)
        used = {key_id for table in number_tables() for key_id in count_by_key(session, table)}
        for key_id, state in states.items():
            if state is KeyState.RETIRING and key_id not in used and states.get(keyring.newest.id) is KeyState.ACTIVE:
                number_keys.put(session, key_id, KeyState.RETIRED, actor)


def _lock_against_writing(session: Session, tables: list[NumberTable]) -> None:
    _wait_for_locks(session)
    names = ", ".join(table.name for table in tables)
    session.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def _wait_for_locks(session: Session) -> None:
    session.execute(text(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}"))


def _patiently() -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, StoreUnavailableError) and not isinstance(error, NumberKeyError)
        ),
        wait=tenacity.wait_random(0.05, 0.3),
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        reraise=True,
    )
