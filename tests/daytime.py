"""Zones of the day, so that tests of what happens in the daytime can run at night."""

from __future__ import annotations

from datetime import UTC, datetime


def zone_where_it_is(hour: int) -> str:
    """A time zone in which it is this hour now, or was or will be within minutes."""
    east = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}"
