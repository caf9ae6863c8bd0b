"""What goes wrong, as pages that say what to do, in the provider's language as far as it is known."""

from __future__ import annotations

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.failures import RETRY_AFTER_SECONDS
from portal.pages.guard import NotSignedInError
from portal.pages.language import TEXTS, Words, preferred, words
from portal.pages.rendering import render
from runtime.settings import Settings
from schema.engine import StoreUnavailableError
from schema.queries.portal_sessions import Visitor

log = structlog.get_logger("portal.pages")

_NOT_CARRIED_OUT = 400


class PageFailures:
    """ASGI middleware around guard and routes: whatever they raise becomes a page, not the API's problem.

    What nobody foresaw is answered, and raised again for RequestLog to log.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, and answer it where it fails."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            answer = self._answer(scope, error)
            if not started:
                await answer(scope, receive, send)
            if started or answer.status_code == 500:
                raise

    def _answer(self, scope: Scope, error: Exception) -> Response:
        language = speaking(scope, self._settings)
        if isinstance(error, NotSignedInError):
            answer: Response = render("signed_out.html", language, status=403, support_url=self._settings.support_url)
            # A part of a page that asks for itself takes its page along.
            answer.headers["HX-Refresh"] = "true"
            return answer
        if isinstance(error, HTTPException):
            answer = self._page(language, error.status_code)
            answer.headers.update(error.headers or {})
            return answer
        if isinstance(error, StoreUnavailableError):
            log.error("store_unavailable", reason=str(error))
            answer = self._page(language, 503)
            answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return answer
        return self._page(language, 500)

    def _page(self, language: Words, status: int) -> Response:
        known = f"failure.{status}.title" in TEXTS["en"]
        return render(
            "failure.html",
            language,
            status=status,
            key=status if known else _NOT_CARRIED_OUT,
            support_url=self._settings.support_url,
        )


def speaking(scope: Scope, settings: Settings) -> Words:
    """The words for who is signed in, else for what the browser asks for."""
    visitor: Visitor | None = scope.get("state", {}).get("visitor")
    if visitor is not None:
        return words(visitor.language, settings.language, visitor.time_zone, settings.default_region)
    asked = preferred(Headers(scope=scope).get("accept-language", ""), settings.language)
    return words(asked, settings.language, "UTC", settings.default_region)
