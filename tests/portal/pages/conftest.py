"""A provider in their browser, by HTTP: what a browser without JavaScript does, done by hand."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from portal.app import create_app
from runtime.settings import Settings
from schema.engine import Store
from schema.queries import line
from tests.portal.conftest import Platform

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

ORIGIN = "https://line.example.org"
PARTS = ("asterisk", "trunk", "admission", "listener")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With pages at an origin of HTTPS, as in production."""
    return settings.model_copy(update={"portal_url": ORIGIN})


class Browser:
    """A provider's browser, without JavaScript: keeps cookies, sends forms as they stand on the page."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.http = TestClient(create_app(settings, store), base_url=ORIGIN, headers={"Accept-Language": "en"})
        self.page: httpx.Response | None = None

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open an address."""
        self.page = self.http.get(path, headers=headers)
        return self.page

    def post(
        self, path: str, data: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a form, as a page of ours would: the token of the page last opened goes along."""
        fields = {"csrf": self.csrf()} | (data or {})
        sent = {"Origin": "null", "Sec-Fetch-Site": "same-origin"} | (headers or {})
        self.page = self.http.post(path, data=fields, headers=sent)
        return self.page

    def csrf(self) -> str:
        """The token in the forms of the page last opened."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.page.text if self.page else "")
        return found[1] if found else ""

    def enter(self, url: str) -> httpx.Response:
        """Open a link and press its button."""
        self.get(url)
        return self.post(url)


@pytest.fixture
def browser(settings: Settings, store: Store) -> Browser:
    """A browser that is not signed in."""
    return Browser(settings, store)


@pytest.fixture
def sign_in(settings: Settings, store: Store, platform: Platform) -> Callable[..., Browser]:
    """Sign a provider in, in a browser of their own."""

    def signed_in(provider_id: str = "p-1") -> Browser:
        browser = Browser(settings, store)
        answer = browser.enter(way_in(platform, provider_id))
        assert answer.status_code == 200, answer.text
        return browser

    return signed_in


def way_in(platform: Platform, provider_id: str = "p-1") -> str:
    """A link, from the platform's API."""
    answer = platform.client.post(f"/v1/providers/{provider_id}/portal-sessions")
    assert answer.status_code == 201, answer.text
    url: str = answer.json()["url"]
    return url


def report(store: Store, **states: str) -> None:
    """What the listener says of the line's parts: all up, but for those that are named."""
    with store.transaction() as session:
        line.observe(session, {part: states.get(part, "up") for part in PARTS})


@pytest.fixture
def up(store: Store) -> None:
    """The line is up."""
    report(store)


def around_now(starts: timedelta, lasts: timedelta = timedelta(minutes=30)) -> dict[str, Any]:
    """Times of an appointment that starts so long after now."""
    starts_at = datetime.now(UTC) + starts
    return {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + lasts).isoformat()}
