"""Who may see a page: a provider who is signed in, and nobody else unless the page is one of the few open ones (P3)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.guesses import Guesses
from portal.pages import csrf
from portal.pages.cookie import SessionCookie
from runtime.settings import Settings
from schema.engine import Store
from schema.queries import portal_sessions
from schema.queries.portal_sessions import Visitor

OPEN = ("/p/in/", "/p/static/")
"""What needs no session: the way in, and files in which nothing of a person stands."""

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 20


class NotSignedInError(Exception):
    """Nobody is signed in (any more)."""


class PageGuard:
    """ASGI middleware: lets through who is signed in, and forms that came from our own pages.

    In front of the routes, so that one that forgets it is closed. Leaves in the request's state: `visitor`, `cookie`
    (both None on open pages without a session) and `form`, the fields of a POST. Raises NotSignedInError,
    HTTPException and StoreUnavailableError for the pages' failures to answer.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, store: Store, origin: str, guesses: Guesses) -> None:
        self._app = app
        self._store = store
        self._origin = origin
        self._guesses = guesses
        self._cookie = SessionCookie(origin)
        self._idle = timedelta(seconds=settings.portal_idle_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, or raise."""
        if scope["type"] != "http" or scope["path"].startswith("/p/static/"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_open = scope["path"].startswith(OPEN)
        cookie = self._cookie.read(headers)
        visitor = None
        if cookie is not None and not is_open:
            # What the page asks by itself is no sign of a person.
            active = headers.get("line-poll") is None
            visitor = await self._guesses.look(scope, "cookie", partial(self._resume, cookie, active=active))
        if visitor is None and not is_open:
            raise NotSignedInError
        form = await self._form(scope, receive, headers, None if is_open else cookie)
        scope.setdefault("state", {}).update(visitor=visitor, cookie=cookie, form=form)
        await self._app(scope, receive, send)

    def _resume(self, cookie: str, *, active: bool) -> Visitor | None:
        with self._store.transaction() as session:
            return portal_sessions.resume(session, cookie, idle=self._idle, active=active)

    async def _form(self, scope: Scope, receive: Receive, headers: Headers, cookie: str | None) -> dict[str, str]:
        """The fields of a POST. Raises HTTPException for one that none of our pages would send."""
        if scope["method"] in ("GET", "HEAD"):
            return {}
        if not csrf.from_our_page(headers, self._origin):
            raise HTTPException(403)
        if headers.get("content-type", "").partition(";")[0].strip() != _FORM:
            raise HTTPException(400)
        body = await Request(scope, receive).body()
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
        except ValueError:
            raise HTTPException(400) from None
        if cookie is not None and not csrf.fits(form.pop(csrf.FIELD, ""), cookie):
            raise HTTPException(403)
        return form
