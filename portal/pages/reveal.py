"""A client's own number, shown to their provider: only here does one become text, and each time it is recorded (P2)."""

from __future__ import annotations

from dataclasses import dataclass

from consultation.numbers import PhoneNumber
from portal.contact import DirectContact
from portal.pages.popup import Popup
from portal.pages.standing import Standing
from portal.pages.visit import Visit
from schema.engine import Transaction
from schema.models import Client
from schema.queries import reveals
from schema.queries.audit import Actor
from schema.queries.reveals import Reason


@dataclass(frozen=True, slots=True)
class Shown:
    """A number for a page: as people write it, and for a `tel:` link. Its repr shows neither (P1)."""

    _number: PhoneNumber
    text: str

    @property
    def e164(self) -> str:
        """For the link."""
        return self._number.e164

    def __repr__(self) -> str:
        return f"Shown({self._number})"


def reveal(session: Transaction, visit: Visit, client: Client, reason: Reason) -> Shown:
    """The client's own number, recorded as shown to the provider for that reason in the transaction given."""
    _record(session, visit, client.id, None, reason)
    return Shown(client.number, visit.words.number(client.number))


def reveal_contact(session: Transaction, visit: Visit, popup: Popup) -> Shown | None:
    """The number that a pop-up shows, if it shows one: the line's, or recorded as revealed the client's own."""
    reached = popup.contact
    if reached is None or popup.standing in (Standing.CLOSED, Standing.CANCELLED):
        return None
    if isinstance(reached, DirectContact):
        _record(session, visit, popup.client_id, popup.appointment_id, reached.reason)
    number = PhoneNumber(reached.number)
    return Shown(number, visit.words.number(number))


def _record(session: Transaction, visit: Visit, client_id: str, appointment_id: str | None, reason: Reason) -> None:
    actor = Actor("provider", visit.provider_id)
    reveals.record(session, actor, client_id=client_id, appointment_id=appointment_id, reason=reason)
