"""Who plays in a schedule: booked with the platform, given phones, and watched by what the phones log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.demo.phone import Phone
from ops.demo.sip import Message, read
from tests.faults import phones
from tests.faults.phones import Dialled
from tests.faults.schedule import Behaviour, CallPlan, Schedule
from tests.faults.stage import LINE_NUMBER, Stage
from tests.faults.truth import CallTruth, truth

# What happened to a phone whose Asterisk died is known then; it need not find out by itself.
_AFTER_DEATH = timedelta(seconds=1)


class MessageLog:
    """What a phone sent and received so far; read again only when there is more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = -1
        self._messages: list[Message] = []

    def messages(self) -> list[Message]:
        """Everything by now."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if size != self._size:
            self._messages, self._size = read(self._path), size
        return self._messages


class Call:
    """A planned call on the stage."""

    def __init__(self, dialled: Dialled, folder: Path, clients: MessageLog, stage: Stage) -> None:
        self.plan = dialled.plan
        self.dialled = dialled
        self.began = 0.0
        self.phone: Phone | None = None
        self._folder = folder
        self._log = MessageLog(folder / "messages.log")
        self._clients = clients
        self._stage = stage
        self._deaths_before = len(stage.deaths)

    def dial(self) -> None:
        """Let the provider's phone dial."""
        self.phone = phones.provider(self.dialled, self._folder, self._stage.line.settings.sip_bind)
        self.began = time.monotonic()
        self.phone.start()

    def truth(self) -> CallTruth | None:
        """What the phones saw of it by now; None before it is dialled."""
        deaths = self._stage.deaths[self._deaths_before :]
        who = self.dialled
        return truth(who.plan, who.caller, who.client, self._log.messages(), self._clients.messages(), deaths)

    @property
    def over(self) -> bool:
        """Whether the provider's phone has finished; or has nobody to talk to any more, since its Asterisk died."""
        if self.phone is None:
            return False
        if not self.phone.running:
            return True
        seen = self.truth()
        return seen is not None and seen.died is not None and datetime.now(UTC) - seen.died > _AFTER_DEATH

    @property
    def ended(self) -> datetime | None:
        """When it was over; None as long as it is not."""
        if not self.over:
            return None
        seen = self.truth()
        return (seen.over or seen.died or seen.dialled) if seen else datetime.now(UTC)


class Cast:
    """Everybody in a schedule. Their phones' logs lie under `folder`."""

    def __init__(self, stage: Stage, schedule: Schedule, folder: Path) -> None:
        self._stage = stage
        self.appointments: list[str] = []
        dialled = list(self._book(schedule))
        self.clients = phones.clients(dialled, folder / "clients", stage.line.settings.trunk_address.port)
        heard = MessageLog(folder / "clients" / "messages.log")
        self.calls = {
            who.plan.number: Call(who, folder / f"provider-{who.plan.number}", heard, stage) for who in dialled
        }

    def truths(self) -> tuple[CallTruth, ...]:
        """What the phones saw of every call that was dialled."""
        return tuple(seen for call in self.calls.values() if (seen := call.truth()) is not None)

    def stop(self) -> None:
        """End every phone that still runs."""
        for call in self.calls.values():
            if call.phone is not None:
                call.phone.stop()
        self.clients.stop()

    def _book(self, schedule: Schedule) -> Iterator[Dialled]:
        """Numbers for everybody, and the appointments that the plan needs, booked through the API."""
        callers = {call.number: self._stage.new_number() for call in schedule.calls}
        for consultation in sorted({call.consultation for call in schedule.calls}):
            calls = [call for call in schedule.calls if call.consultation == consultation]
            client, name = self._stage.new_number(), f"a{callers[calls[0].number][-7:]}"
            known = [callers[call.number] for call in calls if call.behaviour is not Behaviour.STRANGER]
            self._stage.platform.provider(name, "Dr. Rivera", *(known or [self._stage.new_number()]))
            self._stage.platform.client(name, "Sam", client)
            self._stage.platform.appointment(name, name, name, starts_in=_starts_in(calls))
            self.appointments.append(name)
            for call in calls:
                yield Dialled(call, callers[call.number], client, LINE_NUMBER)


def _starts_in(calls: list[CallPlan]) -> timedelta:
    early = any(call.behaviour is Behaviour.TOO_EARLY for call in calls)
    return timedelta(hours=2) if early else timedelta(minutes=-5)
