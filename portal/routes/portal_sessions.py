"""A provider's way into their pages (P3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from portal.dependencies import ActorGiven, SettingsGiven, StoreGiven
from portal.fields import Id
from portal.problems import documented
from schema.queries import portal_sessions

router = APIRouter(tags=["providers"])


class PortalSession(BaseModel):
    """Send the provider's browser to `url`; it works once, until `expires_at`."""

    url: str = Field(examples=["https://line.example.org/p/in/…"])
    expires_at: datetime = Field(examples=["2026-03-01T17:10:00Z"])


@router.post(
    "/v1/providers/{provider_id}/portal-sessions",
    status_code=201,
    responses=documented(http_404="No provider with this id", http_409="LINE_PORTAL_URL is not set"),
)
def open_pages(provider_id: Id, store: StoreGiven, settings: SettingsGiven, actor: ActorGiven) -> PortalSession:
    """A link that signs this provider in to their pages, once. Whoever has it is the provider: hand it to no one else.

    Ask for it when the provider clicks, and redirect. Opening the link uses nothing up, the button on its page does:
    what looks at links in advance (mail scanners, previews) cannot burn it.
    """
    origin = settings.pages_url()
    if origin is None:
        raise HTTPException(409, "LINE_PORTAL_URL is not set, so the line does not know where its pages are.")
    with store.transaction() as session:
        lasts = timedelta(seconds=settings.portal_link_seconds)
        link = portal_sessions.issue(session, provider_id, lasts, actor=actor)
    if link is None:
        raise HTTPException(404, "There is no provider with this id.")
    secret, expires_at = link
    return PortalSession(url=f"{origin}/p/in/{secret}", expires_at=expires_at)
