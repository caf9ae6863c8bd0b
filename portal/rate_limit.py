"""How often one address may try keys that are wrong, so that a key cannot be searched for.

Only what was wrong counts, and it never keeps out who has the right key: whoever shares an address with a guesser (an
office, a proxy that LINE_TRUSTED_PROXIES does not name) still gets in.

Counted in each process by itself: a limit of n on m processes lets at most n * m through, which is no help to a search
for 256 bits.
"""

from __future__ import annotations

import ipaddress
import time

from fastapi import HTTPException
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import Scope

WRONG_KEYS = parse("60/minute")
TOO_OFTEN = "Too many requests from this address; try again later."


class RateLimiter:
    """Counts what came from whom. One for an application."""

    def __init__(self) -> None:
        self._counted = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, rate: RateLimitItem, *subject: str) -> int | None:
        """Count one more of `subject`. If that is more than `rate`: in how many seconds to try again, at least 1."""
        if self._counted.hit(rate, *subject):
            return None
        window = self._counted.get_window_stats(rate, *subject)
        return max(1, round(window.reset_time - time.time()))

    def check(self, rate: RateLimitItem, *subject: str) -> None:
        """The same for a route. Raises the 429, with when to try again."""
        seconds = self.wait(rate, *subject)
        if seconds is not None:
            raise HTTPException(429, TOO_OFTEN, headers={"Retry-After": str(seconds)})


def sender(scope: Scope) -> str:
    """Where a request comes from. Whoever has an IPv6 address has 2^64 of them: those are one."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
