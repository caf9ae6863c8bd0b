"""Who may use the API: whoever shows the token (P3)."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from fastapi import Security
from fastapi.security import HTTPBearer
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.problems import problem
from schema.queries.reveals import Actor


class TokenGuard:
    """ASGI middleware that answers 401 to every request without the token, but for the paths in `open_paths`.

    In front of the routes, not a dependency of theirs: FastAPI reads and parses the body before any dependency
    runs, and a route that forgets its dependency would stand open.
    """

    def __init__(self, app: ASGIApp, token: SecretStr, open_paths: Collection[str]) -> None:
        self._app = app
        self._token = token
        self._open_paths = frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, or answer it."""
        if scope["type"] == "lifespan" or scope["path"] in self._open_paths:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("authorization")
        if given is not None and self._is_token(given):
            scope["actor"] = Actor("token", "LINE_API_TOKEN")
            await self._app(scope, receive, send)
            return
        # RFC 6750, section 3: the error code only where credentials were given.
        challenge = "Bearer" if given is None else 'Bearer error="invalid_token"'
        answer = problem(
            401,
            "This needs the header Authorization: Bearer, with the token in LINE_API_TOKEN.",
            headers={"WWW-Authenticate": challenge},
        )
        await answer(scope, receive, send)

    def _is_token(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        # Latin-1 is how Starlette decodes headers; compare_digest takes no str beyond ASCII.
        given = token.strip().encode("latin-1")
        right = secrets.compare_digest(given, self._token.get_secret_value().encode())
        return right and scheme.lower() == "bearer"


# For OpenAPI alone: /docs gets its "Authorize" button by it. TokenGuard is what refuses.
documented_token = Security(
    HTTPBearer(
        scheme_name="token",
        description="The token in LINE_API_TOKEN, which `consultline up` makes and shows once.",
        auto_error=False,
    )
)
