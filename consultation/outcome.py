"""What became of a call, folded from the facts that witnesses saw (E1-E3, E5).

The fold does not care in which order facts arrive, nor how often the same one does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from consultation.evidence import DialStatus, Fact, Kind, Leg, order
from consultation.talk import talk


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
class Outcome:
    """A call as far as the facts tell. `disposition` is None while the call goes on.

    `talk_partial`: they talked for at least so long; nobody saw all of it (E4).
    """

    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    talk: timedelta = timedelta(0)
    talk_partial: bool = False
    disposition: Disposition | None = None
    hangup_cause: int | None = None
    ended_by: EndedBy | None = None


# Q.850 causes as chan_pjsip makes them from SIP (ast_sip_hangup_sip2cause): 403 and 603 are 21; 408 is 18; 480 is
# 19. A leg that we ourselves gave up on after the ring time has 0.
_REJECTED = frozenset({21})
_NO_ANSWER = frozenset({None, 0, 16, 18, 19})
# The client's carrier redirected the call, which is not followed. Asterisk calls that CANCEL, BUSY or both; but then
# it is we who end the provider's leg, with 480, which a caller who gives up and a busy phone never bring about.
_NOT_FOLLOWED = frozenset({DialStatus.CANCEL, DialStatus.BUSY})
_UNAVAILABLE = 19

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
    """The outcome that these facts add up to, in whatever order and number they came, from however many witnesses.

    A call has ended when the provider's leg is gone (E3), or was found gone without anybody having seen it end: then
    it is `interrupted`, with the talk time known so far (E4). Talk time is the time during which both legs were in
    one bridge (E2); while both still are, it counts up to now-known facts only.
    """
    seen = sorted(set(facts), key=order)
    hangups = {fact.leg: fact for fact in seen if fact.kind is Kind.HANGUP}
    dialled = [fact for fact in seen if fact.kind is Kind.DIALLED]
    hung_up, client_gone = hangups.get(Leg.PROVIDER), hangups.get(Leg.CLIENT)
    lost = None if hung_up else next((fact for fact in seen if fact.kind is Kind.GONE), None)
    said = talk(seen, lost=lost is not None)
    ringing_at = _first(seen, Kind.RINGING)
    answered_at = min((fact.at for fact in dialled if fact.dial_status is DialStatus.ANSWER), default=None)
    known = Outcome(ringing_at, answered_at, said.connected_at, talk=said.length, talk_partial=said.partial)
    if lost is not None:
        return replace(known, ended_at=lost.at, disposition=Disposition.INTERRUPTED)
    if hung_up is None:
        return known
    ended_by = _ended_by(seen, dialled)
    return replace(
        known,
        ended_at=hung_up.at,
        disposition=_disposition(said.connected_at, dialled, client_gone, hung_up, ended_by),
        # The client's leg knows best why it ended; one that we gave up on has no cause of its own.
        hangup_cause=(client_gone.cause if client_gone else None) or hung_up.cause,
        ended_by=ended_by,
    )


AGREEMENT = timedelta(seconds=1)


def agree(one: Outcome, other: Outcome) -> bool:
    """Whether two witnesses tell of the same end. Who did not see it end does not disagree."""
    if any(told.disposition in (None, Disposition.INTERRUPTED) or told.talk_partial for told in (one, other)):
        return True
    return one.disposition is other.disposition and abs(one.talk - other.talk) <= AGREEMENT


def joined_late(facts: Iterable[Fact]) -> bool:
    """Whether one witness's facts lack their beginning: a leg left a bridge that this witness never saw it in.

    What such a witness did not see, it does not deny.
    """
    told = list(facts)
    seen_in = {(fact.leg, fact.bridge) for fact in told if fact.kind in (Kind.BRIDGE_ENTER, Kind.SEEN)}
    return any(fact.kind is Kind.BRIDGE_LEAVE and (fact.leg, fact.bridge) not in seen_in for fact in told)


def differs(new: Outcome, old: Outcome) -> bool:
    """Whether what is said of a call changed by more than what two witnesses' readings of a clock differ by."""
    said = [
        (told.disposition, told.talk_partial, told.ended_by, told.hangup_cause, *(at is None for at in _instants(told)))
        for told in (new, old)
    ]
    return said[0] != said[1] or abs(new.talk - old.talk) >= AGREEMENT / 2


def _instants(told: Outcome) -> tuple[datetime | None, ...]:
    return told.ringing_at, told.answered_at, told.connected_at, told.ended_at


def _disposition(
    connected_at: datetime | None, dialled: list[Fact], client_gone: Fact | None, hung_up: Fact, ended_by: EndedBy
) -> Disposition:
    if connected_at is not None:
        return Disposition.CONNECTED
    status = dialled[-1].dial_status if dialled else None
    if status in (None, DialStatus.ANSWER) and ended_by is EndedBy.PROVIDER:
        return Disposition.CALLER_GAVE_UP
    if status is None:
        return Disposition.LINE_FAILED
    if status not in _BY_CAUSE:
        followed = status not in _NOT_FOLLOWED or hung_up.cause != _UNAVAILABLE
        return _BY_STATUS[status] if followed else Disposition.UNREACHABLE
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
