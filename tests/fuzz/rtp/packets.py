"""RTP that no phone sends: keypad events (RFC 4733) and headers (RFC 3550) with anything in them, by number."""

from __future__ import annotations

import struct
from random import Random

from tests.fuzz.draws import often
from tests.fuzz.octets import mutated

EVENTS = 101  # the payload type that our offers give to telephone-event


def make(rng: Random, sequence: int) -> bytes:
    """One packet. A whole PIN does not come together by chance: digits are never pressed as a phone presses them."""
    version = rng.choice([0x80] * 8 + [0x00, 0x40, 0xC0, 0x90, 0xA0, 0x8F, 0xBF])
    payload_type = rng.choice([EVENTS] * 8 + [EVENTS | 0x80, 0, 8, 13, 19, 72, 96, 100, 102, 127, 200])
    number = (sequence if often(rng, 0.7) else rng.randrange(1 << 16)) & 0xFFFF
    timestamp = rng.choice([160 * sequence, 0, 0xFFFFFFFF, rng.randrange(1 << 32), 1]) & 0xFFFFFFFF
    head = struct.pack(
        "!BBHII", version, payload_type, number, timestamp, rng.choice([1, 1, 1, rng.randrange(1 << 32)])
    )
    event = rng.choice([rng.randrange(17), rng.randrange(256), 11, 16, 255, 17])
    flags = rng.choice([0x0A, 0x8A, 0xCA, 0xFF, 0x00, 0x80])
    body = struct.pack("!BBH", event, flags, rng.choice([0, 1, 160, 800, 0x7FFF, 0xFFFF, rng.randrange(1 << 16)]))
    shape = rng.random()
    if shape < 0.1:
        body = body[: rng.randrange(4)]
    elif shape < 0.2:
        body *= rng.choice([2, 50, 350])
    elif shape < 0.3:
        body = rng.randbytes(rng.choice([1, 160, 1400]))
    data = head + body
    return mutated(rng, data, most=2) if often(rng, 0.15) else data
