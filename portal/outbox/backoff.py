"""How long to wait before another attempt."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=4)
_JITTER = 0.2


def delay(failures: int, chance: float | None = None) -> timedelta:
    """The wait after so many failures in a row, 1 or more: 5 s, doubled each time, at most 4 h, give or take a fifth.

    `chance` is in [0, 1); without it, a random one. Some 30 attempts in three days.
    """
    wait = min(FIRST * int(2 ** min(failures - 1, 30)), LONGEST)
    spread = random.random() if chance is None else chance  # noqa: S311 - not a secret  # nosec B311
    return wait * (1 - _JITTER + 2 * _JITTER * spread)
