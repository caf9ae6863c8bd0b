"""Who shows wrong tokens, links, cookies or keys is slowed down; who shows a right one never is (P3).

What is shown is always looked up, and only a wrong one counts and is answered with a 429. So nobody locks anybody out,
not even from the same address, such as an office's or a reverse proxy's. That looking up is no way to load the
database: what comes from an address with too many wrong ones goes through one lane, one after the other, which holds
one of the pool's connections at the most. Once too many came from all addresses together, so does what comes from an
address that showed nothing right in the last hour.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Annotated, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from starlette.types import Scope

from portal.rate_limit import Rate, RateLimiter

FROM_ONE_ADDRESS = Rate(60, seconds=60)  # of each kind
FROM_ANYWHERE = Rate(600, seconds=60)
_RECENTLY = Rate(1, seconds=3600)

_ANYWHERE = ("anywhere",)

Found = TypeVar("Found")


class Guesses:
    """Counts what was wrong, by the address that it came from. One for a process."""

    def __init__(self) -> None:
        self._wrong = RateLimiter()
        self._right = RateLimiter()
        self._lane: CapacityLimiter | None = None

    async def look(self, scope: Scope, kind: str, find: Callable[[], Found | None]) -> Found | None:
        """What `find`, run on a thread, finds; None counts as wrong. Raises HTTPException 429 for one too many."""
        found = await to_thread.run_sync(find, limiter=self._slow_lane() if self._slowed(scope, kind) else None)
        if found is None:
            self.wrong(scope, kind)
        else:
            self._right.count(_RECENTLY, _origin(scope))
        return found

    def wrong(self, scope: Scope, kind: str) -> None:
        """Count what is wrong at first sight. Raises HTTPException 429 for one too many from its address."""
        self._wrong.check(FROM_ONE_ADDRESS, kind, _origin(scope))
        # What was one too many is not counted here: one address cannot slow the others down.
        self._wrong.count(FROM_ANYWHERE, *_ANYWHERE)

    def _slowed(self, scope: Scope, kind: str) -> bool:
        origin = _origin(scope)
        if self._wrong.spent(FROM_ONE_ADDRESS, kind, origin):
            return True
        return self._wrong.spent(FROM_ANYWHERE, *_ANYWHERE) and not self._right.spent(_RECENTLY, origin)

    def _slow_lane(self) -> CapacityLimiter:
        # Made here: it belongs to the event loop that runs.
        if self._lane is None:
            self._lane = CapacityLimiter(1)
        return self._lane


def _origin(scope: Scope) -> str:
    """Whose address it is: of IPv6 the network of 64 bits, all of which one customer has."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


# Async: see portal/dependencies.py.
async def _guesses(request: Request) -> Guesses:
    guesses: Guesses = request.app.state.guesses
    return guesses


GuessesGiven = Annotated[Guesses, Depends(_guesses)]
