"""Waiting for what another thread does in the database."""

from __future__ import annotations

import threading

from sqlalchemy import text
from sqlalchemy.orm import Session


def wait_for_lock(session: Session, waits: threading.Thread) -> None:
    """Until this thread waits for a lock in this database."""
    # Who waits for a row waits for a transaction, which is in no database; but they have locks on tables there.
    waiting = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN "
        "(SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE datname = current_database())"
    )
    while not session.scalar(waiting):
        assert waits.is_alive(), "it did not wait"
