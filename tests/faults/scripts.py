"""Schedules written by hand: the shortest ones that show what a certain defect does."""

from __future__ import annotations

from tests.faults.schedule import Behaviour, CallPlan, FaultPlan, Kind, Moment, Schedule

_TALK = CallPlan(number=0, consultation=0, behaviour=Behaviour.PROVIDER_HANGS_UP, at=0.1, rings=0.3, talks=2.0)


def _fault(kind: Kind, moment: Moment, delay: float, lasts: float, dose: float = 0.0) -> FaultPlan:
    return FaultPlan(kind, call=0, moment=moment, delay=delay, lasts=lasts, dose=dose)


SCRIPTS = {
    "nothing_goes_wrong": Schedule(0, (_TALK,), ()),
    "nobody_listens_to_the_end": Schedule(
        0, (_TALK,), (_fault(Kind.LISTENER_KILLED, Moment.TALKING, delay=0.0, lasts=2.0),)
    ),
    # The second witness alone has seen the end when the listener dies, a moment after it.
    "listener_dies_as_it_writes": Schedule(
        0,
        (_TALK,),
        (
            _fault(Kind.AMI_BLACK_HOLE, Moment.TALKING, delay=0.0, lasts=3.0),
            _fault(Kind.LISTENER_KILLED, Moment.HUNG_UP, delay=0.6, lasts=0.1),
        ),
    ),
}
