"""Who of those that a caller number belongs to is calling, and whether to ask for a PIN (A9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consultation.admission import Profile, Reason, Refuse

MOST_ENTRIES = 3
"""So many wrong or missing entries end a call."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a caller number belongs to: one provider, or the providers of a practice.

    `pin_when_unverified` are the ids of those whose profile says so.
    """

    members: Sequence[Profile]
    shared: bool
    pin_always: bool = False
    pin_when_unverified: frozenset[str] = frozenset()

    @property
    def asks_pin(self) -> bool:
        """Whether the number alone does not say who calls."""
        return self.shared or self.pin_always

    @property
    def provable(self) -> Sequence[Profile]:
        """The members who may prove by their PIN what the network does not vouch for (A8)."""
        return [member for member in self.members if member.provider_id in self.pin_when_unverified]


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


def identify(owner: Owner | None, entry: Entry, *, verified: bool = True) -> Profile | AskPin | Refuse | None:
    """Who calls; or ask for the PIN; or refuse. None where the number is nobody's (A3).

    A solo provider is never asked unless their profile says so. Where the number is not `verified` to be the
    caller's (A8), only a member whose profile says so can be who calls, and only by their PIN; another's is as good
    as a wrong one, so that nobody tries PINs out from a number that is not theirs.
    """
    if owner is None:
        return None
    members = owner.members if verified else owner.provable
    if not verified and not members:
        return Refuse(Reason.CALLER_UNVERIFIED)
    if verified and not owner.asks_pin:
        return members[0]
    return _by_pin(members, entry)


def _by_pin(members: Sequence[Profile], entry: Entry) -> Profile | AskPin | Refuse:
    if entry.locked:
        return Refuse(Reason.PIN_LOCKED)
    if entry.matched is not None and entry.matched in members:
        return entry.matched
    entries = entry.asked + (entry.given is not None)
    if entries < MOST_ENTRIES:
        return AskPin(again=entries > 0)
    return Refuse(Reason.PIN_WRONG if entry.wrong or entry.given else Reason.PIN_MISSING)
