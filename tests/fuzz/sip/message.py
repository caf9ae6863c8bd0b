"""A SIP request that can be taken apart and put together wrongly, and just enough reading to answer one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

CRLF = "\r\n"


@dataclass(slots=True)
class Request:
    """A request before it is sent. Text goes out as UTF-8, lone surrogates as the octets that they hide."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: str = ""
    version: str = "SIP/2.0"
    length: str | None = None  # Content-Length; None: the true one
    trailer: bytes = field(default=b"")  # behind the message, in the same datagram

    def set(self, name: str, value: str) -> None:
        """Put a header in place of all of this name."""
        self.drop(name)
        self.headers.append((name, value))

    def add(self, name: str, value: str) -> None:
        """Add a header behind all others."""
        self.headers.append((name, value))

    def drop(self, name: str) -> None:
        """Leave all headers of this name out."""
        self.headers = [entry for entry in self.headers if entry[0].lower() != name.lower()]

    def get(self, name: str) -> str:
        """The first header of this name; empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def encode(self) -> bytes:
        """As it stands on the wire."""
        body = self.body.encode("utf-8", "surrogateescape")
        length = str(len(body)) if self.length is None else self.length
        lines = [f"{self.method} {self.target} {self.version}", *(f"{name}: {value}" for name, value in self.headers)]
        head = CRLF.join([*lines, f"Content-Length: {length}", "", ""])
        return head.encode("utf-8", "surrogateescape") + body + self.trailer


_LINE = re.compile(rb"^([A-Za-z-]+)[ \t]*:[ \t]*(.*?)\r?$", re.MULTILINE)
# What Asterisk writes short, were it told to; it never is, but a mutated request may be echoed.
_SHORT = {b"v": b"via", b"f": b"from", b"t": b"to", b"i": b"call-id", b"m": b"contact"}


@dataclass(frozen=True, slots=True)
class Received:
    """A message that Asterisk sent."""

    data: bytes
    first_line: bytes
    headers: list[tuple[bytes, bytes]]

    @property
    def status(self) -> int:
        """The status code of a response; 0 for a request."""
        match = re.match(rb"SIP/2\.0 (\d{3})", self.first_line)
        return int(match[1]) if match else 0

    @property
    def method(self) -> bytes:
        """The method of a request, or of the request that a response answers."""
        return (self.get(b"cseq") if self.status else self.first_line).split(b" ")[-1 if self.status else 0]

    def get(self, name: bytes) -> bytes:
        """The first header of this name, in lower case; empty if there is none."""
        return next((value for key, value in self.headers if key == name), b"")

    def audio(self) -> tuple[str, int] | None:
        """Where its SDP wants audio sent."""
        host = re.search(rb"^c=IN IP4 ([0-9.]+)", self.data, re.MULTILINE)
        port = re.search(rb"^m=audio (\d+)", self.data, re.MULTILINE)
        return (host[1].decode(), int(port[1])) if host and port else None


def read(data: bytes) -> Received:
    """A datagram of Asterisk's."""
    head = data.partition(b"\r\n\r\n")[0]
    first, _, rest = head.partition(b"\r\n")
    found = [(match[1].lower(), match[2]) for match in _LINE.finditer(rest)]
    return Received(data, first, [(_SHORT.get(name, name), value) for name, value in found])


def answer(request: Received, status: int, *extra: bytes, tag: bytes = b"carrier", body: bytes = b"") -> bytes:
    """A response to a request (RFC 3261, 8.2.6)."""
    to = request.get(b"to")
    if b"tag=" not in to and status > 100:
        to += b";tag=" + tag
    vias = [b"Via: " + value for name, value in request.headers if name == b"via"]
    lines = [b"SIP/2.0 %d x" % status, *vias, b"From: " + request.get(b"from"), b"To: " + to]
    lines += [b"Call-ID: " + request.get(b"call-id"), b"CSeq: " + request.get(b"cseq"), *extra]
    if body:
        lines.append(b"Content-Type: application/sdp")
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


def follow_up(response: Received, method: bytes, branch: bytes | None, here: bytes, *, step: int = 0) -> bytes:
    """A request that belongs to a response: its ACK, or the BYE of the dialog it began.

    `branch` is None for the ACK of a refusal, which carries the INVITE's own (RFC 3261, 17.1.1.3).
    """
    number = int(re.match(rb"\d+", response.get(b"cseq"))[0]) + step  # type: ignore[index]
    contact = re.search(rb"<([^>]+)>", response.get(b"contact"))
    via = response.get(b"via") if branch is None else b"SIP/2.0/UDP " + here + b";rport;branch=z9hG4bK" + branch
    lines = [
        method + b" " + (contact[1] if contact else b"sip:line@" + here) + b" SIP/2.0",
        b"Via: " + via,
        b"From: " + response.get(b"from"),
        b"To: " + response.get(b"to"),
        b"Call-ID: " + response.get(b"call-id"),
        b"CSeq: %d " % number + method,
        b"Max-Forwards: 70",
        b"Content-Length: 0",
    ]
    return b"\r\n".join([*lines, b"", b""])
