"""One provider looking at one page: who they are, their words, and what every page shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response

from consultation.window import Margins
from portal.dependencies import HoldGiven, MarginsGiven, SettingsGiven, StoreGiven
from portal.pages import csrf
from portal.pages.failures import speaking
from portal.pages.language import Words
from portal.pages.rendering import render
from runtime.settings import Settings
from schema.engine import Store
from schema.queries.portal_sessions import Visitor


class Visit:
    """What a route needs to answer a provider who is signed in."""

    def __init__(self, request: Request, store: Store, settings: Settings, margins: Margins, hold: timedelta) -> None:
        self.visitor: Visitor = request.state.visitor
        self.cookie: str = request.state.cookie
        self.form: dict[str, str] = request.state.form
        self.store = store
        self.settings = settings
        self.margins = margins
        self.hold = hold
        self.words: Words = speaking(request.scope, settings)
        self.part = "hx-request" in request.headers
        """Whether the page's script asks for a part of a page, to put it into the one that is shown."""

    @property
    def provider_id(self) -> str:
        """Whose pages these are."""
        return self.visitor.provider_id

    def page(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """The template, with what every page has."""
        return render(
            template,
            self.words,
            status=status,
            visitor=self.visitor,
            csrf=csrf.token(self.cookie),
            part=self.part,
            support_url=self.settings.support_url,
            **context,
        )

    def messaging_url(self, *, client_id: str, appointment_id: str = "") -> str | None:
        """Where the provider writes to this client, if the deployment has such a place."""
        address = self.settings.messaging_url
        if address is None:
            return None
        return address.replace("{client_id}", client_id).replace("{appointment_id}", appointment_id)


# Async: see portal/dependencies.py.
async def _visit(
    request: Request, store: StoreGiven, settings: SettingsGiven, margins: MarginsGiven, hold: HoldGiven
) -> Visit:
    return Visit(request, store, settings, margins, hold)


VisitGiven = Annotated[Visit, Depends(_visit)]
