"""Mutations that know nothing of what they mutate: octets changed, lost, doubled, moved, cut off."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random

# Octets on which parsers have come to grief.
_AWKWARD = [
    b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b'"', b"\\", b"%", b"%00", b"%0d%0a", b"%", b"%zz", b";",
    b",", b":", b"<", b">", b"@", b"=", b"?", b"&", b"\x7f", b"\x80", b"\xc0\xaf", b"\xff\xfe", b"\xed\xa0\x80",
    b"${EXTEN}", b"$[1/0]", b"%s%n%x", b"../", b"-1", b"0", b"4294967296", b"99999999999999999999", b"1e999",
]  # fmt: skip


def _flip(rng: Random, data: bytearray) -> None:
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _overwrite(rng: Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    data[start : start + rng.randint(1, 12)] = rng.randbytes(rng.randint(1, 12))


def _insert(rng: Random, data: bytearray) -> None:
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(data) + 1)
        data[place:place] = rng.choice(_AWKWARD)


def _replace(rng: Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    data[start : start + rng.randint(1, 4)] = rng.choice(_AWKWARD)


def _cut_out(rng: Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.randint(1, 40)]


def _cut_off(rng: Random, data: bytearray) -> None:
    del data[rng.randrange(len(data)) :]


def _double(rng: Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    part = bytes(data[start : start + rng.randint(1, 60)])
    data[start:start] = part * rng.choice([1, 1, 1, 2, 20])


def _move(rng: Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    part = bytes(data[start : start + rng.randint(1, 60)])
    del data[start : start + len(part)]
    place = rng.randrange(len(data) + 1)
    data[place:place] = part


def _swap_lines(rng: Random, data: bytearray) -> None:
    lines = bytes(data).split(b"\n")
    rng.shuffle(lines)
    data[:] = b"\n".join(lines)


_MUTATIONS: list[Callable[[Random, bytearray], None]] = [
    _flip, _flip, _overwrite, _insert, _insert, _insert, _replace, _replace, _cut_out, _cut_off, _double, _move,
    _swap_lines,
]  # fmt: skip


def mutated(rng: Random, data: bytes, *, most: int = 4) -> bytes:
    """`data` with one to `most` mutations."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, most)):
        if not changed:
            break
        rng.choice(_MUTATIONS)(rng, changed)
    return bytes(changed)


def pieces(rng: Random, data: bytes, *, most: int = 6) -> list[bytes]:
    """`data` as it may come off a socket: cut at any octet into as many pieces."""
    cuts = sorted({0, len(data), *(rng.randrange(len(data) + 1) for _ in range(rng.randrange(most)))})
    return [data[start:end] for start, end in pairwise(cuts)]
