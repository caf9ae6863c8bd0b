"""A phone's mouth and ear: sends a tone as RTP (RFC 3550, PCMU as in RFC 3551), and hears which tone arrives."""

from __future__ import annotations

import math
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Sequence

_RATE = 8000
_FRAME = 160  # 20 ms
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")


class Headset:
    """A UDP socket that speaks a tone to whoever it is pointed at, and keeps what it hears.

    `tone_hz` is what it speaks.
    """

    def __init__(self, tone_hz: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.02)
        self.port: int = self._socket.getsockname()[1]
        self._frames = _tone(tone_hz)
        self._heard = bytearray()
        self._keys: deque[bytes | None] = deque()
        self._target: tuple[str, int] | None = None
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._speak, self._listen)]
        for thread in self._threads:
            thread.start()

    def point_at(self, host: str, port: int) -> None:
        """Speak to this address from now on."""
        self._target = (host, port)

    def press(self, digits: str) -> None:
        """Press keys, as telephone events (RFC 4733, payload type 101), in place of the tone."""
        codes = ["0123456789*#".index(digit) for digit in digits]
        events: list[bytes | None] = []
        for code in codes:
            for step in range(1, 9):
                # The last packet is sent three times (RFC 4733, 2.5.1.4): the end must not get lost.
                end, duration = (step > 5), min(step, 6) * _FRAME
                events.append(_EVENT.pack(code, 0x80 | 10 if end else 10, duration))
            events += [None] * 4
        self._keys.extend(events)

    @property
    def heard_seconds(self) -> float:
        """How much audio arrived."""
        return len(self._heard) / _RATE

    def heard(self, recording: bytes) -> bool:
        """Whether these words (mu-law, 8 kHz) arrived, judged by half a second from their middle."""
        middle = len(recording) // 2
        return recording[middle : middle + _RATE // 2] in self._heard

    def wait_for_more(self, seconds: float, *, at_most: float = 10) -> None:
        """Until so much more audio arrived, or `at_most` seconds are over."""
        heard = self.heard_seconds
        deadline = time.monotonic() + at_most
        while self.heard_seconds < heard + seconds and time.monotonic() < deadline:
            time.sleep(0.02)

    def loudest(self, candidates: Sequence[int]) -> int | None:
        """Which of these tones (Hz) was heard; None if it was silent or none of them stands out."""
        samples = [_DECODED[byte] for byte in bytes(self._heard)[-_RATE:]]
        if len(samples) < _FRAME * 5:
            return None
        power = {tone: _goertzel(samples, tone) for tone in candidates}
        best = max(power, key=lambda tone: power[tone])
        others = max((power[tone] for tone in candidates if tone != best), default=0.0)
        return best if power[best] > 10 * others and power[best] > 1e6 else None

    def close(self) -> None:
        """Hang up."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _speak(self) -> None:
        due = time.monotonic()
        sequence = pressed_at = 0
        while not self._stopping.is_set():
            if self._target is not None:
                event = self._keys.popleft() if self._keys else None
                if event is None:
                    pressed_at = sequence
                # All packets of one key carry the time at which it was pressed.
                at = ((sequence if event is None else pressed_at + 1) * _FRAME) & 0xFFFFFFFF
                header = _HEADER.pack(0x80, 0 if event is None else 101, sequence & 0xFFFF, at, self.port)
                self._socket.sendto(header + (event or self._frames[sequence % len(self._frames)]), self._target)
                sequence += 1
            due += _FRAME / _RATE
            time.sleep(max(0.0, due - time.monotonic()))

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                packet = self._socket.recv(2048)
            except TimeoutError:
                continue
            except OSError:
                # The other phone hung up first, and its port is closed (ICMP). What was heard stays heard.
                continue
            if len(packet) > _HEADER.size and packet[1] & 0x7F == 0:
                self._heard += packet[_HEADER.size :]


def _encode(sample: int) -> int:
    """One sample of 16 bits as mu-law (ITU-T G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


def _decode(byte: int) -> int:
    value = ~byte & 0xFF
    magnitude = ((((value & 0x0F) << 3) + 132) << ((value >> 4) & 7)) - 132
    return -magnitude if value & 0x80 else magnitude


_DECODED = [_decode(byte) for byte in range(256)]


def _tone(hertz: int) -> list[bytes]:
    """One second of a tone, in frames of 20 ms. Whole hertz, so that the second repeats without a click."""
    samples = bytes(_encode(int(8000 * math.sin(2 * math.pi * hertz * n / _RATE))) for n in range(_RATE))
    return [samples[start : start + _FRAME] for start in range(0, _RATE, _FRAME)]


def _goertzel(samples: Sequence[int], hertz: int) -> float:
    """The power of one frequency in the samples, per sample (Goertzel, 1958)."""
    coefficient = 2 * math.cos(2 * math.pi * hertz / _RATE)
    before, last = 0.0, 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    return (before**2 + last**2 - coefficient * before * last) / len(samples)
