"""Line numbers, providers and clients, as the platform keeps them with us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from consultation.numbers import PhoneNumber
from schema.models import CallerNumber, Client, LineNumber, Practice, Provider
from schema.pins import fits, hashed
from schema.queries import audit, profile_changes
from schema.queries.audit import THE_LINE, Action, Actor, Subject


class NumberTakenError(Exception):
    """A number is somebody else's already. Says neither which nor whose (A4)."""


class UnknownError(Exception):
    """The platform has not told us of this provider, client or practice; `field` says which of them."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class PinError(Exception):
    """This PIN cannot be accepted; the message says why, and not what it is."""


def add_line_number(session: Session, number: PhoneNumber, *, actor: Actor = THE_LINE) -> bool:
    """Put a number into the line's pool. Returns whether it is new. Raises NumberTakenError if a provider has it."""
    if session.scalar(select(CallerNumber.id).where(CallerNumber.number == number)) is not None:
        raise NumberTakenError
    statement = insert(LineNumber).values(number=number).on_conflict_do_nothing().returning(LineNumber.id)
    added = session.scalar(statement)
    if added is not None:
        details = {"numbers_added": [str(number)]}
        audit.record(session, actor, Action.LINE_NUMBER_ADDED, Subject("line_number", str(added)), details)
    return added is not None


def line_numbers(session: Session) -> Sequence[LineNumber]:
    """The pool, in the order in which its numbers came."""
    return session.scalars(select(LineNumber).order_by(LineNumber.id)).all()


def put_practice(
    session: Session,
    practice_id: str,
    *,
    name: str,
    numbers: Mapping[PhoneNumber, str],
    actor: Actor = THE_LINE,
) -> bool:
    """Create or change a practice; `numbers` are those that its providers share. Returns whether it is new.

    What `actor` changed by it is written down (P2). Raises NumberTakenError if one of the numbers is somebody else's or
    the line's own (A3, A4).
    """
    before = profile_changes.stored(session, Practice, practice_id)
    session.execute(
        insert(Practice)
        .values(id=practice_id, name=name)
        .on_conflict_do_update(index_elements=["id"], set_={"name": name})
    )
    had = _put_numbers(session, CallerNumber.practice_id, practice_id, numbers)
    change = (before and before | {"caller_numbers": had}, {"name": name, "caller_numbers": numbers})
    profile_changes.record(session, actor, "practice", practice_id, change)
    return before is None


def put_provider(
    session: Session,
    provider_id: str,
    *,
    name: str,
    time_zone: str,
    language: str,
    numbers: Mapping[PhoneNumber, str],
    practice_id: str | None = None,
    pin: str | None = None,
    pin_always: bool = False,
    pin_when_unverified: bool = False,
    sms_number: PhoneNumber | None = None,
    actor: Actor = THE_LINE,
) -> bool:
    """Create or change a provider; `numbers` are the caller numbers with their labels. Returns whether it is new.

    What `actor` changed by it is written down (P2). Reminders go to `sms_number`, which may be anybody's, but not the
    line's own.

    Without a `pin` the one of before stays. Raises NumberTakenError if one of the numbers is somebody else's or
    the line's own (A3, A4), UnknownError for a practice that nobody told us of, PinError.
    """
    if practice_id is not None and session.get(Practice, practice_id, with_for_update=True) is None:
        raise UnknownError("practice_id")
    before = profile_changes.stored(session, Provider, provider_id)
    pin_hash = before["pin_hash"] if before is not None else None
    if pin is not None and (pin_hash is None or not fits(pin, pin_hash)):
        pin_hash = hashed(pin)
    if pin_hash is None and (practice_id is not None or pin_always or pin_when_unverified):
        raise PinError("is needed for a provider of a practice, and where it is asked for")
    if practice_id is not None and pin is None and before is not None and before["practice_id"] != practice_id:
        # Only its hash is known, and hashes cannot be compared with those of the new colleagues.
        raise PinError("is needed when a provider joins a practice")
    if practice_id is not None and pin is not None:
        _check_pin_tells_apart(session, practice_id, provider_id, pin)
    values = {
        "name": name,
        "time_zone": time_zone,
        "language": language,
        "practice_id": practice_id,
        "pin_hash": pin_hash,
        "pin_always": pin_always,
        "pin_when_unverified": pin_when_unverified,
        "sms_number": sms_number,
    }
    if sms_number is not None and session.scalar(select(LineNumber.id).where(LineNumber.number == sms_number)):
        raise NumberTakenError
    session.execute(
        insert(Provider).values(id=provider_id, **values).on_conflict_do_update(index_elements=["id"], set_=values)
    )
    had = _put_numbers(session, CallerNumber.provider_id, provider_id, numbers)
    change = (before and before | {"caller_numbers": had}, values | {"caller_numbers": numbers})
    profile_changes.record(session, actor, "provider", provider_id, change)
    return before is None


