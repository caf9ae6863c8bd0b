"""What the platform has booked, seen from now: the server judges by the database's clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from consultation.numbers import PhoneNumber
from consultation.window import Margins
from schema.engine import Store
from schema.models import Call
from schema.queries import appointments, people
from tests.agi.asterisk_side import LINE_NUMBER
from tests.agi.wire import CALLER

CLIENT = "+14155550142"
OTHER_LINE = "+14155550198"
STRANGER = "+14155550177"

HOUR = timedelta(hours=1)


def book(store: Store, starts_in: timedelta = timedelta(minutes=-5), lasts: timedelta = HOUR) -> None:
    """One provider with one referred appointment that starts so long after now; without more, one that is open now."""
    starts_at = datetime.now(UTC) + starts_in
    with store.transaction() as session:
        for number in (LINE_NUMBER, OTHER_LINE):
            people.add_line_number(session, PhoneNumber(number))
        numbers = {PhoneNumber(CALLER): "mobile"}
        people.put_provider(session, "lee", name="Dr. Lee", time_zone="UTC", language="en", numbers=numbers)
        people.put_client(session, "jane", name="Jane Doe", number=PhoneNumber(CLIENT))
        appointments.put(
            session,
            "first",
            provider_id="lee",
            client_id="jane",
            starts_at=starts_at,
            ends_at=starts_at + lasts,
            referred=True,
            margins=Margins(),
        )


def calls(store: Store) -> Sequence[Call]:
    """Every attempt that was recorded, oldest first."""
    with store.transaction() as session:
        return session.scalars(select(Call).order_by(Call.arrived_at)).all()
