"""That a form was sent from our own page, by who is signed in (P3)."""

from __future__ import annotations

import hashlib
import hmac

from starlette.datastructures import Headers

FIELD = "csrf"


def token(cookie: str) -> str:
    """What every form of this session carries: known to who holds the cookie, and telling nothing of it."""
    return hmac.new(cookie.encode(), b"csrf", hashlib.sha256).hexdigest()


def fits(given: str, cookie: str) -> bool:
    """Whether a form's token is that of the session, compared in constant time."""
    return hmac.compare_digest(given.encode(), token(cookie).encode())


def from_our_page(headers: Headers, origin: str) -> bool:
    """Whether the browser says that one of our own pages sent this.

    Sec-Fetch-Site decides where it is sent, as no page can set it (Fetch Metadata). Pages without a referrer send
    `Origin: null` with their forms, so Origin serves only where the other is missing.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return headers.get("origin", "").lower() == origin
