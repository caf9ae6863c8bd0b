"""Holds what is recorded against what is up: nothing stays open for ever, nothing is closed that is up (E4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from ami_listener import listing
from ami_listener.connection import Connection, NotConnectedError
from ami_listener.listing import WITNESS, Listing
from ami_listener.record import record
from consultation.evidence import Fact, Kind, Leg
from runtime.settings import Settings
from schema.engine import Store, StoreUnavailableError
from schema.queries import calls, line
from schema.queries.calls import Sighting

log = structlog.get_logger("ami_listener.reconcile")

# Between a channel's end and the witnesses' word of it; far more than either needs.
GRACE_SECONDS = 2.0
# After the longest call and its ringing, nobody can be up any more, whether or not anybody can be asked.
_LEEWAY = timedelta(minutes=10)


class Reconciler:
    """Compares at every interval, and whenever `now` is set: after a login nobody knows what happened before it.

    What it finds is one more witness, who saw no end itself. `caught_up` writes down all that the others have told by
    now, and returns whether that was done.
    """

    def __init__(
        self,
        connection: Connection,
        store: Store,
        settings: Settings,
        caught_up: Callable[[], bool],
        now: asyncio.Event,
    ) -> None:
        self._connection = connection
        self._store = store
        self._settings = settings
        self._caught_up = caught_up
        self._now = now

    async def run(self) -> None:
        """Compare until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._now.wait(), self._settings.reconcile_seconds)
            self._now.clear()
            try:
                await self.compare()
            except NotConnectedError:
                log.warning("not_compared", why="Asterisk does not answer")
            except StoreUnavailableError as error:
                log.warning("not_compared", why=str(error))
            except Exception:
                # An unforeseen answer must not end the comparing; the next one may be better.
                log.exception("comparing_failed")

    async def compare(self) -> None:
        """Note which open calls are up, and end those that are not. Raises NotConnectedError, StoreUnavailableError."""
        await asyncio.to_thread(self._end_overdue)
        # The open calls first: one that is recorded by now had its channel before, and is over if it has none later.
        open_calls = await asyncio.to_thread(self._open_calls)
        if not open_calls:
            return
        found = await listing.take(self._connection)
        await asyncio.to_thread(self._keep, seen(found, set(open_calls)))
        missing = sorted(set(open_calls) - found.channels)
        if missing:
            await asyncio.sleep(GRACE_SECONDS)
            await asyncio.to_thread(self._end, missing, found.at)

    def _open_calls(self) -> list[str]:
        with self._store.transaction() as transaction:
            return [call.channel for call in calls.still_open(transaction, self._settings.node)]

    def _end(self, missing: Sequence[str], at: datetime) -> None:
        """End the calls whose end no witness has told of by now, though each was given the time to."""
        if not self._caught_up():
            raise StoreUnavailableError("what the witnesses told is not written yet")
        still = set(self._open_calls())
        self._keep([gone(channel, at) for channel in missing if channel in still])

    def _end_overdue(self) -> None:
        longest = timedelta(seconds=self._settings.max_call_seconds + self._settings.ring_seconds) + _LEEWAY
        with self._store.transaction() as transaction:
            now = line.clock(transaction)
            open_calls = calls.still_open(transaction, self._settings.node)
            overdue = [call.channel for call in open_calls if now - call.arrived_at > longest]
        self._keep([gone(channel, now) for channel in overdue])

    def _keep(self, sightings: Sequence[Sighting]) -> None:
        if not sightings:
            return
        for sighting in sightings:
            if sighting.fact.kind is Kind.GONE:
                log.error("call_interrupted", channel=sighting.channel)
        with self._store.transaction() as transaction:
            record(transaction, sightings, self._settings)


def seen(found: Listing, open_calls: set[str]) -> list[Sighting]:
    """That these legs are in their bridges now."""
    return [
        Sighting(
            WITNESS,
            leg.channel,
            leg.leg_channel,
            Fact(
                Kind.SEEN,
                Leg.PROVIDER if leg.leg_channel == leg.channel else Leg.CLIENT,
                found.at,
                bridge=leg.bridge,
            ),
            leg.asterisk_start,
        )
        for leg in found.legs
        if leg.bridge and leg.channel in open_calls
    ]


def gone(channel: str, at: datetime) -> Sighting:
    """That this call is not up any more."""
    return Sighting(WITNESS, channel, channel, Fact(Kind.GONE, Leg.PROVIDER, at))
