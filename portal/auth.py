"""Who may use the API, and for what: whoever shows a token with the scope that a call needs (P3)."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from functools import partial

from fastapi import Security
from fastapi.security import HTTPBearer
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.failures import unavailable
from portal.guesses import Guesses
from portal.problems import Code, problem
from portal.scopes import Access, granted, methods, needed
from schema.engine import Store, StoreUnavailableError
from schema.queries import tokens
from schema.queries.audit import Actor
from schema.queries.tokens import Token
from schema.scopes import Scope as TokenScope

BOOTSTRAP = Token("LINE_API_TOKEN", frozenset(TokenScope))


class RefusedError(Exception):
    """The request is not let in; `answer` says why."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


class TokenGuard:
    """ASGI middleware: 401 to a request without a good token, 403 to one whose token is good for other things.

    In front of the routes, not a dependency of theirs: FastAPI reads and parses the body before any dependency
    runs, and a route that forgets its dependency would stand open. `bootstrap` needs no database. `other_guards` are
    the prefixes of paths that a guard of their own stands before. After too many wrong tokens from an address the next
    wrong one gets a 429; a right one is let in from there all the same (portal/guesses.py).
    """

    def __init__(
        self, app: ASGIApp, bootstrap: SecretStr, store: Store, guesses: Guesses, other_guards: Collection[str] = ()
    ) -> None:
        self._app = app
        self._bootstrap = bootstrap
        self._store = store
        self._guesses = guesses
        self._other_guards = tuple(other_guards)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, or answer it."""
        if scope["type"] != "lifespan":
            try:
                await self._let_in(scope)
            except RefusedError as refused:
                await refused.answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _let_in(self, scope: Scope) -> None:
        if scope["path"].startswith(self._other_guards):
            return
        need = needed(scope["method"], scope["path"])
        if isinstance(need, Access):
            return
        token = await self._token(scope)
        if need is None:
            # Whatever route the app has: who may use it was not declared, so nobody may.
            raise RefusedError(_not_there(scope["path"]))
        if not granted(token.scopes, need):
            raise RefusedError(_forbidden(need))
        scope["actor"] = Actor("token", token.name)

    async def _token(self, scope: Scope) -> Token:
        header = Headers(scope=scope).get("authorization")
        if header is None:
            raise RefusedError(_unauthorized("Bearer"))
        scheme, _, text = header.partition(" ")
        # Latin-1 is how Starlette decodes headers; compare_digest takes no str beyond ASCII.
        given = text.strip().encode("latin-1")
        right = secrets.compare_digest(given, self._bootstrap.get_secret_value().encode())
        if scheme.lower() == "bearer" and right:
            return BOOTSTRAP
        found = None
        try:
            if scheme.lower() == "bearer" and tokens.looks_like_one(text.strip()):
                found = await self._guesses.look(scope, "token", partial(self._find, text.strip()))
            else:
                self._guesses.wrong(scope, "token")
        except HTTPException as error:
            raise RefusedError(problem(error.status_code, error.detail, headers=error.headers)) from None
        except StoreUnavailableError as error:
            raise RefusedError(unavailable(error)) from None
        if found is None:
            # RFC 6750, section 3: the error code only where credentials were given.
            raise RefusedError(_unauthorized('Bearer error="invalid_token"'))
        return found

    def _find(self, text: str) -> Token | None:
        with self._store.transaction() as session:
            return tokens.find(session, text)


def _unauthorized(challenge: str) -> Response:
    return problem(
        401,
        "This needs the header Authorization: Bearer, with the token in LINE_API_TOKEN or one of `consultline token`.",
        headers={"WWW-Authenticate": challenge},
    )


def _forbidden(need: TokenScope) -> Response:
    return problem(
        403,
        f"This needs a token with the scope {need}.",
        code=Code.SCOPE_MISSING,
        # RFC 6750, section 3.1.
        headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{need}"'},
    )


def _not_there(path: str) -> Response:
    allowed = methods(path)
    return problem(405, headers={"Allow": ", ".join(allowed)}) if allowed else problem(404)


# For OpenAPI alone: /docs gets its "Authorize" button by it. TokenGuard is what refuses.
documented_token = Security(
    HTTPBearer(
        scheme_name="token",
        description="The token in LINE_API_TOKEN, which `consultline up` makes and shows once and which may do all, "
        "or one of `consultline token create`, which may do what its scopes say.",
        auto_error=False,
    )
)
