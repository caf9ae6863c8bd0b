"""How often one address may try what is guarded by a key alone, so that a key cannot be searched for.

Counted in each process by itself: a limit of n on m processes lets at most n * m through, which is no help to a search
for 256 bits.
"""

from __future__ import annotations

import time
from typing import Any

from fastapi import Depends, HTTPException, Request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class RateLimiter:
    """Counts what came from whom. One for an application."""

    def __init__(self) -> None:
        self._counted = MovingWindowRateLimiter(MemoryStorage())

    def check(self, rate: RateLimitItem, *subject: str) -> None:
        """Count one more of `subject`; raises the 429, with when to try again, if that is more than `rate`."""
        if self._counted.hit(rate, *subject):
            return
        window = self._counted.get_window_stats(rate, *subject)
        seconds = max(1, round(window.reset_time - time.time()))
        raise HTTPException(
            429, "Too many requests from this address; try again later.", headers={"Retry-After": str(seconds)}
        )


def limited(rate: str, name: str) -> Any:
    """A dependency for a route: at most `rate` ("60/minute") from one address, for all routes of that `name`."""
    parsed = parse(rate)

    # Async: it is done before a thread is taken for the route.
    async def check(request: Request) -> None:
        limiter: RateLimiter = request.app.state.rate_limiter
        limiter.check(parsed, name, request.client.host if request.client else "")

    return Depends(check)
