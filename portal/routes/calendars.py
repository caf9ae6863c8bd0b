"""A provider's calendar, for whatever shows calendars: those have no token, so a key stands in the address (P3)."""

from __future__ import annotations

import hashlib
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field

from portal.calendar import MEDIA_TYPE, written
from portal.dependencies import ActorGiven, MarginsGiven, StoreGiven
from portal.fields import Id
from portal.problems import documented
from portal.rate_limit import WRONG_KEYS, RateLimiter, sender
from schema.queries import calendars

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
def make_key(provider_id: Id, request: Request, store: StoreGiven, actor: ActorGiven) -> CalendarKey:
    """Make an address for the provider's calendar, to be subscribed to. The address of before ends."""
    with store.transaction() as session:
        key = calendars.new_key(session, provider_id, actor=actor)
    if key is None:
        raise HTTPException(404, "There is no provider with this id.")
    address = request.url_for("calendar", provider_id=provider_id)
    return CalendarKey(url=f"{address}?{urlencode({'key': key})}")


@keyed.get(
    "/v1/providers/{provider_id}/calendar.ics",
    name="calendar",
    response_class=Response,
    responses={
        200: {"description": "The calendar", "content": {"text/calendar": {"schema": {"type": "string"}}}},
        304: {"description": "It is what `If-None-Match` says"},
        **documented(
            http_404="No such provider, or not the key", http_429="Too many wrong keys; `Retry-After` says when again"
        ),
    },
)
def calendar(
    provider_id: Id,
    request: Request,
    store: StoreGiven,
    margins: MarginsGiven,
    *,
    key: Annotated[str, Query(description="As `calendar-key` told it")] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The provider's consultations: when, which number to dial and when the line is open. Nothing of the client.

    A reschedule moves the event; one that was cancelled is marked so. Needs no token: the key is good for this alone.
    """
    with store.transaction() as session:
        owner = calendars.owner(session, provider_id, key)
        if owner is None:
            limiter: RateLimiter = request.app.state.rate_limiter
            limiter.check(WRONG_KEYS, "calendar", sender(request.scope))
            raise HTTPException(404)
        entries = calendars.entries(session, provider_id)
    content = written(owner, entries, margins)
    # Calendars ask every few minutes; few of the answers are new.
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and tag in [given.strip().removeprefix("W/") for given in if_none_match.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)
