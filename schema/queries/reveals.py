"""To whom a client's number was shown, and why: one row for each time (F2, P2). No number stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from sqlalchemy.orm import Session

from schema.models import Reveal


class Reason(StrEnum):
    """Why a client's own number was shown."""

    LINE_DOWN = "line_down"
    NOT_REFERRED = "not_referred"
    NO_LINE_NUMBER = "no_line_number"
    CLIENT_LIST = "client_list"
    CLIENT_PAGE = "client_page"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a token, by its name, or a provider, by their id."""

    kind: Literal["token", "provider"]
    name: str


def record(session: Session, actor: Actor, *, client_id: str, appointment_id: str | None, reason: Reason) -> None:
    """Keep that the client's number was shown. In the transaction that reads the number: no record, no number."""
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
