"""A schedule: which calls are made, and what goes wrong meanwhile. The same seed makes the same schedule."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from enum import StrEnum


class Behaviour(StrEnum):
    """What becomes of a call if nothing goes wrong."""

    PROVIDER_HANGS_UP = "provider_hangs_up"
    CLIENT_HANGS_UP = "client_hangs_up"
    BUSY = "busy"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    GIVEN_UP = "given_up"
    STRANGER = "stranger"  # the caller is on nobody's profile
    TOO_EARLY = "too_early"

    @property
    def talks(self) -> bool:
        """Whether the two are to be connected."""
        return self in (Behaviour.PROVIDER_HANGS_UP, Behaviour.CLIENT_HANGS_UP)

    @property
    def admitted(self) -> bool:
        """Whether the rules admit the call."""
        return self not in (Behaviour.STRANGER, Behaviour.TOO_EARLY)


class Kind(StrEnum):
    """What can go wrong."""

    LISTENER_KILLED = "listener_killed"
    LISTENER_STOPPED = "listener_stopped"
    AGI_KILLED = "agi_killed"
    AGI_STOPPED = "agi_stopped"
    PORTAL_KILLED = "portal_killed"
    PORTAL_STOPPED = "portal_stopped"
    ASTERISK_KILLED = "asterisk_killed"
    POSTGRES_STOPPED = "postgres_stopped"
    POSTGRES_CRASHED = "postgres_crashed"
    AMI_CUT = "ami_cut"
    AMI_BLACK_HOLE = "ami_black_hole"
    AMI_SLOW = "ami_slow"
    AGI_RESET = "agi_reset"
    AGI_HALF_A_LINE = "agi_half_a_line"
    AGI_SILENT = "agi_silent"
    CEL_ROTATED = "cel_rotated"
    DISK_FULL = "disk_full"
    CLOCK_STEPPED = "clock_stepped"


class Moment(StrEnum):
    """When in a call it goes wrong."""

    BEFORE = "before"
    RINGING = "ringing"
    BRIDGED = "bridged"
    TALKING = "talking"
    HUNG_UP = "hung_up"


@dataclass(frozen=True, slots=True)
class CallPlan:
    """One call. Seconds throughout.

    `at` counts from the schedule's beginning; for a redial, from the end of the call `after`. Calls of one
    `consultation` come from different numbers of the same provider.
    """

    number: int
    consultation: int
    behaviour: Behaviour
    at: float
    rings: float
    talks: float
    after: int | None = None


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """One fault: so many seconds `delay` after this moment of this call, for so many seconds.

    `dose` is between 0 and 1 and means what the kind makes of it: how far the clock jumps, for example.
    """

    kind: Kind
    call: int
    moment: Moment
    delay: float
    lasts: float
    dose: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """Calls and faults."""

    seed: int
    calls: tuple[CallPlan, ...]
    faults: tuple[FaultPlan, ...]


# Kinds that take the whole line away: most of their moments are worth more while a call is up.
_TALKING_KINDS = (Kind.ASTERISK_KILLED, Kind.CEL_ROTATED, Kind.CLOCK_STEPPED, Kind.DISK_FULL)
_ADMISSION_KINDS = (Kind.AGI_KILLED, Kind.AGI_STOPPED, Kind.AGI_RESET, Kind.AGI_HALF_A_LINE, Kind.AGI_SILENT)
# How long a fault lasts, least and most.
_LASTS = {
    Kind.CEL_ROTATED: (0.0, 0.0),
    Kind.AMI_CUT: (0.0, 2.0),
    Kind.ASTERISK_KILLED: (0.1, 2.0),
    Kind.PORTAL_KILLED: (0.1, 2.0),
    # The listener looks at Asterisk's clock every two seconds; one that is put right sooner goes unnoticed.
    Kind.CLOCK_STEPPED: (3.0, 5.0),
}
_WEIGHTS = {
    Behaviour.PROVIDER_HANGS_UP: 8,
    Behaviour.CLIENT_HANGS_UP: 7,
    Behaviour.BUSY: 2,
    Behaviour.REJECTED: 1,
    Behaviour.GIVEN_UP: 2,
    Behaviour.NO_ANSWER: 1,
    Behaviour.STRANGER: 1,
    Behaviour.TOO_EARLY: 1,
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be played: the seed, which kinds of fault may happen (all of them, if `every`), and how long it may
    take. Or, in place of all that, the name of a schedule written by hand (tests.faults.scripts).

    `variant` is a listener that is broken on purpose (tests.faults.broken).
    """

    seed: int = 0
    kinds: tuple[Kind, ...] = tuple(Kind)
    every: bool = False
    short: bool = False
    script: str = ""
    variant: str = ""

    def line(self) -> str:
        """The order as one line of text."""
        return json.dumps(asdict(self))

    def again(self) -> str:
        """The command that plays it again."""
        words = [f"--kind {kind}" for kind in self.kinds] if self.kinds != tuple(Kind) else []
        words += [f"--{name}" for name in ("every", "short") if getattr(self, name)]
        arguments = f' ARGS="{" ".join(words)}"' if words else ""
        return f"make faults SCHEDULES=1 SEED={self.seed}{arguments}"

    @classmethod
    def read(cls, line: str) -> Order:
        """The order that a line says."""
        said = json.loads(line)
        return cls(**{**said, "kinds": tuple(Kind(kind) for kind in said["kinds"])})


