"""Line numbers, providers and clients, as the platform keeps them with us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consultation.numbers import PhoneNumber
from schema.models import CallerNumber, Client, LineNumber, Provider


class NumberTakenError(Exception):
    """A number is somebody else's already. Says neither which nor whose (A4)."""


def add_line_number(session: Session, number: PhoneNumber) -> bool:
    """Put a number into the line's pool. Returns whether it is new. Raises NumberTakenError if a provider has it."""
    if session.scalar(select(CallerNumber.id).where(CallerNumber.number == number)) is not None:
        raise NumberTakenError
    statement = insert(LineNumber).values(number=number).on_conflict_do_nothing().returning(LineNumber.id)
    return session.scalar(statement) is not None


def line_numbers(session: Session) -> Sequence[LineNumber]:
    """The pool, in the order in which its numbers came."""
    return session.scalars(select(LineNumber).order_by(LineNumber.id)).all()


def put_provider(
    session: Session,
    provider_id: str,
    *,
    name: str,
    time_zone: str,
    language: str,
    numbers: Mapping[PhoneNumber, str],
) -> bool:
    """Create or change a provider; `numbers` are the caller numbers with their labels. Returns whether it is new.

    Raises NumberTakenError if one of the numbers is another provider's or the line's own (A3, A4).
    """
    values = {"name": name, "time_zone": time_zone, "language": language}
    created = session.get(Provider, provider_id) is None
    session.execute(
        insert(Provider).values(id=provider_id, **values).on_conflict_do_update(index_elements=["id"], set_=values)
    )
    if numbers and session.scalar(select(LineNumber.id).where(LineNumber.number.in_(numbers)).limit(1)) is not None:
        raise NumberTakenError
    session.execute(
        delete(CallerNumber).where(CallerNumber.provider_id == provider_id, CallerNumber.number.not_in(numbers))
    )
    # Sorted, so that two profiles written at once cannot wait for each other's numbers crosswise.
    for number in sorted(numbers, key=lambda number: number.e164):
        statement = insert(CallerNumber).values(provider_id=provider_id, number=number, label=numbers[number])
        owner = session.scalar(
            statement.on_conflict_do_update(
                index_elements=[CallerNumber.number],
                set_={"label": numbers[number]},
                where=CallerNumber.provider_id == provider_id,
            ).returning(CallerNumber.provider_id)
        )
        if owner is None:
            raise NumberTakenError
    return created


def provider_exists(session: Session, provider_id: str) -> bool:
    """Whether the platform has told us of this provider."""
    return session.scalar(select(func.count()).where(Provider.id == provider_id)) == 1


def caller_numbers(session: Session, provider_id: str) -> Sequence[CallerNumber]:
    """The numbers that a provider dials from, in the order in which they came."""
    return session.scalars(
        select(CallerNumber).where(CallerNumber.provider_id == provider_id).order_by(CallerNumber.id)
    ).all()


def put_client(session: Session, client_id: str, *, name: str, number: PhoneNumber) -> bool:
    """Create or change a client. Returns whether it is new.

    Raises NumberTakenError for one of the line's own numbers: the line would call itself.
    """
    if session.scalar(select(LineNumber.id).where(LineNumber.number == number)) is not None:
        raise NumberTakenError
    created = session.get(Client, client_id) is None
    values = {"name": name, "number": number}
    session.execute(
        insert(Client).values(id=client_id, **values).on_conflict_do_update(index_elements=["id"], set_=values)
    )
    return created
