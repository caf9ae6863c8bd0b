"""The pages, put together: an application of their own, mounted at `/p`."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from portal.guesses import Guesses
from portal.pages.cookie import SessionCookie
from portal.pages.failures import PageFailures
from portal.pages.guard import PageGuard
from portal.pages.headers import PageHeaders
from portal.pages.rendering import STATIC
from portal.pages.routes import appointments, clients, home, issues, tasks, way_in
from portal.rate_limit import RateLimiter
from portal.untraced import TELEMETRY
from runtime.settings import Settings
from schema.engine import Store

PREFIX = "/p"


class _StaticFiles(StaticFiles):
    """Files whose address changes with their content, so that a browser need not ask again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if answer.status_code == 200:
            answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer


def create_pages(settings: Settings, store: Store, origin: str, guesses: Guesses) -> FastAPI:
    """The pages of providers who reach them at `origin`; `guesses` are counted together with the API's."""
    app = FastAPI(
        openapi_url=None,
        redirect_slashes=False,
        telemetry=TELEMETRY,
        middleware=[
            Middleware(PageHeaders, https=origin.startswith("https://")),
            Middleware(PageFailures, settings=settings),
            Middleware(PageGuard, settings=settings, store=store, origin=origin, guesses=guesses),
        ],
    )
    app.state.store = store
    app.state.settings = settings
    app.state.cookie = SessionCookie(origin)
    app.state.rate_limiter = RateLimiter()
    app.state.guesses = guesses
    for part in (way_in, home, appointments, issues, clients, tasks):
        app.include_router(part.router)
    app.mount("/static", _StaticFiles(directory=STATIC))

    # PageFailures answers these, too: one place for all pages of this kind.
    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        raise error

    # An address that cannot be anybody's is not there.
    @app.exception_handler(RequestValidationError)
    async def _malformed(_: Request, __: RequestValidationError) -> Response:
        raise HTTPException(404)

    return app
