"""Column types of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ClauseElement,
    ColumnElement,
    DateTime,
    Text,
    all_,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator

from consultation.numbers import PhoneNumber
from schema.keyring import Keyring

_SEARCHES: dict[OperatorType, bool] = {
    operators.eq: True,
    operators.in_op: True,
    operators.ne: False,
    operators.not_in_op: False,
}

# A dialect belongs to one engine, and is all that SQLAlchemy tells a type of who asks.
_keyrings: WeakKeyDictionary[Dialect, Callable[[], Keyring]] = WeakKeyDictionary()


def give_keys(dialect: Dialect, keyring: Callable[[], Keyring]) -> None:
    """Numbers that go through this engine's dialect are sealed and opened with these keys."""
    _keyrings[dialect] = keyring


class SoughtNumbers(TypeDecorator[Iterable[PhoneNumber]]):
    """Numbers to look for: in every form in which they may be stored, whichever key each row is under (P1)."""

    impl = ARRAY(Text)
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> list[str] | None:
        """What the database is given."""
        if value is None:
            return None
        numbers = [value] if isinstance(value, PhoneNumber) else value
        keyring = _keyrings[dialect]()
        return [form for number in numbers for form in keyring.seal(number)]


class Number(TypeDecorator[PhoneNumber]):
    """A phone number. Every column that holds one has this type, so that how it is stored is decided here.

    It is stored encrypted (P1). It goes to the database under each key that this process has, and the database keeps
    the one under the key that is in use as the statement begins (`number_to_store`); so it is never of two minds with
    `consultline rotate-key`. Numbers can be compared for equality only.
    """

    impl = Text
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator[PhoneNumber]):  # noqa: N801 (SQLAlchemy's name)
        """`==`, `!=`, `in_` and `not_in` with numbers find them whichever key they are under."""

        def operate(self, op: OperatorType, *other: Any, **options: Any) -> ColumnElement[Any]:
            """The comparison. Raises TypeError for one that encrypted numbers do not have."""
            if op in (operators.is_, operators.is_not):
                return super().operate(op, *other, **options)
            if op not in _SEARCHES:
                raise TypeError(f"numbers are encrypted: they can be compared for equality, and not by {op.__name__}")
            if other[0] is None or not _is_value(other[0]):
                # Another column. Both are under one key if both stand in unique constraints: see schema/rotation.py.
                return super().operate(op, *other, **options)
            forms = _forms(other[0])
            found = any_(forms) if _SEARCHES[op] else all_(forms)
            return super().operate(operators.eq if _SEARCHES[op] else operators.ne, found, **options)

    def process_bind_param(self, value: PhoneNumber | None, dialect: Dialect) -> Any | None:
        """What the database is given: its form under each key."""
        return _keyrings[dialect]().seal(value) if value is not None else None

    def bind_expression(self, bindvalue: BindParameter[PhoneNumber]) -> ColumnElement[PhoneNumber]:
        """What the database makes of that: the form under the key in use."""
        return func.number_to_store(bindvalue, type_=self)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> PhoneNumber | None:
        """What the program is given. Raises MissingKeyError, UnreadableNumberError."""
        return _keyrings[dialect]().open(value) if value is not None else None


def _is_value(sought: object) -> bool:
    return isinstance(sought, BindParameter) or not (
        isinstance(sought, ClauseElement) or hasattr(sought, "__clause_element__")
    )


def _forms(sought: object) -> ColumnElement[Any]:
    """All forms of the numbers that are sought, after a look whether these are all the forms that there are."""
    if not isinstance(sought, BindParameter):
        sought = bindparam(None, sought, type_=SoughtNumbers(), unique=True)
    elif not isinstance(sought.type, SoughtNumbers):
        sought = sought._clone(maintain_key=True)
        sought.type = SoughtNumbers()
    # A subquery, so that PostgreSQL looks once for a statement and not once for a row.
    return cast(select(func.number_sought(sought)).scalar_subquery(), ARRAY(Text))


Instant = DateTime(timezone=True)
"""A point in time, stored in UTC (W5)."""
