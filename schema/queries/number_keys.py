"""Which keys the numbers in the database are under, by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consultation.numbers import PhoneNumber
from schema.models import CallerNumber, NumberKeyState
from schema.queries import audit
from schema.queries.audit import THE_LINE, Action, Actor, Subject

_NOBODYS = PhoneNumber("+10000000000")


class KeyState(StrEnum):
    """What a key is for."""

    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"


def in_use(session: Session) -> Sequence[str]:
    """The ids of the keys without which numbers could not be read or found, the active one first."""
    return session.scalars(
        select(NumberKeyState.id)
        .where(NumberKeyState.state != KeyState.RETIRED)
        .order_by(NumberKeyState.state, NumberKeyState.created_at)
    ).all()


def look_for_a_number(session: Session) -> None:
    """Find nothing, as every search for a number would; the transaction raises what it would (NumberKeyError)."""
    session.execute(select(CallerNumber.id).where(CallerNumber.number == _NOBODYS))


def stay_active(session: Session, key_id: str) -> bool:
    """Whether this is the active key; if so, it stays that until the transaction ends."""
    query = select(NumberKeyState.id).where(NumberKeyState.id == key_id, NumberKeyState.state == KeyState.ACTIVE)
    return session.scalar(query.with_for_update(read=True)) is not None


def states(session: Session, *, locked: bool = False) -> dict[str, KeyState]:
    """Every key with its state. `locked`: nobody else changes a state until the transaction ends."""
    query = select(NumberKeyState).order_by(NumberKeyState.id)
    return {entry.id: KeyState(entry.state) for entry in session.scalars(query.with_for_update() if locked else query)}


def put(session: Session, key_id: str, state: KeyState, actor: Actor = THE_LINE) -> None:
    """Change a key's state, and write down who did (P2). Every change of any key goes through here."""
    session.execute(
        insert(NumberKeyState)
        .values(id=key_id, state=state)
        .on_conflict_do_update(index_elements=[NumberKeyState.id], set_={"state": state})
    )
    audit.record(session, actor, Action.NUMBER_KEY_CHANGED, Subject("number_key", key_id), {"state": state})
