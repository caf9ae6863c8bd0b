"""What really stands in the columns that hold numbers."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from consultation.numbers import PhoneNumber
from schema.keyring import Keyring, NumberKey
from schema.number_columns import number_tables
from tests.number_key import NUMBER_KEY

KEY = NumberKey(bytes.fromhex(NUMBER_KEY))
NEW_KEY, THIRD_KEY = NumberKey(b"n" * 32), NumberKey(b"t" * 32)
BOTH = Keyring([NEW_KEY, KEY])


def stored(session: Session, table: str) -> list[str]:
    """Every number of a table, as it is stored."""
    (entry,) = [entry for entry in number_tables() if entry.name == table]
    rows = session.execute(select(*entry.numbers)).all()
    return [form for row in rows for form in row if form is not None]


def stored_anywhere(session: Session) -> list[str]:
    """Every number of the database, as it is stored."""
    return [form for entry in number_tables() for form in stored(session, entry.name)]


def key_ids(session: Session) -> set[str]:
    """The keys that the numbers of the database are under."""
    return {form.split(".")[0] for form in stored_anywhere(session)}


def clear(*numbers: PhoneNumber) -> list[str]:
    """Numbers as they would stand without encryption."""
    return [number.e164 for number in numbers]
