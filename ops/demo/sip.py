"""What a phone sent and received, read from SIPp's message log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_STAMP = r"-{10,} (?P<stamp>[^\n]*)\n"
_HEAD = re.compile(_STAMP + r"(?P<way>UDP message (?:sent|received)|\S+ message (?:sent|received))[^\n]*\n\n")


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message as it stood on the wire, and whether this phone received it."""

    at: datetime
    received: bool
    text: str

    @property
    def first_line(self) -> str:
        """The request or status line."""
        return self.text.split("\n", 1)[0].strip()

    @property
    def method(self) -> str | None:
        """The method of a request; None for a response."""
        word = self.first_line.split(" ", 1)[0]
        return None if word.startswith("SIP/") else word

    @property
    def status(self) -> int | None:
        """The status code of a response; None for a request."""
        match = re.match(r"SIP/2\.0 (\d{3})", self.first_line)
        return int(match[1]) if match else None

    def header(self, name: str) -> str | None:
        """The value of a header; None if it is not there."""
        match = re.search(rf"^{re.escape(name)}\s*:\s*(.*)$", self.text, re.IGNORECASE | re.MULTILINE)
        return match[1].strip() if match else None

    @property
    def audio(self) -> tuple[str, int] | None:
        """Where this message's SDP wants audio sent (RFC 8866)."""
        host = re.search(r"^c=IN IP4 (\S+)", self.text, re.MULTILINE)
        port = re.search(r"^m=audio (\d+)", self.text, re.MULTILINE)
        return (host[1], int(port[1])) if host and port else None


def read(log: Path) -> list[Message]:
    """Every message of a log, in order. Empty as long as there is none."""
    text = log.read_text(errors="replace") if log.exists() else ""
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads), len(text)][1:]
    return [
        Message(_instant(head["stamp"]), "received" in head["way"], text[head.end() : end].strip("\n"))
        for head, end in zip(heads, ends, strict=True)
    ]


def _instant(stamp: str) -> datetime:
    """SIPp writes local time; our phones run with TZ=UTC."""
    return datetime.fromisoformat(stamp.strip()).replace(tzinfo=UTC)
