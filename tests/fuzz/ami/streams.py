"""What may come over the manager interface in place of what Asterisk sends, by number."""

from __future__ import annotations

from random import Random

from tests.ami_listener.recordings import CALLS, wire
from tests.fuzz.draws import often
from tests.fuzz.octets import mutated

_MESSAGES = [message for call in CALLS for message in wire(call).split(b"\r\n\r\n") if message]
_NAMES = [b"Event", b"Response", b"ActionID", b"Linkedid", b"Uniqueid", b"DestLinkedid", b"DestUniqueid",
    b"Timestamp", b"Cause", b"DialStatus",
          b"BridgeUniqueid", b"UserEvent", b"Caller", b"Dialled", b"AccountCode", b"EventList", b"ListItems",
          b"Message", b"Result", b"SubEvent",
          b"CommandID", b"Event ", b" Event", b"event", b"Device", b"State", b"manager", b"__class__", b"content",
          b""]  # fmt: skip
_VALUES = [
    b"", b" ", b"x", b"1795458785.099942", b"NaN", b"1e999", b"-1", b"9" * 400, b"1.1.1", b"\xd9\xa1", b"ANSWER",
    b"BUSY", b"RINGING", b"\0", b"\xff\xfe",
    b"\xed\xa0\x80", b"\xc3", b": ", b"a: b", b"FullyBooted", b"Hangup", b"BridgeEnter", b"DialEnd", b"UserEvent",
    b"LineUnavailable",
    b"Success", b"Error", b"Follows", b"Goodbye", b"start", b"Complete", b"CoreShowChannelsComplete",
    b"CoreShowChannel", b"will follow", b"%41%00%ff",
    b"line1-1.1", b"line1-1.2", b"queue_members", b"\r", b"\n", b"a\rb", b"a\nb", b"*", b"[", b"0", b"2", b"UP",
]  # fmt: skip
_LIST = [b"Response: Success\r\nEventList: start\r\nMessage: Channels will follow",
    b"Event: CoreShowChannel\r\nUniqueid: line1-1.1\r\nLinkedid: line1-1.1\r\nBridgeId: b\r\nAccountCode: 1",
         b"Event: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: 1"]  # fmt: skip


def message(rng: Random) -> bytes:
    """One message, without the empty line that ends it: an event or a response, with anything wrong about it."""
    if often(rng, 0.02):
        name, size = rng.choice(_NAMES), rng.choice([5_000] * 6 + [70_000, 70_000, 1_100_000])
        return b"Event: Hangup\r\n" + name + b": " + rng.choice([b"x", b"\xff", b": ", b"\r"]) * size
    lines = rng.choice(_MESSAGES).split(b"\r\n")
    for _ in range(rng.choice([0, 1, 1, 2, 4, 30])):
        place = rng.randrange(len(lines) + 1)
        action = rng.random()
        if action < 0.3 and lines:
            lines.insert(place, rng.choice(lines))
        elif action < 0.5 and place < len(lines):
            lines.pop(place)
        else:
            lines.insert(
                place, rng.choice(_NAMES) + rng.choice([b": ", b": ", b": ", b":", b" : ", b""]) + rng.choice(_VALUES)
            )
    data = rng.choice([b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"]).join(lines)
    return mutated(rng, data) if often(rng, 0.4) else data


def listed(rng: Random) -> list[bytes]:
    """An answer to "what is up": its messages, whole or not."""
    found = [part if often(rng, 0.6) else mutated(rng, part, most=2) for part in _LIST]
    if often(rng, 0.3):
        rng.shuffle(found)
    return found[: rng.choice([1, 2, 3, 3, 3, 3])]
