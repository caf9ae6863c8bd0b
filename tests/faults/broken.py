"""Listeners that are broken on purpose: `python -m tests.faults.broken <variant>` for `consultline run listener`.

Each breaks one thing that E4 rests on, and the fault harness has to notice it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from ami_listener import tail
from ami_listener.files import File
from ami_listener.record import Seen, record
from consultation import outcome
from consultation.evidence import Fact, Kind, Leg
from consultation.outcome import Outcome
from ops.serve import Server, run
from runtime.settings import load
from schema.queries import cel_files, outbox, outcomes, status
from schema.queries.cel_files import Place

# Long enough for a fault to fall between.
_BETWEEN_SECONDS = 1.0


def _put(owner: Any, name: str, new: Callable[..., Any]) -> None:
    if not hasattr(owner, name):
        raise AttributeError(f"{owner} has no {name} any more: the variant would break nothing")
    setattr(owner, name, new)


def without_cel() -> None:
    """What Asterisk wrote to its own disk is never read."""

    def read_nothing(_: tail.Tail) -> int:
        return 0

    _put(tail.Tail, "catch_up", read_nothing)


def fold_without_dedupe() -> None:
    """A stay in the bridge counts once for every witness that tells of it."""
    fold = outcome.fold

    def count_again(facts: Iterable[Fact]) -> Outcome:
        told = list(facts)
        stays = sum(fact.kind is Kind.BRIDGE_ENTER and fact.leg is Leg.PROVIDER for fact in told)
        found = fold(told)
        return replace(found, talk=found.talk * max(stays, 1))

    _put(outcomes, "fold", count_again)


def place_before_rows() -> None:
    """How far the file was read is committed first, and what was read after it."""

    def keep(self: tail.Tail, sightings: list[Seen], file: File, place: Place) -> None:
        with self._store.transaction() as transaction:
            cel_files.move(transaction, self._settings.node, file.id, place)
        time.sleep(_BETWEEN_SECONDS)
        with self._store.transaction() as transaction:
            record(transaction, sightings, self._settings)

    _put(tail.Tail, "_keep", keep)


def effects_again() -> None:
    """Whenever a call is settled anew, its effects are told anew."""
    enqueue = outbox.enqueue

    def tell(session: Any, event_type: outbox.EventType, _subject: str, **told: Any) -> bool:
        return enqueue(session, event_type, uuid4().hex, **told)

    for user in (outcomes, status):
        _put(user, "enqueue", tell)


VARIANTS: dict[str, Callable[[], None]] = {
    "without_cel": without_cel,
    "fold_without_dedupe": fold_without_dedupe,
    "place_before_rows": place_before_rows,
    "effects_again": effects_again,
}


if __name__ == "__main__":
    VARIANTS[sys.argv[1]]()
    run(Server.LISTENER, load())
