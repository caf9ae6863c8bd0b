"""One log event for each request, and an answer where a request failed for a reason nobody foresaw (P1)."""

from __future__ import annotations

import time
import traceback
from pathlib import Path

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.problems import problem

log = structlog.get_logger("portal.requests")


class RequestLog:
    """The outermost ASGI middleware: logs method, route template, status and milliseconds.

    Never the path, which can hold a number, and of an exception never the text, which can hold anything. So none
    gets past here: the server would log it whole.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, and log how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status: int | None = None
        failure: Exception | None = None

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - logged below, answered here
            failure = error
            if status is None:
                await problem(500, "The line could not carry this out. Its log says more.")(scope, receive, watched)
        finally:
            event = {
                "method": scope["method"],
                "route": _route(scope),
                "status": status,
                "milliseconds": round((time.perf_counter() - began) * 1000, 1),
            }
            if failure is None:
                log.info("request", **event)
            else:
                log.error("request", **event, error=type(failure).__name__, at=_frames(failure))


def _route(scope: Scope) -> str | None:
    """The template of the route, with the place where its application is mounted."""
    path: str | None = getattr(scope.get("route"), "path", None)
    return None if path is None else f"{scope.get('root_path', '')}{path}"


def _frames(error: Exception) -> list[str]:
    """Where it happened, innermost first."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames][:10]
