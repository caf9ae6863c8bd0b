"""The line's clock, and whether the line is down, for the notice on every page (F2, W5)."""

from __future__ import annotations

from datetime import datetime

from portal.line_state import State, current
from portal.pages.visit import Visit
from schema.engine import Transaction
from schema.queries.line import clock


def look(session: Transaction, visit: Visit) -> tuple[datetime, bool]:
    """The database's time, and whether the line is down."""
    return clock(session), current(session, visit.hold).state is State.DOWN
