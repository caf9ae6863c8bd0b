"""To whom a client's number was shown, and why: one row for each time (F2, P2). No number stands in it."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from schema.models import Reveal
from schema.queries import audit
from schema.queries.audit import Action, Actor, Subject


class Reason(StrEnum):
    """Why a client's own number was shown."""

    LINE_DOWN = "line_down"
    NOT_REFERRED = "not_referred"
    NO_LINE_NUMBER = "no_line_number"
    CLIENT_LIST = "client_list"
    CLIENT_PAGE = "client_page"


def record(session: Session, actor: Actor, *, client_id: str, appointment_id: str | None, reason: Reason) -> None:
    """Keep that the client's number was shown. In the transaction that reads the number: no record, no number.

    `reveals` is what is asked about one client; the audit is what proves that nothing of it was altered.
    """
    session.add(
        Reveal(
            actor_kind=actor.kind,
            actor=actor.name,
            appointment_id=appointment_id,
            client_id=client_id,
            reason=reason,
        )
    )
    session.flush()
    details = {"reason": reason} | ({"appointment_id": appointment_id} if appointment_id is not None else {})
    audit.record(session, actor, Action.NUMBER_SHOWN, Subject("client", client_id), details)
