"""Keeping what was seen: facts, outcomes and all that follows, in the caller's transaction (E3, E4, S2)."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from ami_listener.events import Unavailable
from consultation.numbers import PhoneNumber, parse_caller
from runtime.settings import Settings
from schema.engine import Transaction
from schema.queries import calls, outcomes
from schema.queries.calls import Sighting

log = structlog.get_logger("ami_listener.record")

Seen = Sighting | Unavailable


def record(session: Transaction, batch: Sequence[Seen], settings: Settings) -> None:
    """Keep what was seen, and settle every call that it is about. The same batch twice is once."""
    sightings = [seen if isinstance(seen, Sighting) else seen.sighting() for seen in batch]
    channels = sorted({sighting.channel for sighting in sightings})
    _record_unavailable(session, [seen for seen in batch if isinstance(seen, Unavailable)], channels, settings)
    calls.add_facts(session, sightings)
    # All calls before any consultation: settling locks those as well. A call of which no decision was kept yet is
    # settled by the next word of it, or by the next look at what is open.
    for channel in calls.lock(session, channels):
        call = outcomes.settle(session, channel, settings.completed_after_seconds)
        if call is not None:
            log.info("call_ended", call_id=str(call.id), channel=channel, disposition=call.disposition)
        if call is not None and call.witnesses_disagree:
            log.error("witnesses_disagree", call_id=str(call.id), channel=channel)


def _record_unavailable(
    session: Transaction, attempts: Sequence[Unavailable], channels: Sequence[str], settings: Settings
) -> None:
    """Keep the attempts on which no server decided, in the order of their channels, with those that are there locked.

    The other witness tells of the same calls at the same time, and in an order of its own: whoever wrote as they came
    would wait for the other, who waits as well, until PostgreSQL ends one of them.
    """
    if not attempts:
        return
    calls.lock(session, channels)
    for attempt in sorted(attempts, key=lambda attempt: attempt.channel):
        caller, dialled = (_number(text, settings) for text in (attempt.caller, attempt.dialled))
        calls.record_unavailable(session, attempt.channel, caller, dialled, attempt.at)


def _number(text: str, settings: Settings) -> PhoneNumber | None:
    number = parse_caller(text, settings.default_region)
    return number if isinstance(number, PhoneNumber) else None
