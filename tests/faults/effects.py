"""What the platform was told, against what the record says: every effect once (E4, S2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

from tests.faults.case import Case, Violation

_Thing = TypeVar("_Thing", bound=Hashable)


def check_effects(case: Case) -> Iterator[Violation]:
    """Every effect once: none twice, none missing for a call that connected and ended."""
    if case.records.effects is None:
        return
    effects = case.records.effects
    of_call = [(effect.call, effect.event_type) for effect in effects if effect.call]
    of_status = [effect.appointment for effect in effects if effect.event_type == "consultation.status_changed"]
    for twice in _repeated(of_call):
        yield Violation("no effect happens twice", f"{twice[1]} twice for call {twice[0]}")
    for appointment in _repeated(of_status):
        yield Violation("no effect happens twice", f"status_changed twice for {appointment}")
    for call in case.records.calls:
        admitted = call.decision == "admitted"
        true = {"call.connected": call.connected_at is not None, "call.ended": call.disposition is not None}
        for event_type, so in true.items():
            told = (call.id, event_type) in of_call
            if admitted and so and not told:
                yield Violation("no effect is missing", f"{event_type} of call {call.id}")
            if told and not (admitted and so):
                yield Violation("no effect is invented", f"{event_type} of call {call.id}")
    for consultation in case.records.consultations:
        if consultation.status == "completed" and consultation.appointment not in of_status:
            yield Violation("no effect is missing", f"status_changed of {consultation.appointment}")
        if consultation.status == "pending" and consultation.appointment in of_status:
            yield Violation("no effect is invented", f"status_changed of {consultation.appointment}, still pending")


def _repeated(things: Iterable[_Thing]) -> list[_Thing]:
    return [thing for thing, times in Counter(things).items() if times > 1]
