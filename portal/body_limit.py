"""How large a request's body may be."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.problems import problem

LIMIT = 64 * 1024  # bytes

_DETAIL = f"The body is larger than {LIMIT // 1024} KiB."


class BodyLimit:
    """ASGI middleware that answers 413 to a body of more than LIMIT bytes, declared or found so while reading.

    FastAPI's own `max_body_size` would do, but answers a declared length in plain text, whatever handlers there are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, counting, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > LIMIT:
            await problem(413, _DETAIL)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LIMIT:
                raise HTTPException(413, _DETAIL)  # FastAPI lets this one through to the app's handlers
            return message

        await self._app(scope, counted, send)
