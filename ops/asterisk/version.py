"""Which Asterisk is new enough: of each branch, the release that mends what is known to be wrong before it."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The releases of July 2026: 20 advisories, one of them on audio negotiated over TCP (GHSA-g8q2-p36q-94f6). Asterisk
# lists them at https://github.com/asterisk/asterisk/security/advisories; raise these when one there concerns the line.
FLOORS = {20: (20, 20, 1), 21: (21, 12, 3), 22: (22, 10, 1), 23: (23, 4, 1)}
CERTIFIED_FLOORS = {"20.7": 11, "22.8": 3}

_SAID = re.compile(
    r"Asterisk (?:certified[-/](?P<of>[0-9]+\.[0-9]+)-cert(?P<cert>[0-9]+)|(?P<plain>[0-9]+(?:\.[0-9]+)*))"
)


@dataclass(frozen=True, slots=True)
class Version:
    """A release: `22.10.1`, or of certified Asterisk `22.8-cert3`."""

    text: str

    @property
    def new_enough(self) -> bool:
        """Whether it may carry calls. A branch that is newer than those known here may, an older one never."""
        branch, certified, number = self.text.partition("-cert")
        if certified:
            return branch in CERTIFIED_FLOORS and int(number) >= CERTIFIED_FLOORS[branch]
        numbers = tuple(int(part) for part in branch.split("."))
        floor = FLOORS.get(numbers[0])
        return numbers >= floor if floor else numbers[0] > max(FLOORS)

    def __str__(self) -> str:
        return self.text


def parse(said: str) -> Version | None:
    """The version in what `asterisk -V` says; None if there is none (a build from Git says none)."""
    match = _SAID.match(said)
    if match is None:
        return None
    return Version(match["plain"] or f"{match['of']}-cert{match['cert']}")


def floors() -> str:
    """The floors in words."""
    plain = [".".join(str(part) for part in floor) for floor in FLOORS.values()]
    certified = [f"certified {branch}-cert{number}" for branch, number in CERTIFIED_FLOORS.items()]
    return ", ".join([*plain, *certified])
