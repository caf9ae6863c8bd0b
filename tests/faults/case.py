"""What a schedule left behind, and what a promise that was not kept is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.faults.records import CallRecord, Records
from tests.faults.schedule import Kind
from tests.faults.truth import CallTruth

# After these, what nobody could write down may be missing, and the record has to say so.
_LOSSY = frozenset({Kind.ASTERISK_KILLED, Kind.DISK_FULL, Kind.CLOCK_STEPPED})
# Without these, somebody was there to write down that an attempt was refused although no server decided.
_DEAF = _LOSSY | {kind for kind in Kind if kind.startswith(("ami_", "listener_"))}


@dataclass(frozen=True, slots=True)
class Violation:
    """One promise that was not kept: by its name, and what shows it."""

    promise: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What the record said of a call while the schedule still ran."""

    at: datetime
    caller: str
    disposition: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a schedule left behind. `appointments` are those of the planned consultations, in order."""

    truths: Sequence[CallTruth]
    records: Records
    appointments: Sequence[str]
    kinds: frozenset[Kind]
    glimpses: Sequence[Glimpse] = ()

    def records_of(self, truth: CallTruth) -> list[CallRecord]:
        """What was written down of a call."""
        return [call for call in self.records.calls if call.caller == truth.caller]

    @property
    def lossy(self) -> bool:
        """Whether something happened that no witness could outlive."""
        return bool(self.kinds & _LOSSY)

    @property
    def deaf(self) -> bool:
        """Whether something happened that keeps Asterisk's own word from whoever listens."""
        return bool(self.kinds & _DEAF)
