"""The phones that the line knows a provider by (A4, A9)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.pages.visit import Visit
from schema.engine import Transaction
from schema.queries import diary


@dataclass(frozen=True, slots=True)
class Phone:
    """The provider's own or their practice's, with what they call it."""

    label: str
    text: str


def phones(session: Transaction, visit: Visit) -> list[Phone]:
    """All of them, the provider's own first."""
    visitor = visit.visitor
    return [
        Phone(phone.label, visit.words.number(phone.number))
        for phone in diary.phones(session, visitor.provider_id, visitor.practice_id)
    ]
