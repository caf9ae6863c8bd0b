"""The pages as they are in production: a server process, a line whose parts are watched, and a real browser."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from ops.ports import free
from schema.engine import Store
from schema.queries import line
from tests.portal.conftest import TOKEN
from tests.portal.test_server import served

PARTS = ("asterisk", "trunk", "admission", "listener")
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


class Line:
    """A running line: its API as the platform uses it, and its parts as the listener reports them."""

    def __init__(self, url: str, store: Store) -> None:
        self.url = url
        self.store = store
        self._api = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20)
        self._states = dict.fromkeys(PARTS, "up")
        self._stop = threading.Event()
        self._listener = threading.Thread(target=self._report_on)

    def __enter__(self) -> Line:
        self._report()
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._listener.join()
        self._api.close()

    def goes(self, part: str, state: str) -> None:
        """A part goes `down`, or comes `up` again."""
        self._states[part] = state
        self._report()

    def put(self, path: str, body: dict[str, Any] | None = None) -> None:
        """The platform puts something."""
        answer = self._api.put(f"/v1/{path}", json=body)
        assert answer.status_code in (200, 201), answer.text

    def post(self, path: str) -> None:
        """The platform posts something."""
        answer = self._api.post(f"/v1/{path}")
        assert answer.status_code == 200, answer.text

    def get(self, path: str) -> Any:
        """The platform asks."""
        answer = self._api.get(f"/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def provider(self, provider_id: str, name: str, *numbers: tuple[str, str], language: str = "en") -> None:
        """A provider with labelled phones."""
        phones = [{"label": label, "number": number} for label, number in numbers]
        self.put(
            f"providers/{provider_id}",
            {"name": name, "time_zone": "America/New_York", "language": language, "caller_numbers": phones},
        )

    def client(self, client_id: str, name: str, number: str) -> None:
        """A client."""
        self.put(f"clients/{client_id}", {"name": name, "number": number})

    def appointment(
        self,
        appointment_id: str,
        client_id: str,
        starts: timedelta | datetime,
        *,
        provider_id: str = "ada",
        lasts: timedelta = timedelta(minutes=30),
        referred: bool = True,
    ) -> None:
        """An appointment that starts at an instant, or so long after now."""
        starts_at = starts if isinstance(starts, datetime) else datetime.now(UTC) + starts
        self.put(
            f"appointments/{appointment_id}",
            {
                "provider_id": provider_id,
                "client_id": client_id,
                "starts_at": starts_at.isoformat(),
                "ends_at": (starts_at + lasts).isoformat(),
                "referred": referred,
            },
        )

    def way_in(self, provider_id: str = "ada") -> str:
        """A link to the provider's pages."""
        answer = self._api.post(f"/v1/providers/{provider_id}/portal-sessions")
        assert answer.status_code == 201, answer.text
        url: str = answer.json()["url"]
        return url

    def _report_on(self) -> None:
        while not self._stop.wait(2):
            self._report()

    def _report(self) -> None:
        with self.store.transaction() as session:
            line.observe(session, self._states)


@contextmanager
def running(database_url: str, folder: Path, **settings: str) -> Iterator[Line]:
    """A server process on a migrated database, with these settings beside the defaults."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    store = Store(database_url)
    address = f"127.0.0.1:{free(1)[0]}"
    try:
        with served(database_url, address, folder / "portal.log"), Line(f"http://{address}", store) as living:
            yield living
    finally:
        store.close()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, with a profile of its own."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    try:
        yield browser
    finally:
        browser.close()


def context(browser: Browser, living: Line, size: dict[str, int], *, javascript: bool = True) -> BrowserContext:
    """A provider's device: `size` in CSS pixels, nothing kept from any other."""
    return browser.new_context(
        base_url=living.url,
        viewport={"width": size["width"], "height": size["height"]},
        locale="en-US",
        timezone_id="America/New_York",
        java_script_enabled=javascript,
        reduced_motion="reduce",
    )


def enter(page: Page, living: Line, provider_id: str = "ada") -> None:
    """Open a fresh link, and press its button."""
    page.goto(living.way_in(provider_id))
    page.get_by_role("button").click()
    page.wait_for_url("**/p/")
