"""The cookie that says who is signed in (P3)."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import Response


class SessionCookie:
    """Set and read by pages whose origin is `origin`, such as `https://line.example.org`."""

    def __init__(self, origin: str) -> None:
        self._secure = origin.startswith("https://")
        # `__Host-`: browsers take it only over HTTPS, from this very host, for all its paths (RFC 6265bis, 4.1.3.2).
        self.name = "__Host-consultline" if self._secure else "consultline"

    def read(self, headers: Headers) -> str | None:
        """The secret in a request's cookie, if there is one."""
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self.name)
        except CookieError:
            return None
        return morsel.value if morsel else None

    def put(self, answer: Response, secret: str) -> None:
        """For as long as the browser runs; the database knows when the session is over.

        Lax, not Strict: a provider comes from the platform's pages, from a calendar or a message.
        """
        answer.set_cookie(self.name, secret, path="/", secure=self._secure, httponly=True, samesite="lax")

    def take(self, answer: Response) -> None:
        """Have the browser forget it."""
        answer.delete_cookie(self.name, path="/", secure=self._secure, httponly=True, samesite="lax")
