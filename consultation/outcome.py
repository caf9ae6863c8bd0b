"""What became of a call, folded from the facts that witnesses saw (E1-E3, E5).

The fold does not care in which order facts arrive, nor how often the same one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Leg(StrEnum):
    """Whose side of the call."""

    PROVIDER = "provider"
    CLIENT = "client"


class Kind(StrEnum):
    """What a witness can see."""

    RINGING = "ringing"
    DIALLED = "dialled"  # the client's leg was set up and reached its end: answer, busy, …
    BRIDGE_ENTER = "bridge_enter"
    BRIDGE_LEAVE = "bridge_leave"
    HANGUP_REQUEST = "hangup_request"  # this leg is asked to end: by its phone, or by us
    HANGUP = "hangup"  # this leg is gone
    UNAVAILABLE = "unavailable"  # Asterisk refused by itself: no server of ours decided in time (A10)


class DialStatus(StrEnum):
    """Asterisk's word on how a dial ended (app_dial, DialEnd)."""

    ABORT = "ABORT"
    ANSWER = "ANSWER"
    BUSY = "BUSY"
    CANCEL = "CANCEL"
    CHANUNAVAIL = "CHANUNAVAIL"
    CONGESTION = "CONGESTION"
    CONTINUE = "CONTINUE"
    GOTO = "GOTO"
    NOANSWER = "NOANSWER"


class Disposition(StrEnum):
    """The outcome of a call (E5)."""

    CONNECTED = "connected"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    CALLER_GAVE_UP = "caller_gave_up"
    REFUSED = "refused"
    LINE_FAILED = "line_failed"
    INTERRUPTED = "interrupted"


class EndedBy(StrEnum):
    """Who hung up."""

    PROVIDER = "provider"
    CLIENT = "client"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a witness saw on one leg, at an instant of Asterisk's clock.

    `cause` is a Q.850 hangup cause, `bridge` the bridge's id, `dial_status` how the dial ended.
    """

    kind: Kind
    leg: Leg
    at: datetime
    bridge: str | None = None
    dial_status: DialStatus | None = None
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A call as far as the facts tell. `disposition` is None while the call goes on."""

    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    talk: timedelta = timedelta(0)
    disposition: Disposition | None = None
    hangup_cause: int | None = None
    ended_by: EndedBy | None = None


# Q.850 causes as chan_pjsip makes them from SIP (ast_sip_hangup_sip2cause): 403 and 603 are 21; 408 is 18; 480 is
# 19. A leg that we ourselves gave up on after the ring time has 0.
_REJECTED = frozenset({21})
_NO_ANSWER = frozenset({None, 0, 16, 18, 19})

# DialEnd's word alone is too coarse: it says NOANSWER for whatever has no word of its own, a 404 or a 603 included
# (ast_hangup_cause_to_dial_status). The cause tells them apart.
_BY_CAUSE = frozenset({DialStatus.NOANSWER, DialStatus.CHANUNAVAIL, DialStatus.CONGESTION})
_BY_STATUS = {
    DialStatus.BUSY: Disposition.BUSY,
    DialStatus.CANCEL: Disposition.CALLER_GAVE_UP,
    # The client answered, yet no bridge came to be (E1: an answer alone is not a connection).
    DialStatus.ANSWER: Disposition.LINE_FAILED,
    DialStatus.ABORT: Disposition.LINE_FAILED,
    DialStatus.CONTINUE: Disposition.LINE_FAILED,
    DialStatus.GOTO: Disposition.LINE_FAILED,
}


