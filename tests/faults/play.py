"""Plays one schedule on a stage: dials when it is time, lets go wrong what is to go wrong, heals, and checks."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schema.engine import StatementError, StoreUnavailableError
from tests.faults import records
from tests.faults.case import Case, Glimpse, Violation
from tests.faults.cast import Cast
from tests.faults.checker import check, unrecorded
from tests.faults.faults import FAULTS
from tests.faults.records import Records
from tests.faults.schedule import CallPlan, FaultPlan, Moment, Schedule
from tests.faults.stage import Stage
from tests.faults.truth import CallTruth

_TICK = 0.02
_GLIMPSE_EVERY = 0.4
# Longer than any planned call: whoever still hangs on then is not going to hear any more.
_LONGEST_CALL = 20.0
_SETTLE_SECONDS = 15.0
_QUIET_SECONDS = 1.2


@dataclass
class _Fault:
    """A planned fault: waits for its moment, lasts, is over."""

    plan: FaultPlan
    due: float | None = None
    until: float | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a schedule."""

    schedule: Schedule
    truths: tuple[CallTruth, ...]
    records: Records
    violations: tuple[Violation, ...]
    unrecorded: int
    seconds: float


class Play:
    """One performance of a schedule. Everything it leaves lies under `folder`."""

    def __init__(self, stage: Stage, schedule: Schedule, folder: Path) -> None:
        self._stage = stage
        self._schedule = schedule
        self._cast = Cast(stage, schedule, folder)
        self._faults = [_Fault(plan) for plan in schedule.faults]
        self._glimpses: list[Glimpse] = []
        self._next_glimpse = 0.0

    def run(self) -> Played:
        """Play it. Raises UnhealedError where the line does not come back, and then cannot be used again."""
        started = time.monotonic()
        try:
            self._cast.clients.start()
            self._act(started)
            self._stage.put_right()
            self._stage.healed()
            found = self._settled()
        finally:
            self._cast.stop()
        truths = self._cast.truths()
        case = Case(
            truths,
            found,
            self._cast.appointments,
            frozenset(fault.plan.kind for fault in self._faults if fault.due is not None),
            self._glimpses,
        )
        missing = sum(unrecorded(one, case.records_of(one)) for one in truths)
        return Played(self._schedule, truths, found, tuple(check(case)), missing, time.monotonic() - started)

    def _act(self, started: float) -> None:
        """Until every call is over and every fault has had its time."""
        while True:
            now = time.monotonic()
            for call in self._cast.calls.values():
                if call.phone is None and self._is_due(call.plan, started, now):
                    call.dial()
                elif call.phone is not None and now - call.began > _LONGEST_CALL:
                    call.phone.stop()
            for fault in self._faults:
                self._advance(fault, started, now)
            self._glimpse(now)
            if all(call.over for call in self._cast.calls.values()) and all(fault.over for fault in self._faults):
                return
            time.sleep(_TICK)

    def _is_due(self, plan: CallPlan, started: float, now: float) -> bool:
        if plan.after is not None:
            ended = self._cast.calls[plan.after].ended
            if ended is None or (datetime.now(UTC) - ended).total_seconds() < plan.at:
                return False
        elif now - started < plan.at:
            return False
        # What is to go wrong before the call goes wrong first.
        return all(
            fault.due is not None and now >= fault.due + fault.plan.delay
            for fault in self._faults
            if fault.plan.moment is Moment.BEFORE and fault.plan.call == plan.number
        )

    def _advance(self, fault: _Fault, started: float, now: float) -> None:
        plan = fault.plan
        if fault.due is None and self._has_come(plan, started, now):
            fault.due = now + (plan.delay if plan.moment is not Moment.BEFORE else 0)
        if fault.due is not None and fault.until is None and now >= fault.due:
            FAULTS[plan.kind].begin(self._stage, plan)
            fault.until = time.monotonic() + plan.lasts
        elif fault.until is not None and not fault.over and now >= fault.until:
            FAULTS[plan.kind].end(self._stage, plan)
            fault.over = True

    def _has_come(self, plan: FaultPlan, started: float, now: float) -> bool:
        """Whether the fault's moment has come, or cannot come any more."""
        call = self._cast.calls[plan.call]
        if plan.moment is Moment.BEFORE:
            after = call.plan.after
            return now - started >= call.plan.at if after is None else self._cast.calls[after].over
        seen = call.truth()
        if seen is None:
            return False
        if call.over or seen.over is not None:
            return True
        match plan.moment:
            case Moment.RINGING:
                return seen.rang is not None
            case Moment.BRIDGED:
                return seen.connected is not None
            case Moment.TALKING:
                half = timedelta(seconds=call.plan.talks / 2)
                return seen.connected is not None and datetime.now(UTC) - seen.connected >= half
            case _:
                return False

    def _glimpse(self, now: float) -> None:
        """Look at the record in passing. While the database is away there is nothing to see."""
        if now < self._next_glimpse:
            return
        self._next_glimpse = now + _GLIMPSE_EVERY
        at = datetime.now(UTC)
        with suppress(StoreUnavailableError, StatementError):
            self._glimpses += [
                Glimpse(at, call.caller, call.disposition) for call in self._read().calls if call.caller is not None
            ]

    def _read(self) -> Records:
        with self._stage.store.transaction() as transaction:
            callers = [call.dialled.caller for call in self._cast.calls.values()]
            return records.read(transaction, callers, self._cast.appointments)

    def _settled(self) -> Records:
        """The record once no call is open and nothing has moved for a while; as it is, when that does not come."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        found, since = self._read(), time.monotonic()
        while time.monotonic() < deadline:
            time.sleep(0.1)
            new = self._read()
            if new != found:
                found, since = new, time.monotonic()
            is_open = any(call.disposition is None for call in found.calls)
            if not is_open and time.monotonic() - since >= _QUIET_SECONDS:
                break
        return found
