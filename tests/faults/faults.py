"""What each kind of fault does to the line, and how it is put right."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ami_listener import files
from tests.faults.proxy import Mode
from tests.faults.schedule import FaultPlan, Kind
from tests.faults.stage import Stage

Deed = Callable[[Stage, FaultPlan], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`begin` when the moment has come, `end` when it has lasted long enough."""

    begin: Deed
    end: Deed


def _kill(part: str) -> Fault:
    return Fault(lambda stage, _: stage.kill(part), lambda stage, _: stage.restart(part))


def _freeze(part: str) -> Fault:
    return Fault(
        lambda stage, _: stage.part(part).send(signal.SIGSTOP), lambda stage, _: stage.part(part).send(signal.SIGCONT)
    )


def _stop_postgres(sign: signal.Signals) -> Fault:
    def begin(stage: Stage, _: FaultPlan) -> None:
        stage.part("postgres").send(sign)

    def end(stage: Stage, _: FaultPlan) -> None:
        stage.part("postgres").wait(10)
        stage.restart("postgres")

    return Fault(begin, end)


def _agi(mode: Mode) -> Fault:
    def begin(stage: Stage, _: FaultPlan) -> None:
        stage.agi.mode = mode

    def end(stage: Stage, _: FaultPlan) -> None:
        stage.agi.mode = Mode.OPEN
        # A server that hung is gone in the end, and its connections with it: after half a line Asterisk waits for
        # that for ever (TRAPS: neither a hangup nor a deadline ends it).
        stage.agi.cut()

    return Fault(begin, end)


def _cut_ami(stage: Stage, fault: FaultPlan) -> None:
    if fault.lasts > 0.5:
        stage.ami.mode = Mode.REFUSING
    stage.ami.cut()


def _open_ami(stage: Stage, _: FaultPlan) -> None:
    stage.ami.mode = Mode.OPEN


def _stall_ami(stage: Stage, _: FaultPlan) -> None:
    stage.ami.mode = Mode.STALLED


def _unstall_ami(stage: Stage, fault: FaultPlan) -> None:
    # A black hole ends in one of two ways: TCP catches up, or somebody on the way has forgotten the connection.
    if fault.dose < 0.5:
        stage.ami.cut()
    stage.ami.mode = Mode.OPEN


def _slow_ami(stage: Stage, _: FaultPlan) -> None:
    stage.ami.mode = Mode.SLOW


def _rotate_cel(stage: Stage, _: FaultPlan) -> None:
    path = stage.line.settings.cel_folder() / files.NAME
    # Before the first call there is none; and one that the listener put aside just now is put aside.
    with suppress(FileNotFoundError):
        path.rename(_unused(path))


def _unused(path: Path) -> Path:
    """The next free name beside it, as logrotate gives: .1, .2, …"""
    number = 1
    while (target := path.with_name(f"{path.name}.{number}")).exists():
        number += 1
    return target


def _fill_disk(stage: Stage, _: FaultPlan) -> None:
    if stage.disk is not None:
        stage.disk.fill()


def _free_disk(stage: Stage, _: FaultPlan) -> None:
    if stage.disk is not None:
        stage.disk.free()


# From what a bad NTP server does to what a machine does that wakes up in another year.
_STEPS = (-86_400 * 400, -3_600, -30, -2, 2, 30, 3_600, 86_400 * 400)


def _step_clock(stage: Stage, fault: FaultPlan) -> None:
    stage.clock.step(timedelta(seconds=_STEPS[int(fault.dose * len(_STEPS))]))


def _true_clock(stage: Stage, _: FaultPlan) -> None:
    stage.clock.step(timedelta(0))


def _nothing(_stage: Stage, _fault: FaultPlan) -> None:
    """It is over at once."""


FAULTS: dict[Kind, Fault] = {
    Kind.LISTENER_KILLED: _kill("listener"),
    Kind.LISTENER_STOPPED: _freeze("listener"),
    Kind.AGI_KILLED: _kill("agi"),
    Kind.AGI_STOPPED: _freeze("agi"),
    Kind.PORTAL_KILLED: _kill("portal"),
    Kind.PORTAL_STOPPED: _freeze("portal"),
    Kind.ASTERISK_KILLED: _kill("asterisk"),
    Kind.POSTGRES_STOPPED: _stop_postgres(signal.SIGINT),
    Kind.POSTGRES_CRASHED: _stop_postgres(signal.SIGQUIT),
    Kind.AMI_CUT: Fault(_cut_ami, _open_ami),
    Kind.AMI_BLACK_HOLE: Fault(_stall_ami, _unstall_ami),
    Kind.AMI_SLOW: Fault(_slow_ami, _open_ami),
    Kind.AGI_RESET: _agi(Mode.REFUSING),
    Kind.AGI_HALF_A_LINE: _agi(Mode.HALF_A_LINE),
    Kind.AGI_SILENT: _agi(Mode.SILENT),
    Kind.CEL_ROTATED: Fault(_rotate_cel, _nothing),
    Kind.DISK_FULL: Fault(_fill_disk, _free_disk),
    Kind.CLOCK_STEPPED: Fault(_step_clock, _true_clock),
}
