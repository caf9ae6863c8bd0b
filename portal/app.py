"""The application, put together."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware import Middleware

from portal import failures
from portal.auth import TokenGuard, documented_token
from portal.body_limit import BodyLimit
from portal.guesses import Guesses
from portal.openapi import keep_examples_whole
from portal.pages.app import PREFIX, create_pages
from portal.problems import documented
from portal.request_log import RequestLog
from portal.routes import (
    appointments,
    calendars,
    calls,
    clients,
    health,
    issues,
    line,
    line_numbers,
    metrics,
    portal_sessions,
    practices,
    providers,
    tasks,
    texts,
)
from portal.scopes import check_declared, document_scopes
from portal.untraced import TELEMETRY
from runtime.settings import Settings, SettingsError
from schema.engine import Store

_DESCRIPTION = """\
The platform tells the line of its numbers, providers, clients and appointments, and asks what became of them.

* Every `PUT` creates or replaces as a whole, and may be repeated: 201 where the thing is new, 200 where it was there.
* Instants are RFC 3339 with an offset; the line answers in UTC.
* Phone numbers are E.164, or national for the deployment's region; the line answers in E.164.
* A token may do what its scopes say: `read` reads what holds no phone number, `portal` lets providers in as well,
  `platform` does all.
* Errors are problems (RFC 9457). A 422 names each field that cannot be accepted, with the reason. No error repeats a
  phone number.
"""


_LEAST_TOKEN = 16  # characters
_UNACCEPTABLE = "Fields that cannot be accepted"
_UNAVAILABLE = "The database does not answer; `Retry-After` says when to try again"


def create_app(settings: Settings, store: Store) -> FastAPI:
    """The API on `store`. Raises SettingsError without LINE_API_TOKEN, or with one that could be guessed: nothing
    here may stand open (P3).

    A route that portal/scopes.py does not declare raises UndeclaredRouteError.
    """
    token = settings.api_token
    if token is None or not token.get_secret_value():
        raise SettingsError(
            "LINE_API_TOKEN: not set, and the API serves nobody without it. Example: LINE_API_TOKEN=a long random word"
        )
    if len(token.get_secret_value()) < _LEAST_TOKEN:
        raise SettingsError(
            f"LINE_API_TOKEN: shorter than {_LEAST_TOKEN} characters, so that it could be guessed. "
            "Make one with `openssl rand -hex 32`"
        )
    guesses = Guesses()
    app = FastAPI(
        title="Consultation line",
        description=_DESCRIPTION,
        version="1",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # A redirect would repeat the path, which can hold a number (P1).
        redirect_slashes=False,
        telemetry=TELEMETRY,
        middleware=[
            Middleware(RequestLog),
            Middleware(TokenGuard, bootstrap=token, store=store, guesses=guesses, other_guards=[f"{PREFIX}/"]),
            Middleware(BodyLimit),
        ],
    )
    app.state.store = store
    app.state.settings = settings
    app.state.guesses = guesses
    failures.install(app)
    check_declared(app.routes)
    check_declared([*health.router.routes, *calendars.keyed.routes])
    app.include_router(health.router)
    app.include_router(calendars.keyed, responses=documented(http_422=_UNACCEPTABLE, http_503=_UNAVAILABLE))
    for part in (
        line_numbers,
        practices,
        providers,
        portal_sessions,
        calendars,
        clients,
        appointments,
        issues,
        tasks,
        calls,
        line,
        texts,
        metrics,
    ):
        check_declared(part.router.routes)
        document_scopes(part.router.routes)
        app.include_router(
            part.router,
            dependencies=[documented_token],
            responses=documented(
                http_401="No token, or none that is good",
                http_403="The token lacks the scope that this needs (`scope_missing`)",
                http_422=_UNACCEPTABLE,
                http_429="Too many wrong tokens from this address, and this one is wrong, too; "
                "`Retry-After` says when it is looked at again",
                http_503=_UNAVAILABLE,
            ),
        )
    keep_examples_whole(app)
    origin = settings.pages_url()
    if origin is not None:
        app.mount(PREFIX, create_pages(settings, store, origin, guesses))
    return app