def _check_pin_tells_apart(session: Session, practice_id: str, provider_id: str, pin: str) -> None:
    """Two providers of one practice cannot have one PIN: it is what tells them apart (A9)."""
    others = session.scalars(
        select(Provider.pin_hash).where(Provider.practice_id == practice_id, Provider.id != provider_id)
    )
    if any([fits(pin, stored) for stored in others if stored]):  # noqa: C419 - all are tried: time tells nothing
        raise PinError("cannot be used in this practice: choose another")


def _put_numbers(
    session: Session, owner: InstrumentedAttribute[str | None], owner_id: str, numbers: Mapping[PhoneNumber, str]
) -> Mapping[PhoneNumber, str]:
    """Make these the owner's numbers, and no others. Returns those of before."""
    if numbers and session.scalar(select(LineNumber.id).where(LineNumber.number.in_(numbers)).limit(1)) is not None:
        raise NumberTakenError
    had = session.execute(select(CallerNumber.number, CallerNumber.label).where(owner == owner_id)).all()
    session.execute(delete(CallerNumber).where(owner == owner_id, CallerNumber.number.not_in(numbers)))
    # Sorted, so that two profiles written at once cannot wait for each other's numbers crosswise.
    for number in sorted(numbers, key=lambda number: number.e164):
        statement = insert(CallerNumber).values({owner.key: owner_id, "number": number, "label": numbers[number]})
        kept = session.scalar(
            statement.on_conflict_do_update(
                index_elements=[CallerNumber.number], set_={"label": numbers[number]}, where=owner == owner_id
            ).returning(CallerNumber.id)
        )
        if kept is None:
            raise NumberTakenError
    return {row.number: row.label for row in had}


def provider_exists(session: Session, provider_id: str) -> bool:
    """Whether the platform has told us of this provider."""
    return session.scalar(select(func.count()).where(Provider.id == provider_id)) == 1


def caller_numbers(session: Session, provider_id: str) -> Sequence[CallerNumber]:
    """The numbers that a provider dials from, in the order in which they came."""
    return session.scalars(
        select(CallerNumber).where(CallerNumber.provider_id == provider_id).order_by(CallerNumber.id)
    ).all()


def put_client(session: Session, client_id: str, *, name: str, number: PhoneNumber, actor: Actor = THE_LINE) -> bool:
    """Create or change a client. Returns whether it is new.

    What `actor` changed by it is written down (P2). Raises NumberTakenError for one of the line's own numbers: the line
    would call itself.
    """
    if session.scalar(select(LineNumber.id).where(LineNumber.number == number)) is not None:
        raise NumberTakenError
    before = profile_changes.stored(session, Client, client_id)
    values = {"name": name, "number": number}
    session.execute(
        insert(Client).values(id=client_id, **values).on_conflict_do_update(index_elements=["id"], set_=values)
    )
    profile_changes.record(session, actor, "client", client_id, (before, values))
    return before is None
