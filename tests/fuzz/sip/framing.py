"""How a message is put together: headers doubled, folded, dropped, overlong; lengths that lie; SDP and other bodies."""

from __future__ import annotations

from random import Random

from tests.fuzz.draws import often
from tests.fuzz.octets import mutated
from tests.fuzz.sip.message import CRLF, Request
from tests.fuzz.sip.world import World

_COMPACT = {
    "Via": "v",
    "From": "f",
    "To": "t",
    "Call-ID": "i",
    "Contact": "m",
    "Content-Type": "c",
    "Subject": "s",
    "Supported": "k",
}


def _double(rng: Random, request: Request, world: World) -> None:
    for _ in range(rng.choice([1, 1, 2, 30]) if request.headers else 0):
        request.headers.insert(rng.randrange(len(request.headers) + 1), rng.choice(request.headers))


def _drop(rng: Random, request: Request, world: World) -> None:
    for _ in range(rng.choice([1, 1, 2, 4])):
        if request.headers:
            request.headers.pop(rng.randrange(len(request.headers)))


def _fold(rng: Random, request: Request, world: World) -> None:
    folds = ["\r\n ", "\r\n\t", "\r\n    \r\n ", "\n ", "\r "]
    request.headers = [
        (
            name,
            value.replace(" ", rng.choice(folds)).replace(";", rng.choice(folds) + ";") if often(rng, 0.5) else value,
        )
        for name, value in request.headers
    ]


def _respell(rng: Random, request: Request, world: World) -> None:
    way = rng.randrange(4)
    request.headers = [
        ([name.upper(), name.lower(), _COMPACT.get(name, name), name + rng.choice(" \t")][way], value)
        for name, value in request.headers
    ]
    if often(rng, 0.3):
        rng.shuffle(request.headers)


def _overlong(rng: Random, request: Request, world: World) -> None:
    for _ in range(rng.choice([1, 5, 60])):
        request.add(
            rng.choice(["Subject", "X-" + "h" * rng.choice([1, 300, 3000]), "User-Agent", "Organization"]),
            "v" * rng.choice([0, 100, 900]),
        )


def _garbage_line(rng: Random, request: Request, world: World) -> None:
    name = rng.choice(["", "no colon here\r\nX", ":", " leading", "\0", "X\r\n\r\nX", "ü", "X" * 5000])
    request.headers.insert(rng.randrange(len(request.headers) + 1), (name, rng.choice(["", "x", "\0\0", "\udcfe"])))


def _length(rng: Random, request: Request, world: World) -> None:
    request.length = rng.choice(
        ["0", "1", "-1", "99999", "4294967296", "", "x", "0x10", "+5", "1 1", "5\r\nContent-Length: 9", "007"]
    )


def _trailer(rng: Random, request: Request, world: World) -> None:
    request.trailer = rng.choice([b"\r\n\r\n", rng.randbytes(200), b"\0" * 500, request.encode()])


_SDP_LINES = [
    "v=1", "v=", "o=", "o=- 99999999999999999999 -1 IN IP4 127.0.0.1", "s=", "c=IN IP6 ::1", "c=IN IP4 0.0.0.0",
    "c=IN IP4 224.0.0.1/127/99", "c=IN IP4 x.invalid", "c=", "t=", "t=-1 -1", "m=audio 0 RTP/AVP 0",
    "m=audio 99999 RTP/AVP 0",
    "m=audio -1 RTP/AVP 0", "m=audio 9 RTP/AVP", "m=audio 9 RTP/SAVP 0", "m=audio 9 UDP/TLS/RTP/SAVPF 0",
    "m=video 9 RTP/AVP 31",
    "m=image 9 udptl t38", "m=application 9 TCP/MSRP *", "m=audio 9/65535 RTP/AVP 0", "m=audio 9 RTP/AVP " + "0 " * 500,
    "m=audio 9 RTP/AVP 9999999999", "a=rtpmap:0", "a=rtpmap:0 PCMU/0", "a=rtpmap:101 telephone-event/4294967295",
    "a=rtpmap:-1 x/8000", "a=rtpmap:96 " + "x" * 2000 + "/8000", "a=fmtp:101 0-999999", "a=ptime:0", "a=ptime:-1",
    "a=maxptime:4294967296",
    "a=sendonly", "a=inactive", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA", "a=ice-ufrag:x",
    "a=candidate:1 1 UDP 1 127.0.0.1 9 typ host",
    "a=rtcp:99999", "a=rtcp-mux", "a=setup:actpass", "a=fingerprint:sha-256 00", "a=" + "a" * 3000, "b=AS:-1", "k=",
    "z=0", "r=", "\0", "x",
    "a=mid:0", "a=group:BUNDLE 0 0", "a=extmap:1 urn:x", "a=rtcp-fb:* nack", "a=label:1", "i=" + "\udcff" * 40, "=",
    "m", "m=", "",
]  # fmt: skip


def _sdp(rng: Random, request: Request, world: World) -> None:
    lines = request.body.split(CRLF)
    for _ in range(rng.choice([1, 1, 2, 5, 40])):
        place = rng.randrange(len(lines) + 1)
        if often(rng, 0.3) and place < len(lines):
            lines.pop(place)
        else:
            lines.insert(place, rng.choice(_SDP_LINES))
    request.body = rng.choice([CRLF, CRLF, CRLF, "\n", "\r"]).join(lines)


def _body(rng: Random, request: Request, world: World) -> None:
    kinds = ["application/sdp", "application/sdp;charset=x", "multipart/mixed;boundary=b", "multipart/mixed",
        "multipart/mixed;boundary=",
             "application/pidf+xml", "text/plain", "", "/", "application/" + "s" * 1000, "message/sip",
             "application/isup"]  # fmt: skip
    kind = rng.choice(kinds)
    request.set("Content-Type", kind)
    if "multipart" in kind:
        parts = [
            f"--b\r\nContent-Type: application/sdp\r\n\r\n{request.body}\r\n",
            "--b\r\n\r\n",
            "--b--",
            "--b\r\nContent-Type\r\n",
        ]
        request.body = "".join(rng.choices(parts, k=rng.randint(1, 30)))
    elif often(rng, 0.5):
        request.body = mutated(rng, request.body.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


MUTATIONS = [_double, _drop, _fold, _respell, _overlong, _garbage_line, _length, _trailer, _sdp, _sdp, _sdp, _body]
