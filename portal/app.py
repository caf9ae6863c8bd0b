"""The application, put together."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware import Middleware

from portal import failures
from portal.auth import TokenGuard, documented_token
from portal.body_limit import BodyLimit
from portal.problems import documented
from portal.request_log import RequestLog
from portal.routes import appointments, calls, clients, health, line, line_numbers, practices, providers, tasks
from runtime.settings import Settings, SettingsError
from schema.engine import Store

# Neither health nor documentation says anything of a person.
_OPEN_PATHS = ("/healthz", "/docs", "/openapi.json")

_DESCRIPTION = """\
The platform tells the line of its numbers, providers, clients and appointments, and asks what became of them.

* Every `PUT` creates or replaces as a whole, and may be repeated: 201 where the thing is new, 200 where it was there.
* Instants are RFC 3339 with an offset; the line answers in UTC.
* Phone numbers are E.164, or national for the deployment's region; the line answers in E.164.
* Errors are problems (RFC 9457). A 422 names each field that cannot be accepted, with the reason. No error repeats a
  phone number.
"""


def create_app(settings: Settings, store: Store) -> FastAPI:
    """The API on `store`. Raises SettingsError without LINE_API_TOKEN: nothing here may stand open (P3)."""
    token = settings.api_token
    if token is None or not token.get_secret_value():
        raise SettingsError(
            "LINE_API_TOKEN: not set, and the API serves nobody without it. Example: LINE_API_TOKEN=a long random word"
        )
    app = FastAPI(
        title="Consultation line",
        description=_DESCRIPTION,
        version="1",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # A redirect would repeat the path, which can hold a number (P1).
        redirect_slashes=False,
        # FastAPI's own traces and logs carry raw paths, numbers among them (P1).
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
        middleware=[
            Middleware(RequestLog),
            Middleware(TokenGuard, token=token, open_paths=_OPEN_PATHS),
            Middleware(BodyLimit),
        ],
    )
    app.state.store = store
    app.state.settings = settings
    failures.install(app)
    app.include_router(health.router)
    for part in (line_numbers, practices, providers, clients, appointments, tasks, calls, line):
        app.include_router(
            part.router,
            dependencies=[documented_token],
            responses=documented(
                http_401="No token, or not the right one",
                http_422="Fields that cannot be accepted",
                http_503="The database does not answer; `Retry-After` says when to try again",
            ),
        )
    return app
