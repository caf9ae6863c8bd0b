"""Calls that the FastAGI server has decided on, and what became of them in the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from ami_listener.record import Seen
from ami_listener.writer import Writer
from schema.engine import Store
from schema.models import Call as Kept
from schema.models import CallFact, Consultation
from tests.agi.asterisk_side import Call, defaults, serving
from tests.agi.wire import CALLER, SOON


def decide_on(store: Store, channel: str, caller: str = CALLER) -> None:
    """A call arrives now, and a FastAGI server decides on it."""
    with serving(store, workers=1) as server, Call(server) as call:
        call.admit(caller, channel=channel)
        assert call.answer()


def write(store: Store, batch: Iterable[Seen], **settings: object) -> None:
    """Write all this as one batch: what is queued before a writer starts is what it takes first."""
    writer = Writer(store, defaults(**settings))
    for seen in batch:
        writer.put(seen)
    writer.start()
    assert writer.stop(SOON)


def call(store: Store, channel: str) -> Kept:
    """The call as it stands."""
    with store.transaction() as session:
        return session.scalars(select(Kept).where(Kept.channel == channel)).one()


def outcome(store: Store, channel: str) -> dict[str, Any]:
    """What became of a call."""
    found = call(store, channel)
    columns = ("ringing_at", "answered_at", "connected_at", "ended_at", "talk_seconds")
    return {name: getattr(found, name) for name in (*columns, "disposition", "hangup_cause", "ended_by")}


def facts(store: Store) -> list[tuple[str, str]]:
    """Every fact that was kept, as its call and its kind, in the order in which it was written."""
    with store.transaction() as session:
        return [(row.channel, row.kind) for row in session.scalars(select(CallFact).order_by(CallFact.id))]


def status(store: Store) -> tuple[str, str | None]:
    """The status of the one consultation, and by whom."""
    with store.transaction() as session:
        found = session.scalars(select(Consultation)).one()
        return found.status, found.status_by
