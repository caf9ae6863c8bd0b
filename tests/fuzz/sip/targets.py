"""Whom a call is to: Request-URIs and To headers."""

from __future__ import annotations

from random import Random

from tests.fuzz.draws import often
from tests.fuzz.sip.identities import HOSTILE, address
from tests.fuzz.sip.message import Request
from tests.fuzz.sip.world import World

# Names that stand in the dialplan, and patterns of it.
_EXTENSIONS = [
    "s", "h", "i", "t", "T", "e", "o", "a", "ask", "unavailable", "dialled-ANSWER", "rejected", "_X.", "_+ZXXXXXX", "",
    "from-trunk", "connect", "s@connect", "911", "112", "0", "+", "*", "#", "++", "+0", "999999999999999999999999",
]  # fmt: skip


def _user(rng: Random, request: Request, world: World) -> None:
    dialled = rng.choice([world.line_number, world.line_number[1:], world.line_number[2:], rng.choice(world.callers)])
    place = rng.randrange(len(dialled) + 1)
    hostile = rng.choice(HOSTILE)
    who = rng.choice(
        [
            dialled,
            dialled[:place] + hostile + dialled[place:],
            dialled + hostile,
            rng.choice(_EXTENSIONS),
            rng.choice(_EXTENSIONS) + hostile,
            dialled + "&PJSIP/" + dialled + "@trunk",
            dialled + "%2c1)%20same",
            dialled + ";npdi;rn=+1415",
            "9" * rng.choice([6, 7, 15, 16, 80, 5000]),
            "".join(f"%{ord(letter):02X}" for letter in dialled),
        ]
    )
    request.target = f"sip:{who}@{world.line}"


def _uri(rng: Random, request: Request, world: World) -> None:
    who = world.line_number
    request.target = rng.choice(
        [
            f"sips:{who}@{world.line}", f"tel:{who}", f"tel:{who};phone-context=x", f"<sip:{who}@{world.line}>",
            f"sip:{who}",
            f"sip:{world.line}", f"sip:{who}@{world.line};user=phone;transport=tcp;maddr=127.0.0.1;ttl=1;lr",
            f"sip:{who}@{world.line}?Route=%3Csip:127.0.0.1%3E&Replaces=a", f"sip:{who}:secret@{world.line}",
            f"sip:{who}@[::1]", f"sip:{who}@127.0.0.1:0", f"sip:{who}@127.0.0.1:99999",
            f"sip:{who}@{'a.' * 400}invalid",
            "*", "", "sip:", "http://127.0.0.1/", f"sip:{who}@{world.line}" + ";p=v" * 300, f"SIP:{who}@{world.line}",
            f"sip:{who}@127.0.0.1:5060@{world.line}", f"sip:{who} @{world.line}", "urn:service:sos",
        ]
    )  # fmt: skip


def _to(rng: Random, request: Request, world: World) -> None:
    request.set("To", address(rng, world) + rng.choice(["", ";tag=known", ";tag=", ";tag=" + "x" * 500]))


def _line(rng: Random, request: Request, world: World) -> None:
    if often(rng, 0.5):
        request.version = rng.choice(
            ["SIP/3.0", "SIP/2.0 ", "sip/2.0", "SIP/2", "", "HTTP/1.1", "SIP/2.0\0", "SIP/22222222222.0"]
        )
    else:
        request.method = rng.choice(
            ["invite", "INVITE ", " INVITE", "INVITE\t", "INVITE\0", "I" * 300, "", "INVITE,BYE", "ACK"]
        )


MUTATIONS = [_user, _user, _user, _uri, _uri, _to, _line]
