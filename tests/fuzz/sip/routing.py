"""Where answers go and what belongs together: Via, Contact, Route, CSeq, Call-ID, timers and extensions.

Every address is on loopback or in `.invalid`: nothing that Asterisk sends in answer leaves the machine.
"""

from __future__ import annotations

from random import Random

from tests.fuzz.draws import often
from tests.fuzz.sip.message import Request
from tests.fuzz.sip.world import World


def _via(rng: Random, request: Request, world: World) -> None:
    good = request.get("Via")
    sent_by = rng.choice(
        [
            world.here,
            "127.0.0.1:1",
            "127.0.0.1:0",
            "127.0.0.1:99999",
            "127.0.0.1",
            "[::1]:5060",
            "x.invalid",
            world.line,
            "",
        ]
    )
    bad = rng.choice(
        [
            f"SIP/2.0/UDP {sent_by};branch=z9hG4bK", f"SIP/2.0/UDP {sent_by};rport;branch=1", f"SIP/2.0/UDP {sent_by}",
            f"SIP/2.0/TCP {sent_by};branch=z9hG4bKt;rport", f"SIP/2.0/TLS {sent_by};branch=z9hG4bKs;rport",
            f"SIP/2.0/SCTP {sent_by}", f"SIP / 2.0 / UDP {sent_by} ; branch = z9hG4bKw ; rport",
            f"SIP/2.0/UDP {sent_by};maddr=127.0.0.1;ttl=255;received=127.0.0.1;rport=1;branch=z9hG4bKm",
            f"SIP/2.0/UDP {sent_by};branch=z9hG4bK{'b' * 3000};rport", "SIP/2.0/UDP", "", ";;;", "x" * 2000,
        ]
    )  # fmt: skip
    if often(rng, 0.5):
        request.set("Via", bad)
    else:
        request.set("Via", rng.choice([f"{good}, {bad}", ", ".join([good] * 40), f"{bad}, {good}"]))


def _contact(rng: Random, request: Request, world: World) -> None:
    request.set(
        "Contact",
        rng.choice(
            [
                f"<sip:x@{world.line}>", "<sip:127.0.0.1:1>", "*", "", "<sip:>", "sip:x@127.0.0.1:9;expires=0",
                "<tel:+1415>",
                "<sip:x@nowhere.invalid>", f"<sip:x@{world.here};transport=tcp>", "<sips:x@127.0.0.1>", "<sip:x@[::1]>",
                "<sip:x@127.0.0.1:99999>", f"<sip:x@{world.here}>, <sip:y@{world.here}>",
                "<sip:" + "c" * 3000 + "@127.0.0.1>",
                f"<sip:x@{world.here}?Replaces=a%3Bto-tag%3Db>", "<sip:%00@127.0.0.1>",
                "<sip:x@127.0.0.1;maddr=127.0.0.1>",
            ]
        ),
    )  # fmt: skip


def _route(rng: Random, request: Request, world: World) -> None:
    name = rng.choice(["Route", "Record-Route", "Path", "Service-Route"])
    request.add(
        name,
        rng.choice(
            [
                f"<sip:{world.line};lr>",
                f"<sip:{world.here};lr>",
                "<sip:127.0.0.1:1;lr>",
                "sip:x",
                "",
                f"<sip:{world.line};lr>, " * 30,
            ]
        ),
    )


def _transaction(rng: Random, request: Request, world: World) -> None:
    if often(rng, 0.6):
        request.set(
            "CSeq",
            rng.choice(
                [
                    "1 BYE",
                    "0 INVITE",
                    "-1 INVITE",
                    "4294967295 INVITE",
                    "99999999999 INVITE",
                    "INVITE",
                    "",
                    "1",
                    "1  INVITE x",
                    "x INVITE",
                ]
            ),
        )
    else:
        request.set("Call-ID", rng.choice(["", "same", "@", "c" * 4000, "a b", "\udcff", "%00", "x@[::1]", "same"]))


def _timers(rng: Random, request: Request, world: World) -> None:
    name = rng.choice(
        ["Session-Expires", "Min-SE", "Expires", "Max-Forwards", "Timestamp", "RSeq", "Retry-After", "Date"]
    )
    request.set(
        name,
        rng.choice(
            ["0", "-1", "1", "90", "1800;refresher=uac", "1800;refresher=uas", "4294967296", "x", "", "9" * 100]
        ),
    )
    if often(rng, 0.5):
        request.add(rng.choice(["Supported", "Require"]), "timer, 100rel")


def _extension(rng: Random, request: Request, world: World) -> None:
    name = rng.choice(["Require", "Proxy-Require", "Supported", "Replaces", "Join", "Target-Dialog", "Refer-To",
        "Event", "Allow", "Accept",
                       "Authorization", "Proxy-Authorization", "Alert-Info", "Call-Info", "Reason", "User-Agent",
                       "Geolocation", "X-Line"])  # fmt: skip
    request.add(
        name,
        rng.choice(["", "100rel", "replaces", "nobody-knows", "same;to-tag=x;from-tag=1",
            "same;to-tag=x;from-tag=1;early-only",
                    "<sip:x@127.0.0.1?Replaces=same>",
                    "Digest username=\"a\", realm=\"\", nonce=\"" + "n" * 500 + '"', "presence", "refer",
                    "a" * 3000, ",,,,", ";;;;", "SIP;cause=200", "<http://127.0.0.1:1/x>"]),
    )  # fmt: skip


MUTATIONS = [_via, _via, _contact, _contact, _route, _transaction, _timers, _extension, _extension]
