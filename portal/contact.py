"""How a provider reaches the client of an appointment: over the line, or directly."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, Field

from consultation.window import Margins, Window
from portal.line_state import Line, State, current
from schema.engine import Transaction
from schema.queries import reveals
from schema.queries.appointments import Booked
from schema.queries.audit import Actor
from schema.queries.reveals import Reason


class LineContact(BaseModel):
    """Dial this line number, from a number on the profile, in `[opens_at, closes_at)` (W1)."""

    kind: Literal["line"] = "line"
    number: str = Field(examples=["+14155550199"])
    opens_at: datetime
    closes_at: datetime


class DirectContact(BaseModel):
    """Dial the client's own number; `reason` says why the line is not the way now. Each showing is recorded (F2)."""

    kind: Literal["direct"] = "direct"
    number: str = Field(examples=["+14155550123"])
    reason: Literal[Reason.LINE_DOWN, Reason.NOT_REFERRED, Reason.NO_LINE_NUMBER]


Contact = LineContact | DirectContact


def contact(booked: Booked, margins: Margins, line: Line) -> Contact | None:
    """How to reach the client of this appointment (A5, F2, W1). None once it is cancelled: there is nobody to call.

    What it says must not be shown without a record; `reveal` sees to that.
    """
    if booked.appointment.cancelled_at is not None:
        return None
    direct = booked.client_number.e164
    if not booked.appointment.referred:
        return DirectContact(number=direct, reason=Reason.NOT_REFERRED)
    if booked.line_number is None:
        return DirectContact(number=direct, reason=Reason.NO_LINE_NUMBER)
    if line.state is State.DOWN:
        return DirectContact(number=direct, reason=Reason.LINE_DOWN)
    window = Window(booked.consultation.starts_at, booked.consultation.ends_at, margins)
    return LineContact(number=booked.line_number.e164, opens_at=window.opens_at, closes_at=window.closes_at)


def reveal(session: Transaction, booked: Booked, margins: Margins, hold: timedelta, actor: Actor) -> Contact | None:
    """How to reach the client, for `actor` to see: a direct number is recorded in this very transaction (F2, P2).

    `hold` is for how long every part of the line must have been up for the line to count as up.
    """
    found = contact(booked, margins, current(session, hold))
    if isinstance(found, DirectContact):
        reveals.record(
            session,
            actor,
            client_id=booked.appointment.client_id,
            appointment_id=booked.appointment.id,
            reason=found.reason,
        )
    return found
