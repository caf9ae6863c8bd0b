"""What the platform tells the line, and the calls that come of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from consultation.admission import Admit, Attempt, Decision, Profile, decide
from consultation.evidence import DialStatus, Fact, Kind, Leg
from consultation.numbers import PhoneNumber
from consultation.outcome import Disposition
from consultation.window import Margins
from schema.models import Consultation
from schema.queries import admission, appointments, calls, outcomes, people
from schema.queries.calls import Sighting
from tests.consultation.examples import CLIENT, LINE, OTHER_LINE, PROVIDER, clock

MARGINS = Margins()
STRANGER = PhoneNumber("+14155550177")
PROFILE = Profile("dr-lee", time_zone="America/Los_Angeles", language="en")
OFFICE = PhoneNumber("+14155550101")


def settle_in(session: Session) -> None:
    """Two line numbers, a provider and a client."""
    people.add_line_number(session, LINE)
    people.add_line_number(session, OTHER_LINE)
    put_provider(session, "dr-lee", PROVIDER)
    people.put_client(session, "client", name="Jane Doe", number=CLIENT)


def put_provider(session: Session, provider_id: str, *numbers: PhoneNumber) -> bool:
    """A provider with these numbers."""
    labels = {number: f"phone {place}" for place, number in enumerate(numbers, 1)}
    zone, language = PROFILE.time_zone, PROFILE.language
    return people.put_provider(session, provider_id, name="Dr", time_zone=zone, language=language, numbers=labels)


def book(
    session: Session,
    appointment_id: str = "first",
    starts_at: datetime = clock("9:00"),  # noqa: B008 (a constant)
    ends_at: datetime | None = None,
    *,
    provider_id: str = "dr-lee",
    client_id: str = "client",
    referred: bool = True,
) -> bool:
    """An appointment of half an hour, unless its end says otherwise; with other times than before, a reschedule."""
    return appointments.put(
        session,
        appointment_id,
        provider_id=provider_id,
        client_id=client_id,
        starts_at=starts_at,
        ends_at=ends_at or starts_at + timedelta(minutes=30),
        referred=referred,
        margins=MARGINS,
    )


def occurrences(session: Session, appointment_id: str = "first") -> list[Consultation]:
    """Every occurrence of an appointment, as the database has it."""
    session.flush()
    query = select(Consultation).where(Consultation.appointment_id == appointment_id).order_by(Consultation.occurrence)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def statuses(session: Session, appointment_id: str = "first") -> list[str]:
    """The status of every occurrence of an appointment, the oldest first."""
    return [consultation.status for consultation in occurrences(session, appointment_id)]


def arrive(
    session: Session, channel: str, at: datetime, *, caller: PhoneNumber = PROVIDER, line_number: PhoneNumber = LINE
) -> tuple[UUID, Decision]:
    """A call comes in, is decided and recorded, as the FastAGI server does it."""
    attempt = Attempt(caller, line_number)
    known = admission.situation(session, caller, MARGINS, at=at)
    decision = decide(attempt, known.profile, known.candidates, known.now)
    return admission.record(session, channel, attempt, known, decision), decision


def admit(session: Session, channel: str, at: datetime = clock("9:00")) -> UUID:  # noqa: B008 (a constant)
    """A call comes in and is admitted. Returns the consultation's id."""
    _, decision = arrive(session, channel, at)
    assert isinstance(decision, Admit)
    return decision.candidate.consultation_id


_ENDS = {
    Disposition.CONNECTED: [],
    Disposition.NO_ANSWER: [(Kind.DIALLED, DialStatus.NOANSWER)],
    Disposition.BUSY: [(Kind.DIALLED, DialStatus.BUSY)],
    Disposition.REJECTED: [(Kind.DIALLED, DialStatus.NOANSWER)],
    Disposition.UNREACHABLE: [(Kind.DIALLED, DialStatus.CHANUNAVAIL)],
    Disposition.CALLER_GAVE_UP: [(Kind.DIALLED, DialStatus.CANCEL)],
    Disposition.LINE_FAILED: [(Kind.DIALLED, DialStatus.ANSWER)],
    Disposition.INTERRUPTED: [],
}


def hang_up(
    session: Session,
    channel: str,
    talk_seconds: float,
    *,
    completed_after_seconds: int = 0,
    disposition: Disposition | None = Disposition.CONNECTED,
) -> None:
    """A call ends at 9:20, and what the witnesses saw is written down, as the listener does it.

    With None, it does not end yet: they have talked for so long.
    """
    over = clock("9:20")
    facts: list[tuple[str, Fact]] = []
    if disposition in (Disposition.CONNECTED, None):
        start = over - timedelta(seconds=talk_seconds)
        facts += [(leg, Fact(Kind.BRIDGE_ENTER, side, start, bridge="one")) for leg, side in _legs(channel)]
    if disposition is not None:
        facts += [
            (leg, Fact(kind, side, over, dial_status=status))
            for leg, side in _legs(channel)[1:]
            for kind, status in _ENDS[disposition]
        ]
        rejected = disposition is Disposition.REJECTED
        facts.append((f"{channel}.client", Fact(Kind.HANGUP, Leg.CLIENT, over, cause=21 if rejected else 16)))
        last = Kind.GONE if disposition is Disposition.INTERRUPTED else Kind.HANGUP
        facts.append((channel, Fact(last, Leg.PROVIDER, over, cause=16)))
    calls.add_facts(session, [Sighting("ami", channel, leg, fact) for leg, fact in facts])
    outcomes.settle(session, channel, completed_after_seconds)


def _legs(channel: str) -> list[tuple[str, Leg]]:
    return [(channel, Leg.PROVIDER), (f"{channel}.client", Leg.CLIENT)]
