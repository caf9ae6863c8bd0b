"""Plays one schedule on a stage: dials when it is time, lets go wrong what is to go wrong, heals, and checks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.demo.phone import Phone
from ops.demo.sip import Message, read
from schema.engine import StatementError, StoreUnavailableError
from tests.faults import phones, records
from tests.faults.checker import Case, Glimpse, Violation, check, unrecorded
from tests.faults.faults import FAULTS
from tests.faults.phones import Dialled
from tests.faults.records import Records
from tests.faults.schedule import Behaviour, CallPlan, FaultPlan, Moment, Schedule
from tests.faults.stage import LINE_NUMBER, Stage, UnhealedError
from tests.faults.truth import CallTruth, truth

_TICK = 0.02
_GLIMPSE_EVERY = 0.4
# Longer than any planned call: whoever still hangs on then is not going to hear any more.
_LONGEST_CALL = 20.0
_SETTLE_SECONDS = 15.0
_QUIET_SECONDS = 1.2


@dataclass
class _Call:
    """A planned call on the stage."""

    dialled: Dialled
    folder: Path
    phone: Phone | None = None
    began: float = 0.0
    log_size: int = -1
    said: list[Message] = field(default_factory=list)

    def messages(self) -> list[Message]:
        log = self.folder / "messages.log"
        size = log.stat().st_size if log.exists() else 0
        if size != self.log_size:
            self.said, self.log_size = read(log), size
        return self.said


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
        self._folder = folder
        self._deaths_before = len(stage.deaths)
        self._appointments: list[str] = []
        self._calls = [_Call(call, folder / f"provider-{call.plan.number}") for call in self._cast()]
        self._faults = [_Fault(plan) for plan in schedule.faults]
        self._clients = phones.clients(
            [call.dialled for call in self._calls], folder / "clients", stage.line.settings.trunk_address.port
        )
        self._clients_said: list[Message] = []
        self._clients_log_size = -1
        self._glimpses: list[Glimpse] = []
        self._next_glimpse = 0.0

    def run(self) -> Played:
        """Play it. Raises UnhealedError where the line does not come back, and then cannot be used again."""
        started = time.monotonic()
        try:
            self._clients.start()
            self._act(started)
            self._stage.put_right()
            self._stage.healed()
            found = self._settled()
        finally:
            for call in self._calls:
                if call.phone is not None:
                    call.phone.stop()
            self._clients.stop()
        truths = tuple(self._truths())
        case = Case(
            truths,
            found,
            self._appointments,
            frozenset(fault.plan.kind for fault in self._faults if fault.due is not None),
            self._glimpses,
        )
        missing = sum(unrecorded(one, case.records_of(one)) for one in truths)
        return Played(self._schedule, truths, found, tuple(check(case)), missing, time.monotonic() - started)

    def _cast(self) -> Iterator[Dialled]:
        """Numbers for everybody, and the appointments that the plan needs, booked through the API."""
        callers = {call.number: self._stage.new_number() for call in self._schedule.calls}
        for consultation in sorted({call.consultation for call in self._schedule.calls}):
            calls = [call for call in self._schedule.calls if call.consultation == consultation]
            client, name = self._stage.new_number(), f"a{callers[calls[0].number][-7:]}"
            known = [callers[call.number] for call in calls if call.behaviour is not Behaviour.STRANGER]
            self._stage.platform.provider(name, "Dr. Rivera", *(known or [self._stage.new_number()]))
            self._stage.platform.client(name, "Sam", client)
            early = any(call.behaviour is Behaviour.TOO_EARLY for call in calls)
            starts_in = timedelta(hours=2) if early else timedelta(minutes=-5)
            self._stage.platform.appointment(name, name, name, starts_in=starts_in)
            self._appointments.append(name)
            for call in calls:
                yield Dialled(call, callers[call.number], client, LINE_NUMBER)

    def _act(self, started: float) -> None:
        """Until every call is over and every fault has had its time."""
        while True:
            now = time.monotonic()
            for call in self._calls:
                if call.phone is None and self._is_due(call.dialled.plan, started, now):
                    self._dial(call, now)
                elif call.phone is not None and now - call.began > _LONGEST_CALL:
                    call.phone.stop()
            for fault in self._faults:
                self._advance(fault, started, now)
            self._glimpse(now)
            if all(self._is_over(call) for call in self._calls) and all(fault.over for fault in self._faults):
                return
            time.sleep(_TICK)

    def _is_due(self, plan: CallPlan, started: float, now: float) -> bool:
        if plan.after is not None:
            before = self._calls[self._place(plan.after)]
            ended = self._ended(before)
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

    def _dial(self, call: _Call, now: float) -> None:
        call.phone = phones.provider(call.dialled, call.folder, self._stage.line.settings.sip_bind)
        call.began = now
        call.phone.start()

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
        call = self._calls[self._place(plan.call)]
        if plan.moment is Moment.BEFORE:
            after = call.dialled.plan.after
            return (
                now - started >= call.dialled.plan.at
                if after is None
                else self._is_over(self._calls[self._place(after)])
            )
        if call.phone is None:
            return False
        seen = self._truth(call)
        if seen is None:
            return False
        if self._is_over(call) or seen.over is not None:
            return True
        match plan.moment:
            case Moment.RINGING:
                return seen.rang is not None
            case Moment.BRIDGED:
                return seen.connected is not None
            case Moment.TALKING:
                half = timedelta(seconds=call.dialled.plan.talks / 2)
                return seen.connected is not None and datetime.now(UTC) - seen.connected >= half
            case _:
                return False

    def _place(self, number: int) -> int:
        return next(place for place, call in enumerate(self._calls) if call.dialled.plan.number == number)

    def _is_over(self, call: _Call) -> bool:
        """Whether the provider's phone has finished; or has nobody to talk to any more, since its Asterisk died."""
        if call.phone is None:
            return False
        if not call.phone.running:
            return True
        seen = self._truth(call)
        died = seen.died if seen else None
        return died is not None and datetime.now(UTC) - died > timedelta(seconds=1)

    def _ended(self, call: _Call) -> datetime | None:
        if call.phone is None or not self._is_over(call):
            return None
        seen = self._truth(call)
        return (seen.over or seen.died or seen.dialled) if seen else datetime.now(UTC)

    def _truth(self, call: _Call) -> CallTruth | None:
        dialled = call.dialled
        deaths = self._stage.deaths[self._deaths_before :]
        return truth(dialled.plan, dialled.caller, dialled.client, call.messages(), self._heard_by_clients(), deaths)

    def _truths(self) -> Iterator[CallTruth]:
        for call in self._calls:
            found = self._truth(call)
            if found is not None:
                yield found

    def _heard_by_clients(self) -> list[Message]:
        log = self._folder / "clients" / "messages.log"
        size = log.stat().st_size if log.exists() else 0
        if size != self._clients_log_size:
            self._clients_said, self._clients_log_size = read(log), size
        return self._clients_said

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
            return records.read(transaction, [call.dialled.caller for call in self._calls], self._appointments)

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


__all__ = ["Play", "Played", "UnhealedError"]
