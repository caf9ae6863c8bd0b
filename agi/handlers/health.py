"""`agi://…/health`: could this server decide on a call now? (F1)"""

from __future__ import annotations

from agi.handlers import Context
from agi.session import Session
from schema.queries.number_keys import look_for_a_number


def health(session: Session, context: Context) -> None:
    """Say so after a round trip to the database that looks for a number, as a call does.

    Raises StoreUnavailableError, and says nothing, if that fails; NumberKeyError is one.
    """
    with context.store.transaction() as transaction:
        look_for_a_number(transaction)
    session.set_variables({"LINE_HEALTH": "up"})