def fold(facts: Iterable[Fact]) -> Outcome:
    """The outcome that these facts add up to, in whatever order and number they came.

    A call has ended when the provider's leg is gone (E3). Talk time is the time during which both legs were in
    one bridge (E2); while both still are, it counts up to now-known facts only.
    """
    seen = sorted(set(facts), key=_order)
    together = list(_together(seen))
    connected_at = min((start for start, _ in together), default=None)
    hangups = {fact.leg: fact for fact in seen if fact.kind is Kind.HANGUP}
    dialled = [fact for fact in seen if fact.kind is Kind.DIALLED]
    ended = hangups.get(Leg.PROVIDER)
    client_gone = hangups.get(Leg.CLIENT)
    ended_by = _ended_by(seen, dialled)
    return Outcome(
        ringing_at=_first(seen, Kind.RINGING),
        answered_at=min((fact.at for fact in dialled if fact.dial_status is DialStatus.ANSWER), default=None),
        connected_at=connected_at,
        ended_at=ended.at if ended else None,
        talk=sum((end - start for start, end in together if end), timedelta(0)),
        disposition=_disposition(connected_at, dialled, client_gone, ended_by) if ended else None,
        # The client's leg knows best why it ended; one that we gave up on has no cause of its own.
        hangup_cause=((client_gone.cause if client_gone else None) or ended.cause) if ended else None,
        ended_by=ended_by if ended else None,
    )


def _order(fact: Fact) -> tuple[datetime, str, str, str, str, int]:
    """By time; facts of one instant in an order that is the same however they came."""
    cause = -1 if fact.cause is None else fact.cause
    return fact.at, fact.kind, fact.leg, fact.bridge or "", fact.dial_status or "", cause


def _disposition(
    connected_at: datetime | None, dialled: list[Fact], client_gone: Fact | None, ended_by: EndedBy
) -> Disposition:
    if connected_at is not None:
        return Disposition.CONNECTED
    status = dialled[-1].dial_status if dialled else None
    if status in (None, DialStatus.ANSWER) and ended_by is EndedBy.PROVIDER:
        return Disposition.CALLER_GAVE_UP
    if status is None:
        return Disposition.LINE_FAILED
    if status not in _BY_CAUSE:
        return _BY_STATUS[status]
    cause = client_gone.cause if client_gone else None
    if cause in _REJECTED:
        return Disposition.REJECTED
    return Disposition.NO_ANSWER if status is DialStatus.NOANSWER and cause in _NO_ANSWER else Disposition.UNREACHABLE


def _ended_by(seen: list[Fact], dialled: list[Fact]) -> EndedBy:
    """Whose phone asked first for the end.

    After a dial that failed, and when no server decided, it is we who end the provider's leg; that request is not
    the provider's.
    """
    ours_after = [fact.at for fact in dialled if fact.dial_status in _FAILED_DIAL]
    ours_after += [fact.at for fact in seen if fact.kind is Kind.UNAVAILABLE]
    for fact in seen:
        if fact.kind is Kind.HANGUP_REQUEST:
            if fact.leg is Leg.CLIENT:
                return EndedBy.CLIENT
            return EndedBy.PROVIDER if not any(at <= fact.at for at in ours_after) else EndedBy.LINE
    return EndedBy.LINE


_FAILED_DIAL = frozenset(DialStatus) - {DialStatus.ANSWER, DialStatus.CANCEL}


def _first(seen: list[Fact], kind: Kind) -> datetime | None:
    return next((fact.at for fact in seen if fact.kind is kind), None)


Span = tuple[datetime, datetime | None]


def _together(seen: list[Fact]) -> Iterator[Span]:
    """The spans during which both legs were in one bridge; an open end is None (E1)."""
    for bridge in sorted({fact.bridge for fact in seen if fact.bridge}):
        for provider in _stays(seen, bridge, Leg.PROVIDER):
            for client in _stays(seen, bridge, Leg.CLIENT):
                start = max(provider[0], client[0])
                ends = [end for end in (provider[1], client[1]) if end is not None]
                end = min(ends) if ends else None
                if end is None or start <= end:
                    yield start, end


def _stays(seen: list[Fact], bridge: str, leg: Leg) -> Iterator[Span]:
    """When this leg was in this bridge. A hangup, or another bridge, ends a stay whose leaving nobody saw."""
    entered: datetime | None = None
    for fact in seen:
        if fact.leg is not leg:
            continue
        if fact.kind is Kind.BRIDGE_ENTER and fact.bridge == bridge and entered is None:
            entered = fact.at
        left = fact.kind is Kind.BRIDGE_LEAVE and fact.bridge == bridge
        moved = fact.kind is Kind.BRIDGE_ENTER and fact.bridge not in (bridge, None)
        if entered is not None and (left or moved or fact.kind is Kind.HANGUP):
            yield entered, fact.at
            entered = None
    if entered is not None:
        yield entered, None
