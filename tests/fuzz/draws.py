"""Where chance comes from: each input has its own, so that any one of them can be made again without the others."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def chance(seed: int, fuzzer: str, number: int) -> Random:
    """The chance that makes a fuzzer's input of this number. The same three give the same input, on any machine."""
    return Random(f"{seed}/{fuzzer}/{number}")


def some(rng: Random, choices: Sequence[T], least: int, most: int) -> list[T]:
    """Between `least` and `most` of these, some of them perhaps more than once."""
    return rng.choices(choices, k=rng.randint(least, most))


def often(rng: Random, share: float) -> bool:
    """True in this share of all cases, 0 to 1."""
    return rng.random() < share
