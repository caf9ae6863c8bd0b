"""What several witnesses saw of a call of the store's tests, and what it led to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from consultation.evidence import Leg
from schema.models import Call, CallOutcome, Effect
from schema.queries import calls, outcomes
from schema.queries.calls import Sighting
from tests.consultation.events import seen

TALKING = """
     2  client    ringing
     9  client    dialled         ANSWER
     9  provider  bridge_enter    one
    10  client    bridge_enter    one
"""
ENDED = """
    70  provider  hangup_request  16
    70  provider  bridge_leave    one
    70  client    bridge_leave    one
    70  client    hangup          16
    70  provider  hangup          16
"""
CONNECTED = TALKING + ENDED
GONE = "90 provider gone\n"
BUSY = """
     5  client    hangup_request  17
     5  client    dialled         BUSY
     5  client    hangup          17
     6  provider  hangup          17
"""


def tell(session: Session, table: str, witness: str, channel: str = "one", completed_after_seconds: int = 0) -> bool:
    """A witness tells this of a call, and it is settled. Returns whether its end is news."""
    sightings = [
        Sighting(witness, channel, channel if fact.leg is Leg.PROVIDER else f"{channel}.client", fact)
        for fact in seen(table)
    ]
    calls.add_facts(session, sightings)
    return outcomes.settle(session, channel, completed_after_seconds) is not None


def kept(session: Session, channel: str = "one") -> Call:
    """The call as it stands."""
    return session.scalars(select(Call).where(Call.channel == channel)).one()


def versions(session: Session) -> Sequence[tuple[int, str, float, bool]]:
    """What was said of calls' ends, one after the other: version, disposition, seconds of talk, whether partial."""
    return [
        (row.version, row.disposition, row.talk_seconds, row.talk_partial)
        for row in session.scalars(select(CallOutcome).order_by(CallOutcome.recorded_at))
    ]


def effects(session: Session) -> Counter[str]:
    """How often each type of effect was enqueued."""
    return Counter(session.scalars(select(Effect.event_type)))
