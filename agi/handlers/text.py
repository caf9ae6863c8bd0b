"""`agi://…/text`: a text message came in over the trunk. Is it an opt-out? (S4)"""

from __future__ import annotations

import structlog

from agi.handlers import Context
from agi.session import Session
from consultation.numbers import PhoneNumber, parse_caller
from consultation.texting import meaning
from schema.queries import texts

log = structlog.get_logger("agi.text")


def text(session: Session, context: Context) -> None:
    """Keep what the text asks for, then tell the dialplan that it is kept; any other text is let go of.

    Raises StoreUnavailableError or AgiError; the dialplan then asks the next server.
    """
    # The From header, filtered; a display name may stand before the address in angle brackets.
    sender = session.argument(1).rpartition("<")[2].partition(">")[0]
    number = parse_caller(sender.removeprefix("sip:").partition("@")[0], context.settings.default_region)
    answer = meaning(session.argument(2))
    if answer is not None and isinstance(number, PhoneNumber):
        with context.store.transaction() as transaction:
            texts.keep_answer(transaction, number, answer)
    session.set_variables({"LINE_TEXT": "kept"})
    log.info("text_received", kept=answer if isinstance(number, PhoneNumber) else None)
