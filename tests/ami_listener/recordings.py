"""Real calls, as Asterisk 22.10.1 told of them over AMI with our configuration, one file a call.

Recorded from `ops.line.Line` with SIPp at both ends, unabridged but for DeviceStateChange (only `connected` has them).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ami_listener.events import Unavailable, read
from consultation.evidence import Fact
from schema.queries.calls import Sighting

_FOLDER = Path(__file__).parent / "recorded"
CALLS = sorted(path.stem for path in _FOLDER.glob("*.ami"))


def wire(name: str, channel: str | None = None) -> bytes:
    """A recorded call as it stood on the wire; with `channel`, under that id in place of its own."""
    text = (_FOLDER / f"{name}.ami").read_text()
    if channel is not None:
        own = re.search(r"^Linkedid: (.*)$", text, re.MULTILINE)
        assert own
        text = re.sub(r"line1-[0-9.]+", lambda leg: channel if leg[0] == own[1] else f"{channel}.client", text)
    return text.replace("\n", "\r\n").encode()


def events(name: str, channel: str | None = None) -> list[Mapping[str, str]]:
    """The events of a recorded call."""
    messages = wire(name, channel).decode().split("\r\n\r\n")
    return [dict(line.split(": ", 1) for line in message.split("\r\n")) for message in messages if message]


def seen(name: str, channel: str | None = None) -> list[Sighting | Unavailable]:
    """What we read out of a recorded call, in the order in which it came."""
    return [found for event in events(name, channel) if (found := read(event)) is not None]


def facts(name: str) -> list[Fact]:
    """The facts of a recorded call."""
    return [(found if isinstance(found, Sighting) else found.sighting()).fact for found in seen(name)]
