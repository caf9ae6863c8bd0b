"""`agi://…/health`: could this server decide on a call now? (F1)"""

from __future__ import annotations

from agi.handlers import Context
from agi.session import Session
from schema.queries.line import clock


def health(session: Session, context: Context) -> None:
    """Say so after a round trip to the database. Raises StoreUnavailableError, and says nothing, if that fails."""
    with context.store.transaction() as transaction:
        clock(transaction)
    session.set_variables({"LINE_HEALTH": "up"})
