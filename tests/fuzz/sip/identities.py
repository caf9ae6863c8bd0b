"""Who a call says it is from: every header that names a caller, spelled every way and wrongly."""

from __future__ import annotations

from random import Random

from tests.fuzz.draws import often
from tests.fuzz.sip.message import Request
from tests.fuzz.sip.world import World

# Percent-decoded by Asterisk before anything of ours sees them.
HOSTILE = [
    "%00", "%0a", "%0d%0a", "%0d%0aEvent:%20Hangup", "%0aagi_arg_1:%20x", "%22", "%27", "%5c", "%20", "%2c1%2c2",
    "%24%7bEXTEN%7d", "$%7bSHELL(id)%7d", "$[1/0]", "%5d%20|%20%5b1", "^", "&", "|", "%7c", "(", ")", "*", "#", "!",
    "_X.", "%ff", "%c3%28", "%e2%80%ae", "%f0%9f%93%9e", "%25", "%2500", "%", "%4", "%zz", "%1b%5b2J", "%7f", "~",
]  # fmt: skip
_VERSTAT = [
    "TN-Validation-Passed", "TN-Validation-Passed-A", "TN-Validation-Passed-B", "TN-Validation-Failed",
    "No-TN-Validation", "", "TN-Validation-Passed;verstat=TN-Validation-Failed", '"TN-Validation-Passed"', "x" * 500,
    "%0d%0a", "TN-Validation-Failed%00", "tn-validation-failed-c",
]  # fmt: skip
_NAMES = [
    "", '"Dr. Rivera" ', "Anonymous ", '"Anonymous" ', '"', '"unterminated ', '"\\"" ', '"\\" ', "a b c ", "=?utf-8?B?",
    '"' + "n" * 2000 + '" ', '"${CALLERID(num)}" ', '"\udc80\udcff" ', '"日本" ', '"a", "b" ', "<<", '"%0d%0a" ', "\t",
]  # fmt: skip
_HOSTS = [
    "127.0.0.1",
    "anonymous.invalid",
    "[::1]",
    "",
    "127.0.0.1:99999",
    "localhost",
    "x" * 300,
    "127.0.0.1;x",
    "%00",
]


def number(rng: Random, world: World) -> str:
    """A number that somebody may call from, as carriers spell it."""
    whole = rng.choice(world.callers)
    return rng.choice(
        [whole, whole, whole.lstrip("+"), whole[2:], f"+1-{whole[2:5]}-{whole[5:8]}-{whole[8:]}", whole[1:]]
    )


def user(rng: Random, world: World) -> str:
    """A user part that should not be one: a number with something hostile in, before or behind it; or no number."""
    base, hostile = number(rng, world), rng.choice(HOSTILE)
    place = rng.randrange(len(base) + 1)
    return rng.choice(
        [
            base[:place] + hostile + base[place:],
            base + hostile,
            hostile + base,
            hostile,
            "".join(f"%{ord(letter):02x}" for letter in base),
            base * rng.choice([2, 10, 100]),
            base + ";" + hostile + "=1",
            base + ":" + hostile,
            rng.choice(
                [
                    "anonymous",
                    "Restricted",
                    "unavailable",
                    "",
                    "0000000000",
                    "266696687",
                    "asterisk",
                    "s",
                    "h",
                    "i",
                    "T",
                ]
            ),
            "١٤١٥٥٥٥٠١٠٠",
        ]
    )


def address(rng: Random, world: World) -> str:
    """A name-addr, or what pretends to be one."""
    who = user(rng, world) if often(rng, 0.6) else number(rng, world)
    scheme = rng.choice(
        ["sip:", "sip:", "sip:", "sips:", "tel:", "TEL:", "SIP:", "mailto:", "", "nobodyKnows:", "urn:service:"]
    )
    host = "" if scheme.lower() == "tel:" else "@" + rng.choice(_HOSTS)
    parameters = rng.choice(
        ["", "", ";user=phone", f";verstat={rng.choice(_VERSTAT)}", ";cpc=payphone", ";isub=1", ";ext=22",
         ";phone-context=+1", ";phone-context=%0d%0a", ";" * 50, ";a=b" * 200, "?Subject=x&Diversion=y", ";=;=", ";lr"]
    )  # fmt: skip
    opening, closing = rng.choice([("<", ">")] * 8 + [("", ""), ("<", ""), ("", ">"), ("< ", " >"), ("<<", ">>")])
    return f"{rng.choice(_NAMES)}{opening}{scheme}{who}{host}{parameters}{closing}"


