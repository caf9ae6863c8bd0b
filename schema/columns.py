"""Column types of our own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from consultation.numbers import PhoneNumber


class Number(TypeDecorator[PhoneNumber]):
    """A phone number. Every column that holds one has this type, so that how it is stored is decided here."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: PhoneNumber | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """What the database is given."""
        return value.e164 if value is not None else None

    def process_result_value(self, value: Any | None, dialect: Dialect) -> PhoneNumber | None:  # noqa: ARG002
        """What the program is given."""
        return PhoneNumber(value) if value is not None else None


Instant = DateTime(timezone=True)
"""A point in time, stored in UTC (W5)."""
