"""The inputs of the SIP fuzzer: what goes to Asterisk as the trunk, by number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.fuzz.draws import chance, some
from tests.fuzz.octets import mutated
from tests.fuzz.sip import framing, identities, routing, targets
from tests.fuzz.sip.message import CRLF, Request
from tests.fuzz.sip.world import World

FUZZER = "sip"


class Family(StrEnum):
    """What an input is, and with it what must come of it."""

    GOOD = "as it should be"  # a booked provider's call: admitted, or refused for the calls that are up already
    HIDDEN = "hides the caller"  # never admitted (A2, A8)
    UNBOOKED = "from a stranger"  # never admitted (A3)
    HOSTILE = "grammar"  # well-meant headers in hostile forms
    OCTETS = "octets"  # anything
    STRAY = "out of the blue"  # another method, of no dialog


_SHARES = {
    Family.GOOD: 6,
    Family.HIDDEN: 8,
    Family.UNBOOKED: 4,
    Family.HOSTILE: 50,
    Family.OCTETS: 20,
    Family.STRAY: 12,
}
_METHODS = ["CANCEL", "BYE", "ACK", "INVITE", "INFO", "REFER", "SUBSCRIBE", "MESSAGE", "UPDATE", "PRACK", "OPTIONS",
    "REGISTER",
            "NOTIFY", "PUBLISH", "FOO"]  # fmt: skip
_MUTATIONS: list[Callable[[Random, Request, World], None]] = [
    *identities.MUTATIONS, *targets.MUTATIONS, *routing.MUTATIONS, *framing.MUTATIONS
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """One datagram to send."""

    number: int
    family: Family
    octets: bytes

    @property
    def is_invite(self) -> bool:
        """Whether it was made from an INVITE."""
        return self.family is not Family.STRAY


def make(seed: int, number: int, world: World) -> Input:
    """The input of this number. The same seed and number give the same input, but for ports and booked numbers."""
    rng = chance(seed, FUZZER, number)
    family = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
    request = _ordinary(rng, number, world, family)
    match family:
        case Family.HIDDEN:
            identities.hide(rng, request, world)
        case Family.HOSTILE:
            for mutate in some(rng, _MUTATIONS, 1, 4):
                mutate(rng, request, world)
        case Family.STRAY:
            _stray(rng, request, world)
    octets = request.encode()
    if family is Family.OCTETS:
        octets = mutated(rng, octets)
    # What is longer than a datagram cannot be sent; Asterisk reads 4000 octets less than that, and must cope.
    return Input(number, family, octets[:60_000])


def ordinary(seed: int, number: int, world: World, family: Family, fuzzer: str) -> Input:
    """A call with nothing wrong about it, for fuzzers that are about something else."""
    return Input(number, family, _ordinary(chance(seed, fuzzer, number), number, world, family).encode())


def _ordinary(rng: Random, number: int, world: World, family: Family) -> Request:
    """A call as a carrier hands it on."""
    strange = family is Family.UNBOOKED or (family is Family.HOSTILE and rng.random() < 0.3)
    caller = rng.choice(world.strangers) if strange else rng.choice(world.booked).caller
    if family in (Family.HOSTILE, Family.OCTETS) and rng.random() < 0.05:
        caller = rng.choice(world.shared)
    body = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio 9 RTP/AVP 0 101",
            "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", ""]  # fmt: skip
    return Request(
        "INVITE",
        f"sip:{world.line_number}@{world.line}",
        [
            ("Via", f"SIP/2.0/UDP {world.here};rport;branch=z9hG4bKn{number}"),
            ("From", f"<sip:{caller}@127.0.0.1>;tag=f{number}"),
            ("To", f"<sip:{world.line_number}@{world.line}>"),
            ("Call-ID", f"n{number}@127.0.0.1"),
            ("CSeq", "1 INVITE"),
            ("Contact", f"<sip:x@{world.here}>"),
            ("Max-Forwards", "70"),
            ("Content-Type", "application/sdp"),
        ],
        CRLF.join(body),
    )


def _stray(rng: Random, request: Request, world: World) -> None:
    """Another method, of a dialog that there is not or that another input may just have begun."""
    method = rng.choice(_METHODS)
    request.method = method
    request.set("CSeq", f"{rng.choice([1, 2, 99])} {method}")
    if rng.random() < 0.7:
        request.set("To", request.get("To") + ";tag=" + rng.choice(["x", "f1", "carrier"]))
    # An INVITE keeps its own: what is answered to it must not be taken for the answer to another.
    if method != "INVITE" and rng.random() < 0.5:
        other = max(0, int(request.get("Call-ID")[1:].split("@")[0]) - rng.randint(1, 40))
        request.set("Call-ID", f"n{other}@127.0.0.1")
        request.set("Via", f"SIP/2.0/UDP {world.here};rport;branch=z9hG4bKn{other}")
        request.set("From", f"<sip:{rng.choice(world.callers)}@127.0.0.1>;tag=f{other}")
    extras = {
        "REFER": ("Refer-To", f"<sip:{rng.choice(world.booked).client}@{world.line}>"),
        "SUBSCRIBE": ("Event", rng.choice(["presence", "dialog", "message-summary", "refer", ""])),
        "NOTIFY": ("Event", "refer"),
        "PUBLISH": ("Event", "presence"),
        "PRACK": ("RAck", "1 1 INVITE"),
        "REGISTER": ("Expires", "3600"),
    }
    if method in extras:
        request.add(*extras[method])
    if method == "INFO":
        request.set("Content-Type", "application/dtmf-relay")
        request.body = (
            f"Signal={rng.choice('0123456789*#ABCD!')}\r\nDuration={rng.choice(['160', '-1', '99999999', ''])}\r\n"
        )
    for mutate in some(rng, _MUTATIONS, 0, 2):
        mutate(rng, request, world)
