"""The columns that hold numbers, found by their type, and a walk over what is stored in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    PrimaryKeyConstraint,
    Table,
    TableClause,
    Text,
    UniqueConstraint,
    and_,
    column,
    func,
    inspect,
    literal,
    or_,
    select,
    table,
    tuple_,
    update,
    values,
)
from sqlalchemy.orm import Session

from schema.columns import Number
from schema.models import Base

BATCH = 500

Database = Connection | Session


@dataclass(frozen=True, slots=True)
class NumberTable:
    """A table with columns of numbers, as they are stored. `unique` where a unique constraint holds one of them."""

    stored: TableClause
    key: list[ColumnClause[Any]]
    numbers: list[ColumnClause[Any]]
    unique: bool

    @property
    def name(self) -> str:
        """The table's name."""
        return self.stored.name


def number_tables(existing_in: Connection | None = None) -> list[NumberTable]:
    """Every table of the models with a column of type Number; with a database, only what it has of them by now."""
    found = []
    for mapped in Base.metadata.sorted_tables:
        there = _columns_of(existing_in, mapped.name) if existing_in is not None else set(mapped.columns.keys())
        numbers = [entry.name for entry in mapped.columns if isinstance(entry.type, Number) and entry.name in there]
        if numbers:
            as_stored = {name: column(name, Text()) for name in numbers}
            key = [as_stored.get(entry.name, column(entry.name, entry.type)) for entry in mapped.primary_key.columns]
            stored = table(mapped.name, *{entry.name: entry for entry in (*key, *as_stored.values())}.values())
            in_key, in_table = ([stored.c[entry.name] for entry in part] for part in (key, as_stored.values()))
            found.append(NumberTable(stored, in_key, in_table, unique=bool(_unique(mapped) & set(numbers))))
    return found


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a table, in the order of its primary key. `last` is the key of the last one, None at the end."""

    rows: int
    last: tuple[Any, ...] | None


def reseal(
    database: Database,
    entry: NumberTable,
    under_key: str,
    sealed: Callable[[str], str],
    after: tuple[Any, ...] | None = None,
) -> Batch:
    """Store anew, as `sealed` makes it, each number that is not under the key of this id, in the next `BATCH` rows.

    `after` is where the batch before ended. A number that somebody changes meanwhile stays as they wrote it.
    """
    due = or_(*(_elsewhere(number, under_key) for number in entry.numbers))
    others = [number for number in entry.numbers if number not in entry.key]
    query = select(*entry.key, *others).where(due).order_by(*entry.key).limit(BATCH)
    if after is not None:
        last = [literal(value, part.type) for value, part in zip(after, entry.key, strict=True)]
        query = query.where(tuple_(*entry.key) > tuple_(*last))
    batch = [dict(row) for row in database.execute(query).mappings()]
    for number in entry.numbers:
        changes = [
            (*(row[part.name] for part in entry.key), before, sealed(before))
            for row in batch
            if (before := row[number.name]) is not None and not before.startswith(f"{under_key}.")
        ]
        if changes:
            _change(database, entry, number, changes)
    return Batch(len(batch), tuple(batch[-1][part.name] for part in entry.key) if batch else None)


def reseal_all(database: Database, entry: NumberTable, under_key: str, sealed: Callable[[str], str]) -> None:
    """`reseal` for the whole table."""
    batch = reseal(database, entry, under_key, sealed)
    while batch.rows:
        batch = reseal(database, entry, under_key, sealed, batch.last)


def _change(database: Database, entry: NumberTable, number: ColumnClause[Any], changes: list[tuple[Any, ...]]) -> None:
    parts = [column(f"key_{place}", part.type) for place, part in enumerate(entry.key)]
    before, after = column("before", Text()), column("after", Text())
    given = values(*parts, before, after, name="given").data(changes)
    same = [part == given.c[mine.name] for part, mine in zip(entry.key, parts, strict=True)]
    database.execute(update(entry.stored).values({number.name: given.c.after}).where(*same, number == given.c.before))


def count_by_key(database: Database, entry: NumberTable) -> dict[str, int]:
    """How many numbers of the table are under each key, by its id; `none` counts those under no key."""
    counts: dict[str, int] = {}
    for number in entry.numbers:
        key_id = func.coalesce(func.substring(number, r"^([0-9a-f]{12})\."), "none")
        query = select(key_id, func.count()).select_from(entry.stored).where(number.is_not(None)).group_by(key_id)
        for found, count in database.execute(query).all():
            counts[found] = counts.get(found, 0) + count
    return counts


def _elsewhere(number: ColumnClause[Any], key_id: str) -> ColumnElement[bool]:
    return and_(number.is_not(None), ~number.startswith(f"{key_id}."))


def _unique(mapped: Table) -> set[str]:
    """The names of the columns that stand in any unique constraint or index."""
    constraints = [entry for entry in mapped.constraints if isinstance(entry, UniqueConstraint | PrimaryKeyConstraint)]
    indexes = [entry for entry in mapped.indexes if entry.unique]
    return {entry.name for held in (*constraints, *indexes) for entry in held.columns}


def _columns_of(connection: Connection, name: str) -> set[str]:
    there = inspect(connection)
    return {entry["name"] for entry in there.get_columns(name)} if there.has_table(name) else set()
