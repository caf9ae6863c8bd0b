"""Whom the fuzzers' calls are about: booked providers, their clients, shared phones, strangers, and where all are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LINE_NUMBER = "+14155550199"


@dataclass(frozen=True, slots=True)
class Booked:
    """A consultation that is open now."""

    caller: str
    client: str


@dataclass(frozen=True, slots=True)
class World:
    """What a generator may name. Addresses are loopback only: no packet of a fuzzer leaves the machine."""

    line: str  # host:port of Asterisk
    here: str  # host:port of the provider's side
    booked: Sequence[Booked]
    shared: Sequence[str]  # numbers of practices: these callers are asked for a PIN
    strangers: Sequence[str]
    line_number: str = LINE_NUMBER

    @property
    def callers(self) -> Sequence[str]:
        """Every number that may stand in an identity."""
        return [*(one.caller for one in self.booked), *self.shared, *self.strangers]
