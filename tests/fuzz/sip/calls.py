"""The SIP fuzzer: any request at all as the trunk, while booked providers call and a carrier answers for clients."""

from __future__ import annotations

from random import Random

from tests.fuzz.records import Records
from tests.fuzz.sip.carrier import Carrier
from tests.fuzz.sip.inputs import FUZZER, Family, Input, make
from tests.fuzz.sip.wire import Wire, bound
from tests.fuzz.sip.world import World
from tests.fuzz.stage import Stage
from tests.fuzz.torture import messages

_PRACTICES, _STRANGERS = 2, 10
# What a caller hears only if the call was admitted: the carrier's own answers. 486 is too_many_calls, never its own.
_ADMITTED = {180, 181, 183, 200, 603}
_NEVER_ADMITTED = {Family.HIDDEN, Family.UNBOOKED}
_GOOD_ENDS = {180, 181, 183, 200, 603, 480, 486, 487, 503}


class SipCalls:
    """Both ends of the trunk, and everything that went over it since `taken` was asked for."""

    name = FUZZER
    what = "Asterisk's SIP port: INVITEs and other requests"
    batch = 2000

    def __init__(self, seed: int, stage: Stage, records: Records, *, providers: int = 30) -> None:
        self._seed = seed
        self.stage = stage
        self._records = records
        settings = stage.line.settings
        here = bound(("127.0.0.1", 0))
        self.carrier = Carrier(bound((settings.trunk_address.host, settings.trunk_address.port)), Random(seed))
        self.wire = Wire(settings.sip_bind, here, self.carrier)
        booked = [stage.book() for _ in range(providers)]
        shared = [stage.share() for _ in range(_PRACTICES)]
        records.booked += [*booked, *shared]
        self.world = World(
            str(settings.sip_bind),
            f"127.0.0.1:{here.getsockname()[1]}",
            booked,
            [one.caller for one in shared],
            [stage.new_number() for _ in range(_STRANGERS)],
        )
        self._sent: list[bytes] = []
        self._checked = 0
        self.invites = 0

    def play(self, first: int, count: int) -> list[str]:
        """Send these; nobody is admitted who must not be, and every good call is."""
        inputs = [make(self._seed, number, self.world) for number in range(first, first + count)]
        self.wire.statuses.clear()
        self.wire.play(self.keep(one) for one in inputs)
        return [f"input {one.number}: {problem}" for one in inputs if (problem := self._problem(one))]

    def torture(self) -> list[str]:
        """Send the messages of RFC 4475. What comes of them the observer sees: nothing may."""
        before = len(self.carrier.invites)
        for number, one in enumerate(messages()):
            self._sent.append(one.octets)
            self.wire.send(one.octets)
            self.wire.hear(0.02)
            if len(self.carrier.invites) > before:
                return [f"RFC 4475 {one.section} {one.name} (message {number + 1}): an INVITE left the line"]
        self.hear(0.5)
        return []

    def keep(self, one: Input) -> Input:
        """Remember that this is sent."""
        self._sent.append(one.octets)
        self.invites += one.is_invite
        return one

    def hear(self, seconds: float) -> None:
        """Go on answering for so long."""
        for _ in range(max(1, int(seconds / 0.05))):
            self.wire.hear(0.05)

    def taken(self) -> tuple[bytes, list[str]]:
        """All that was sent since this was asked last, and the violations in the INVITEs that left meanwhile."""
        sent, self._sent = b"\n".join(self._sent), []
        new, self._checked = self.carrier.invites[self._checked :], len(self.carrier.invites)
        return sent, [problem for invite in new for problem in self._records.left(invite)]

    def close(self) -> None:
        """Close both ends."""
        self.wire.close()

    def _problem(self, one: Input) -> str | None:
        heard = self.wire.statuses.get(one.number, set())
        if one.family in _NEVER_ADMITTED and heard & _ADMITTED:
            return f"admitted, though it {one.family}: heard {sorted(heard)}"
        if one.family is Family.GOOD and (finals := {status for status in heard if status >= 200}) - _GOOD_ENDS:
            return f"refused, though nothing was wrong with it: heard {sorted(finals)}"
        return None
