"""What may come over a FastAGI connection in place of what Asterisk sends: environments and replies, by number."""

from __future__ import annotations

from random import Random

from tests.agi.wire import environment
from tests.fuzz.draws import often
from tests.fuzz.octets import mutated

_ARGUMENTS = [
    "+14155550100", "", "0", "-1", "99999999999999999999", "9" * 5000, "1e9", "١٢", "x", "\0", "\x7f", "a,b", "&",
    "yes", "1 2",
    "verstat=TN-Validation-Failed", "verstat=" * 400, "<sip:anonymous@anonymous.invalid>", "prohib", "unavailable",
    "\ufffd", "+0",
    "sip:" * 300, "tel:+1", ";;;@@@", "(((", "+" * 64, "1" * 64, "1" * 65, "\u2028", " ", "%00",
]  # fmt: skip
_LINES = [
    "", "\r", ":", "agi_", "agi_:", "agi_: :", "agi_network", "AGI_network: yes", "x: y", "agi_uniqueid:",
    "agi_uniqueid: other",
    "agi_arg_1: +14155550177", "agi_arg_99: x", "agi_\0: x", "agi_x: \0", "agi_x:" + "x" * 9000, "agi_" + "k" * 9000,
    "HANGUP", "200 result=1",
]  # fmt: skip
_REPLIES = [
    "200 result=1", "200 result=0", "200 result=-1", "200 result=1 (hangup)", "200 result=", "200", "200 result=1 (",
    "200-result=1",
    "100 Trying", "100", "510 Invalid or unknown command", "511 result=-1", "520-Invalid command syntax.",
    "520 End of proper usage.",
    "520-", "HANGUP", "hangup", "", "999 x", "20", "2000 result=1", " 200 result=1", "٢٠٠ result=1", "200 result=\0",
    "200 " + "r" * 9000,
]  # fmt: skip
_SCRIPTS = ["admit", "admit", "admit", "admit", "health", "", "Admit", "../admit", "admit?x", "a" * 5000, "__class__"]


def asks(rng: Random) -> bytes:
    """An environment: right, with a hostile value or line somewhere, or with its octets mutated."""
    arguments = [rng.choice(_ARGUMENTS) if often(rng, 0.3) else good for good in _GOOD]
    data = environment(
        rng.choice(_SCRIPTS), *arguments, channel=rng.choice([f"line1-1.{rng.randrange(999)}", "", "x", "\0"])
    )
    if often(rng, 0.4):
        lines = data.split(b"\n")
        for _ in range(rng.choice([1, 1, 2, 5, 120])):
            lines.insert(rng.randrange(len(lines)), rng.choice(_LINES).encode())
        data = rng.choice([b"\n", b"\n", b"\n", b"\r\n", b"\r"]).join(lines)
    return mutated(rng, data) if often(rng, 0.4) else data


_GOOD = ["+14155550100", "+14155550199", "allowed_not_screened", "<sip:+14155550100@127.0.0.1>", "1", "", "", ">"]


def replies(rng: Random) -> bytes:
    """What follows the environment."""
    lines = [rng.choice(_REPLIES).encode() for _ in range(rng.choice([0, 1, 1, 2, 3, 8, 120]))]
    data = b"".join(line + rng.choice([b"\n", b"\n", b"\n", b"\r\n", b"", b"\0\n"]) for line in lines)
    if often(rng, 0.02):
        data += b"100 " + rng.randbytes(rng.choice([10_000, 60_000]))
    return mutated(rng, data) if often(rng, 0.4) else data


def commands(rng: Random) -> bytes:
    """What a server may send to Asterisk: half a command, another one, nonsense. Never one that admits a call."""
    spoken = [
        b'SET VARIABLE "LINE_CLIENT" "+14155550123"',
            b'SET VARIABLE "ARRAY(LINE_CLIENT,LINE_PRESENTED)" "+14155550123,+1"',
        b'SET VARIABLE LINE_DECISION "ADMIT"', b'SET VARIABLE LINE_DECISION ""',
        b'SET VARIABLE LINE_DECISION "admit" x"',
        b'SET VARIABLE "ARRAY(LINE_DECISION)" "a,d,m,i,t"',
            b'SET VARIABLE "LINE_DECISION' + b"x" * 3000 + b'" "admit"', b"GET VARIABLE LINE_DECISION",
        b"NOOP", b"ANSWER", b"HANGUP", b"STREAM FILE nothing \"\"", b"WAIT FOR DIGIT 100",
        b"EXEC NoSuchApplication x", b"SAY DIGITS 1 \"\"",
        b"DATABASE GET a b", b"GET FULL VARIABLE ${LINE_CLIENT}", b"SET CALLERID \"x\" <1>", b"SET CONTEXT connect",
        b"ASYNCAGI BREAK", b"x" * 2500,
        b'SET VARIABLE "', b'"', b"\\", b"\xff\xfe", b"", b" ", b'SET VARIABLE "TIMEOUT(absolute)" "0"',
            b"CHANNEL STATUS", b"VERBOSE x 1",
    ]  # fmt: skip
    # What ends without a line end would keep Asterisk in a loop until we close; we do, soon.
    return b"".join(
        rng.choice(spoken) + rng.choice([b"\n", b"\n", b"\n", b"\r\n", b""]) for _ in range(rng.randint(0, 6))
    )
