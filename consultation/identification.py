"""Who of those that a caller number belongs to is calling, and whether to ask for a PIN (A9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consultation.admission import Profile, Reason, Refuse

MOST_ENTRIES = 3
"""So many wrong or missing entries end a call."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a caller number belongs to: one provider, or the providers of a practice."""

    members: Sequence[Profile]
    shared: bool
    pin_always: bool = False

    @property
    def asks_pin(self) -> bool:
        """Whether the number alone does not say who calls."""
        return self.shared or self.pin_always


@dataclass(frozen=True, slots=True)
class Entry:
    """What was entered: nothing asked yet (`given` None), nothing pressed (empty), or digits.

    `matched` is whose PIN it is; `asked` and `wrong` count this call's earlier entries; `locked` says that too many
    calls from this number were wrong.
    """

    given: str | None = None
    matched: Profile | None = None
    asked: int = 0
    wrong: int = 0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class AskPin:
    """Ask for the PIN; `again` after an entry that did not fit."""

    again: bool


def identify(owner: Owner | None, entry: Entry) -> Profile | AskPin | Refuse | None:
    """Who calls; or ask for the PIN; or refuse. None where the number is nobody's (A3).

    A solo provider is never asked unless their profile says so.
    """
    if owner is None:
        return None
    if not owner.asks_pin:
        return owner.members[0]
    if entry.locked:
        return Refuse(Reason.PIN_LOCKED)
    if entry.matched is not None:
        return entry.matched
    entries = entry.asked + (entry.given is not None)
    if entries < MOST_ENTRIES:
        return AskPin(again=entries > 0)
    return Refuse(Reason.PIN_WRONG if entry.wrong or entry.given else Reason.PIN_MISSING)
