"""How often somebody may do something.

Counted in each process by itself: a limit of n on m processes lets at most n * m through.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException


@dataclass(frozen=True, slots=True)
class Rate:
    """So many within so many seconds from the first."""

    most: int
    seconds: int


class RateLimiter:
    """Counts what came from whom, of at most `remembered` subjects: of more, who was quiet for longest is forgotten.

    Not the library `limits`: its storage in memory keeps a place for every subject that ever was, and goes through all
    of them every time, so that whoever has many addresses could fill and stall the process.
    """

    def __init__(self, remembered: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._remembered = remembered
        self._clock = clock
        self._counted: OrderedDict[tuple[str, ...], tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many subjects are remembered."""
        return len(self._counted)

    def count(self, rate: Rate, *subject: str) -> int:
        """Count one more of `subject`. Returns 0, or if that is more than `rate`, in how many seconds it is not."""
        with self._lock:
            now = self._clock()
            began, before = self._counted.pop(subject, (now, 0))
            if now - began >= rate.seconds:
                began, before = now, 0
            self._counted[subject] = (began, min(before + 1, rate.most + 1))
            if len(self._counted) > self._remembered:
                self._counted.popitem(last=False)
        return 0 if before < rate.most else max(1, math.ceil(began + rate.seconds - now))

    def spent(self, rate: Rate, *subject: str) -> bool:
        """Whether one more of `subject` would be more than `rate`. Counts nothing."""
        with self._lock:
            began, before = self._counted.get(subject, (0.0, 0))
            return before >= rate.most and self._clock() - began < rate.seconds

    def check(self, rate: Rate, *subject: str) -> None:
        """Count one more of `subject`; raises the 429, with when to try again, if that is more than `rate`."""
        seconds = self.count(rate, *subject)
        if seconds:
            raise HTTPException(
                429,
                "Too many requests from this address; try again later.",
                headers={"Retry-After": str(seconds)},
            )