def generate(order: Order) -> Schedule:
    """The schedule of an order; the same order, the same schedule."""
    dice = random.Random(order.seed)
    calls = _calls(dice, short=order.short)
    chosen = list(order.kinds)
    if not order.every:
        # The first kind goes by the seed, so that n schedules in a row show every kind n / len(kinds) times.
        chosen = [order.kinds[order.seed % len(order.kinds)]]
        if not order.short and dice.random() < 0.4:
            chosen.append(dice.choice(order.kinds))
    return Schedule(order.seed, tuple(calls), tuple(_fault(dice, kind, calls, short=order.short) for kind in chosen))


def _calls(dice: random.Random, *, short: bool) -> list[CallPlan]:
    weights = {kind: weight for kind, weight in _WEIGHTS.items() if not (short and kind is Behaviour.NO_ANSWER)}
    calls: list[CallPlan] = []
    for consultation in range(2 if short else dice.randint(2, 4)):
        # The first one talks: there is always a connection for a fault to hit.
        behaviour = (
            dice.choice([Behaviour.PROVIDER_HANGS_UP, Behaviour.CLIENT_HANGS_UP])
            if consultation == 0
            else dice.choices(list(weights), list(weights.values()))[0]
        )
        calls.append(_call(dice, len(calls), consultation, behaviour, short=short))
    admitted = [call for call in calls if call.behaviour.admitted]
    redialled = dice.choice(admitted)
    if dice.random() < (0.3 if short else 0.6):
        behaviour = dice.choice([Behaviour.PROVIDER_HANGS_UP, Behaviour.CLIENT_HANGS_UP, Behaviour.BUSY])
        calls.append(_call(dice, len(calls), redialled.consultation, behaviour, short=short, after=redialled.number))
    return calls


def _call(
    dice: random.Random,
    number: int,
    consultation: int,
    behaviour: Behaviour,
    *,
    short: bool,
    after: int | None = None,
) -> CallPlan:
    at = dice.uniform(0.1, 1.0) if after is not None else dice.uniform(0.0, 0.6 if short else 2.0)
    rings, talks = dice.uniform(0.1, 0.8), dice.uniform(1.0, 1.8 if short else 4.0)
    return CallPlan(number, consultation, behaviour, round(at, 2), round(rings, 2), round(talks, 2), after)


def _fault(dice: random.Random, kind: Kind, calls: list[CallPlan], *, short: bool) -> FaultPlan:
    moments = list(Moment)
    if kind in _TALKING_KINDS:
        moments += [Moment.BRIDGED, Moment.TALKING, Moment.TALKING]
    if kind in _ADMISSION_KINDS:
        moments = [Moment.BEFORE, Moment.BEFORE, Moment.BEFORE, Moment.RINGING, Moment.TALKING]
    moment = dice.choice(moments)
    call = dice.choice([call for call in calls if call.behaviour.talks])
    least, most = _LASTS.get(kind, (0.2, 4.0))
    lasts = dice.uniform(least, max(least, 2.0) if short else most)
    if not short and kind in (Kind.LISTENER_STOPPED, Kind.AMI_BLACK_HOLE, Kind.AMI_SLOW) and dice.random() < 0.3:
        # Longer than Asterisk waits for a slow reader, and than the listener believes in a silent link.
        lasts = dice.uniform(10.5, 13.0)
    return FaultPlan(kind, call.number, moment, round(dice.uniform(0, 0.3), 2), round(lasts, 2), dice.random())