def _from(rng: Random, request: Request, world: World) -> None:
    tag = rng.choice(
        [
            ";tag=1",
            ";tag=1",
            "",
            ";tag=",
            ";tag=" + "t" * 1000,
            ";tag=a;tag=b",
            f";verstat={rng.choice(_VERSTAT)};tag=1",
        ]
    )
    request.set("From", address(rng, world) + tag)


def _asserted(rng: Random, request: Request, world: World) -> None:
    name = rng.choice(
        ["P-Asserted-Identity", "P-Asserted-Identity", "Remote-Party-ID", "P-Preferred-Identity", "p-asserted-identity"]
    )
    request.add(
        name,
        address(rng, world) + rng.choice(["", ";party=calling;privacy=full;screen=yes", ", " + address(rng, world)]),
    )


def _privacy(rng: Random, request: Request, world: World) -> None:
    request.add(
        "Privacy",
        rng.choice(["id", "none", "user;id", "header", "session;critical", "", "id" * 500, "ID", " id ", "id,none"]),
    )


def _diversion(rng: Random, request: Request, world: World) -> None:
    reason = rng.choice([";reason=unconditional", ";reason=" + "r" * 300, ";counter=99999999999", ";privacy=full", ""])
    request.add(rng.choice(["Diversion", "History-Info", "Referred-By", "P-Charge-Info"]), address(rng, world) + reason)


def _identity(rng: Random, request: Request, world: World) -> None:
    token = rng.choice(["eyJhbGciOiJFUzI1NiJ9.e30.AAAA", "a.b.c", "", "." * 50, "A" * 4000, "\udc80\udcff"])
    request.add(
        rng.choice(["Identity", "Identity-Info", "P-Attestation-Indicator", "X-Attestation", "P-Identity-Bypass"]),
        f"{token};info=<https://127.0.0.1/cert.pem>;alg=ES256;ppt={rng.choice(['shaken', 'x', '', '%00'])}",
    )


MUTATIONS = [_from, _from, _from, _asserted, _asserted, _asserted, _privacy, _diversion, _identity]


def hide(rng: Random, request: Request, world: World) -> None:
    """Make a good INVITE one that must not be admitted: the caller hides, or the network says the number is false.

    A2, A8. The number may still stand in another header; it must not help.
    """
    mine = request.get("From")
    asserted = f"<sip:{rng.choice(world.booked).caller}@127.0.0.1>"
    hidden = rng.randrange(5)
    if hidden == 0:
        name = rng.choice(["Anonymous", "anonymous", "Restricted", "Unavailable", "unknown"])
        request.set("From", f"<sip:{name}@anonymous.invalid>;tag=1")
        request.add("P-Asserted-Identity", asserted)
    elif hidden == 1:
        request.add("P-Asserted-Identity", asserted)
        request.add("Privacy", rng.choice(["id", "user;id", "header;id"]))
    elif hidden == 2:
        verdict = rng.choice(["TN-Validation-Failed", "TN-Validation-Failed-A", "tn-validation-failed"])
        request.set("From", mine.replace("@", f";verstat={verdict}@"))
    elif hidden == 3:
        request.add("P-Asserted-Identity", asserted.replace("@", ";verstat=TN-Validation-Failed@"))
    else:
        request.set(
            "From",
            f"<sip:{rng.choice(['0000000000', '266696687', '%22' + mine[5:17], mine[5:17] + '%0a'])}@127.0.0.1>;tag=1",
        )
