"""What witnesses saw of a call, told as a table."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from consultation.evidence import DialStatus, Fact, Kind, Leg
from consultation.outcome import Outcome, fold
from tests.consultation.examples import SECOND, clock

ARRIVED = clock("9:00")


def at(seconds: float) -> datetime:
    """So many seconds after the call arrived."""
    return ARRIVED + timedelta(seconds=seconds)


def seen(table: str) -> list[Fact]:
    """The facts of a table of lines `second leg kind [detail]`.

    The detail is the bridge's name, how the dial ended, or the hangup cause, as the kind wants it.
    """
    return [_fact(*line.split()) for line in table.splitlines() if line.strip()]


def outcome(table: str) -> Outcome:
    """What the facts of a table add up to."""
    return fold(seen(table))


def _fact(second: str, leg: str, kind: str, detail: str | None = None) -> Fact:
    what = Kind(kind)
    in_bridge = what in (Kind.BRIDGE_ENTER, Kind.BRIDGE_LEAVE, Kind.SEEN)
    return Fact(
        kind=what,
        leg=Leg(leg),
        at=at(float(second)),
        bridge=detail if in_bridge else None,
        dial_status=DialStatus(detail) if detail and what is Kind.DIALLED else None,
        cause=int(detail) if detail and what in (Kind.HANGUP, Kind.HANGUP_REQUEST) else None,
    )


# Few instants, so that many facts fall on one.
facts = st.builds(
    Fact,
    kind=st.sampled_from(Kind),
    leg=st.sampled_from(Leg),
    at=st.integers(0, 6).map(lambda second: ARRIVED + SECOND * second),
    bridge=st.sampled_from(["one", "two", None]),
    dial_status=st.one_of(st.none(), st.sampled_from(DialStatus)),
    cause=st.sampled_from([None, 16, 17, 21]),
)

stories = st.lists(facts, max_size=14)

_MET = [Fact(Kind.BRIDGE_ENTER, leg, ARRIVED + SECOND * 2, bridge="one") for leg in Leg]
# Whatever else they tell, here the legs met.
meetings = st.lists(facts, max_size=6).map(lambda story: [*_MET, *story])
