"""How a provider reaches the client of an appointment: over the line, or directly."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from consultation.window import Margins, Window
from schema.queries.appointments import Booked


class LineContact(BaseModel):
    """Dial this line number, from a number on the profile, in `[opens_at, closes_at)` (W1)."""

    kind: Literal["line"] = "line"
    number: str = Field(examples=["+14155550199"])
    opens_at: datetime
    closes_at: datetime


class DirectContact(BaseModel):
    """Dial the client's own number; `reason` says why this appointment does not go through the line."""

    kind: Literal["direct"] = "direct"
    number: str = Field(examples=["+14155550123"])
    reason: Literal["not_referred", "no_line_number"]


Contact = LineContact | DirectContact


def contact(booked: Booked, margins: Margins) -> Contact | None:
    """How to reach the client of this appointment (A5, W1). None once it is cancelled: there is nobody to call."""
    if booked.appointment.cancelled_at is not None:
        return None
    if not booked.appointment.referred:
        return DirectContact(number=booked.client_number.e164, reason="not_referred")
    if booked.line_number is None:
        return DirectContact(number=booked.client_number.e164, reason="no_line_number")
    window = Window(booked.consultation.starts_at, booked.consultation.ends_at, margins)
    return LineContact(number=booked.line_number.e164, opens_at=window.opens_at, closes_at=window.closes_at)
