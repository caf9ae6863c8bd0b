"""What each call of the API needs: the one place that says so (P3). What is not declared here is not served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, compile_path

from schema.scopes import Scope


class Access(StrEnum):
    """What needs no token."""

    OPEN = "open"  # says nothing of a person
    OWN_KEY = "own_key"  # authenticates by itself, with a key that is good for nothing else


NEEDS: Mapping[tuple[str, str], Scope | Access] = {
    ("GET", "/healthz"): Access.OPEN,
    ("GET", "/docs"): Access.OPEN,
    ("GET", "/openapi.json"): Access.OPEN,
    ("GET", "/v1/providers/{provider_id}/calendar.ics"): Access.OWN_KEY,
    # No answer to these holds a phone number or a name.
    ("GET", "/metrics"): Scope.READ,
    ("GET", "/v1/line"): Scope.READ,
    ("GET", "/v1/calls"): Scope.READ,
    ("GET", "/v1/tasks"): Scope.READ,
    ("GET", "/v1/appointments/{appointment_id}/calls"): Scope.READ,
    ("POST", "/v1/providers/{provider_id}/calendar-key"): Scope.PORTAL,
    # What a gateway passes on says nothing back.
    ("POST", "/v1/texts"): Scope.TEXTS,
    ("POST", "/v1/providers/{provider_id}/portal-sessions"): Scope.PORTAL,
    # A provider's own words can hold anything.
    ("GET", "/v1/appointments/{appointment_id}/issues"): Scope.PLATFORM,
    # This one shows the line's number, or the client's own.
    ("GET", "/v1/appointments/{appointment_id}"): Scope.PLATFORM,
    ("PUT", "/v1/line-numbers/{e164}"): Scope.PLATFORM,
    ("PUT", "/v1/practices/{practice_id}"): Scope.PLATFORM,
    ("PUT", "/v1/providers/{provider_id}"): Scope.PLATFORM,
    ("PUT", "/v1/clients/{client_id}"): Scope.PLATFORM,
    ("PUT", "/v1/appointments/{appointment_id}"): Scope.PLATFORM,
    ("POST", "/v1/appointments/{appointment_id}/cancel"): Scope.PLATFORM,
    ("POST", "/v1/appointments/{appointment_id}/status"): Scope.PLATFORM,
}

# A platform's token does all that the others do; whoever may let providers in may read.
_GRANTS = {
    Scope.PLATFORM: frozenset(Scope),
    Scope.PORTAL: frozenset({Scope.PORTAL, Scope.READ}),
    Scope.READ: frozenset({Scope.READ}),
    Scope.TEXTS: frozenset({Scope.TEXTS}),
}

_PATTERNS = [(method, compile_path(template)[0], need) for (method, template), need in NEEDS.items()]


class UndeclaredRouteError(Exception):
    """A route is not declared in `NEEDS`, so nobody knows who may use it."""


def needed(method: str, path: str) -> Scope | Access | None:
    """What a request needs; None where there is no such call, or not by this method."""
    asked = "GET" if method == "HEAD" else method
    return next((need for declared, pattern, need in _PATTERNS if declared == asked and pattern.match(path)), None)


def methods(path: str) -> list[str]:
    """By which methods there is a call at this path."""
    return sorted(method for method, pattern, _ in _PATTERNS if pattern.match(path))


def granted(scopes: Iterable[Scope], need: Scope) -> bool:
    """Whether a token with these scopes may do what needs this one."""
    return any(need in _GRANTS[scope] for scope in scopes)


def check_declared(routes: Iterable[BaseRoute]) -> None:
    """Raise UndeclaredRouteError if one of these routes is not in `NEEDS`. HEAD goes with GET."""
    for route in routes:
        path: str | None = getattr(route, "path", None)
        methods: Iterable[str] = getattr(route, "methods", None) or ()
        for method in set(methods) - {"HEAD"}:
            if path is None or (method, path) not in NEEDS:
                raise UndeclaredRouteError(f"{method} {path}")


def document_scopes(routes: Iterable[BaseRoute]) -> None:
    """Have OpenAPI say of each of these operations which scope it needs."""
    for route in routes:
        if isinstance(route, APIRoute):
            need = NEEDS[next(iter(route.methods or ())), route.path]
            route.openapi_extra = {**(route.openapi_extra or {}), "x-required-scope": need}
