"""When both legs of a call were in one bridge (E1, E2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consultation.evidence import Fact, Kind, Leg


@dataclass(frozen=True, slots=True)
class Stay:
    """A leg's stay in a bridge: from `start` to `end`, None while it lasts.

    `known_until` is when it was last seen there, `whole` whether somebody saw it begin.
    """

    start: datetime
    end: datetime | None
    known_until: datetime
    whole: bool


@dataclass(frozen=True, slots=True)
class Talk:
    """What is known of the talk: since when, how long, and whether that is all of it."""

    connected_at: datetime | None = None
    length: timedelta = timedelta(0)
    partial: bool = False


def talk(seen: Sequence[Fact], *, lost: bool) -> Talk:
    """The talk that these facts, in their order, tell of.

    `lost` says that nobody saw the call end: a stay that has no end then counts until it was last seen. Where
    Asterisk's clock was set meanwhile, its instants tell that both were there, and not how long.
    """
    if any(fact.kind is Kind.CLOCK_STEPPED for fact in seen):
        return _untimed(seen)
    spans = list(_together(seen, lost=lost))
    return Talk(
        connected_at=min((start for start, _, _ in spans), default=None),
        length=sum((end - start for start, end, _ in spans if end), timedelta(0)),
        partial=any(partial for _, _, partial in spans),
    )


def _untimed(seen: Sequence[Fact]) -> Talk:
    starts = [
        max(min(fact.at for fact in seen if _is_in(fact, bridge, leg)) for leg in Leg)
        for bridge in _bridges(seen)
        if all(any(_is_in(fact, bridge, leg) for fact in seen) for leg in Leg)
    ]
    return Talk(connected_at=min(starts, default=None), partial=bool(starts))


def _is_in(fact: Fact, bridge: str, leg: Leg) -> bool:
    return fact.leg is leg and fact.bridge == bridge and fact.kind in (Kind.BRIDGE_ENTER, Kind.SEEN)


def _is_out(fact: Fact, bridge: str) -> bool:
    """Whether this fact shows its leg outside the bridge: gone, or left, or seen elsewhere."""
    if fact.kind is Kind.BRIDGE_LEAVE:
        return fact.bridge == bridge
    if fact.kind is Kind.BRIDGE_ENTER:
        return fact.bridge not in (bridge, None)
    return fact.kind is Kind.HANGUP or (fact.kind is Kind.SEEN and fact.bridge != bridge)


def _bridges(seen: Sequence[Fact]) -> list[str]:
    return sorted({fact.bridge for fact in seen if fact.bridge})


Span = tuple[datetime, datetime | None, bool]


def _together(seen: Sequence[Fact], *, lost: bool) -> Iterator[Span]:
    """The spans during which both legs were in one bridge; an open end is None. Last: whether more is not known."""
    for bridge in _bridges(seen):
        for provider in _stays(seen, bridge, Leg.PROVIDER):
            for client in _stays(seen, bridge, Leg.CLIENT):
                start = max(provider.start, client.start)
                ends = [stay.end for stay in (provider, client) if stay.end is not None]
                end = min(ends) if ends else None
                if end is None and lost:
                    # Where one was seen for longer, nobody saw the other beside them.
                    end = max(start, min(provider.known_until, client.known_until))
                if end is None or start <= end:
                    yield start, end, not (provider.whole and client.whole) or (lost and not ends)


def _stays(seen: Sequence[Fact], bridge: str, leg: Leg) -> Iterator[Stay]:
    """When this leg was in this bridge. A hangup, or another bridge, ends a stay whose leaving nobody saw."""
    entered: datetime | None = None
    known_until: datetime | None = None
    whole = False
    for fact in seen:
        if fact.leg is not leg:
            continue
        if _is_in(fact, bridge, leg):
            known_until = fact.at
            if entered is None:
                entered, whole = fact.at, False
            whole = whole or fact.kind is Kind.BRIDGE_ENTER
        elif entered is not None and _is_out(fact, bridge):
            yield Stay(entered, fact.at, fact.at, whole)
            entered = None
    if entered is not None:
        yield Stay(entered, None, known_until or entered, whole)
