"""Garbage into the audio port while the line asks for a PIN: nobody is let in by it (A9, A10)."""

from __future__ import annotations

import socket
import time

from tests.fuzz.draws import chance
from tests.fuzz.records import Records
from tests.fuzz.rtp import packets
from tests.fuzz.sip.calls import SipCalls
from tests.fuzz.sip.inputs import Family, Input, ordinary
from tests.fuzz.sip.message import Received
from tests.fuzz.sip.world import Booked, World

_CALLS_AT_ONCE = 6
_PACKETS = 80
_EVERY_SECONDS = 0.01
# A number is locked after five wrong calls; then nobody is asked for a PIN any more (A9).
_CALLS_A_NUMBER = 4


class PinPrompts:
    """Each input is one packet. Six callers listen to the prompt at a time, with eighty packets each."""

    name = "rtp"
    what = "the audio port, while the line listens for a PIN"
    batch = _CALLS_AT_ONCE * _PACKETS

    def __init__(self, seed: int, sip: SipCalls, records: Records) -> None:
        self._seed = seed
        self._sip = sip
        self._records = records
        self._answered: list[Received] = []
        self._caller = ""
        self._worn = 0
        self.prompts = 0

    def play(self, first: int, count: int) -> list[str]:
        """Call, be asked, send all of it, hang up."""
        before = len(self._sip.carrier.invites)
        self._answered.clear()
        self._sip.wire.on_answer = self._asked
        try:
            self._sip.wire.play(
                self._sip.keep(self._call(first // _PACKETS + place)) for place in range(_CALLS_AT_ONCE)
            )
            self._sip.hear(0.2)
            self._send(first, count)
        finally:
            self._sip.wire.on_answer = lambda _: False
            for call in self._answered:
                self._sip.wire.end(call)
        self._sip.hear(0.2)
        wrong = []
        if len(self._sip.carrier.invites) > before:
            wrong.append(f"inputs {first}-{first + count - 1}: a call was admitted on a PIN that nobody entered")
        if len(self._answered) < _CALLS_AT_ONCE:
            wrong.append(f"inputs {first}-{first + count - 1}: only {len(self._answered)} callers were asked for a PIN")
        self.prompts += len(self._answered)
        return wrong

    def close(self) -> None:
        """Nothing is held."""

    def _asked(self, answer: Received) -> bool:
        self._answered.append(answer)
        return True

    def _call(self, number: int) -> Input:
        if self._worn % _CALLS_A_NUMBER == 0:
            shared = self._sip.stage.share()
            self._records.booked.append(shared)
            self._caller = shared.caller
        self._worn += 1
        world = self._sip.world
        mine = World(world.line, world.here, [Booked(self._caller, "")], [], [])
        # Beyond the SIP fuzzer's own numbers, so that no call of these is taken for one of those.
        return ordinary(self._seed, 50_000_000 + number, mine, Family.GOOD, self.name)

    def _send(self, first: int, count: int) -> None:
        places = [place for answer in self._answered if (place := answer.audio())]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(first, first + count):
                data = packets.make(chance(self._seed, self.name, number), number)
                if places:
                    sender.sendto(data, places[number % len(places)])
                if number % len(places or [1]) == 0:
                    until = time.monotonic() + _EVERY_SECONDS
                    while time.monotonic() < until:
                        self._sip.wire.hear(0.002)
