"""A provider's calendar, for whatever shows calendars: those have no token, so a key stands in the address (P3)."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from consultation.window import Margins
from portal.calendar import MEDIA_TYPE, written
from portal.dependencies import ActorGiven, MarginsGiven, SettingsGiven, StoreGiven
from portal.fields import Id
from portal.guesses import GuessesGiven
from portal.problems import documented
from schema.engine import Store
from schema.queries import calendars
from schema.queries.calendars import Owner

router = APIRouter(tags=["providers"])
keyed = APIRouter(tags=["providers"])


class CalendarKey(BaseModel):
    """Where the provider's calendar is, key included. It is told this once."""

    url: str = Field(examples=["https://line.example/v1/providers/p-17/calendar.ics?key=x3Zt…"])


@router.post(
    "/v1/providers/{provider_id}/calendar-key",
    status_code=201,
    responses=documented(http_404="No provider with this id"),
)
def make_key(
    provider_id: Id, request: Request, store: StoreGiven, actor: ActorGiven, settings: SettingsGiven
) -> CalendarKey:
    """Make an address for the provider's calendar, to be subscribed to. The address of before ends."""
    with store.transaction() as session:
        key = calendars.new_key(session, provider_id, actor=actor)
    if key is None:
        raise HTTPException(404, "There is no provider with this id.")
    # Where providers reach us, which behind a proxy the request need not know.
    origin = settings.portal_url or str(request.base_url).rstrip("/")
    path = request.app.url_path_for("calendar", provider_id=provider_id)
    return CalendarKey(url=f"{origin}{path}?{urlencode({'key': key})}")


@keyed.get(
    "/v1/providers/{provider_id}/calendar.ics",
    name="calendar",
    response_class=Response,
    responses={
        200: {"description": "The calendar", "content": {"text/calendar": {"schema": {"type": "string"}}}},
        304: {"description": "It is what `If-None-Match` says"},
        **documented(
            http_404="No such provider, or not the key",
            http_429="That, and too many wrong keys came from this address; `Retry-After` says when again",
        ),
    },
)
async def calendar(
    request: Request,
    provider_id: Id,
    *,
    guesses: GuessesGiven,
    store: StoreGiven,
    margins: MarginsGiven,
    key: Annotated[str, Query(description="As `calendar-key` told it")] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The provider's consultations: when, which number to dial and when the line is open. Nothing of the client.

    A reschedule moves the event; one that was cancelled is marked so. Needs no token: the key is good for this alone.
    """
    owner = await guesses.look(request.scope, "calendar key", partial(_owner, store, provider_id, key))
    if owner is None:
        raise HTTPException(404)
    return await run_in_threadpool(_calendar, store, provider_id, owner, margins, if_none_match)


def _owner(store: Store, provider_id: str, key: str) -> Owner | None:
    with store.transaction() as session:
        return calendars.owner(session, provider_id, key)


def _calendar(store: Store, provider_id: str, owner: Owner, margins: Margins, if_none_match: str | None) -> Response:
    with store.transaction() as session:
        entries = calendars.entries(session, provider_id)
    content = written(owner, entries, margins)
    # Calendars ask every few minutes; few of the answers are new.
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and tag in [given.strip().removeprefix("W/") for given in if_none_match.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)
