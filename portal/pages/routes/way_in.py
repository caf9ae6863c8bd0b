"""The way in, by a link that works once, and the way out (P3)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from portal.dependencies import SettingsGiven, StoreGiven
from portal.guesses import GuessesGiven
from portal.pages.cookie import SessionCookie
from portal.pages.failures import speaking
from portal.pages.language import words
from portal.pages.rendering import render
from portal.pages.visit import VisitGiven
from runtime.settings import Settings
from schema.engine import Store
from schema.queries import portal_sessions

router = APIRouter()


@router.get("/in/{secret}")
async def ask(
    secret: str, request: Request, guesses: GuessesGiven, store: StoreGiven, settings: SettingsGiven
) -> Response:
    """A button. Only pressing it uses the link up: mail scanners, previews and prefetching look, but press nothing."""
    language = await guesses.look(request.scope, "link", partial(_usable, store, secret))
    if language is None:
        return await run_in_threadpool(_over, request, store, settings)
    spoken = words(language, settings.language, "UTC", settings.default_region)
    return render("way_in.html", spoken, secret=secret, support_url=settings.support_url)


@router.post("/in/{secret}")
async def enter(
    secret: str, request: Request, guesses: GuessesGiven, store: StoreGiven, settings: SettingsGiven
) -> Response:
    """Sign in, and out whoever was signed in on this browser before."""
    cookie: SessionCookie = request.app.state.cookie
    made = await guesses.look(request.scope, "link", partial(_redeemed, request, store, settings, secret))
    if made is None:
        return await run_in_threadpool(_over, request, store, settings)
    answer = RedirectResponse("/p/", status_code=303)
    cookie.put(answer, made)
    return answer


def _usable(store: Store, secret: str) -> str | None:
    with store.transaction() as session:
        return portal_sessions.usable(session, secret)


def _redeemed(request: Request, store: Store, settings: Settings, secret: str) -> str | None:
    with store.transaction() as session:
        made = portal_sessions.redeem(
            session,
            secret,
            idle=timedelta(seconds=settings.portal_idle_seconds),
            longest=timedelta(seconds=settings.portal_session_seconds),
        )
        if made is not None and request.state.cookie is not None:
            portal_sessions.end(session, request.state.cookie)
    return made


@router.post("/out")
def leave(visit: VisitGiven, request: Request) -> Response:
    """Sign out."""
    with visit.store.transaction() as session:
        portal_sessions.end(session, visit.cookie)
    answer = render("signed_out.html", visit.words, support_url=visit.settings.support_url)
    cookie: SessionCookie = request.app.state.cookie
    cookie.take(answer)
    return answer


def _over(request: Request, store: Store, settings: Settings) -> Response:
    """The link does not work (any more). Who came back to one they have used is signed in already."""
    signed_in = None
    if request.state.cookie is not None:
        with store.transaction() as session:
            idle = timedelta(seconds=settings.portal_idle_seconds)
            signed_in = portal_sessions.resume(session, request.state.cookie, idle=idle, active=False)
    return render(
        "link_over.html",
        speaking(request.scope, settings),
        status=410,
        signed_in=signed_in is not None,
        support_url=settings.support_url,
    )
