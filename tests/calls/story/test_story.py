"""The whole story, from the booking to the answer, with real calls, real webhooks and a real browser (S2, S3, S7)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ops.demo.platform import Platform
from ops.line import Line
from tests.calls.running_line import running
from tests.calls.scene import ANSWERS, CALLS, HERE, LINE_NUMBER, Booking, Scene
from tests.portal.outbox.conftest import SECRET
from tests.portal.outbox.receiver import Heard, Receiver
from tests.portal.pages.served import PHONE, chromium

GIVES_UP = HERE / "provider_gives_up" / "provider.xml"
ENDS_SOON = timedelta(seconds=4)


@pytest.fixture(scope="module")
def told() -> Iterator[Receiver]:
    """The platform's side of webhooks."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, told: Receiver) -> Iterator[Line]:
    """A line that closes a second after the end, so that a test can wait for it."""
    hooks = {"webhook_url": told.url, "webhook_secret": SECRET, "webhook_allow_private": True}
    with running(tmp_path_factory.mktemp("line"), closes_after_seconds=1, **hooks) as line:
        yield line


@pytest.fixture(scope="module")
def platform(line: Line) -> Iterator[Platform]:
    """The platform that books."""
    platform = Platform(line.api_url, line.api_token)
    platform.wait_until_up()
    yield platform
    platform.close()


@pytest.fixture
def page(line: Line) -> Iterator[Page]:
    """The provider's phone, on the web."""
    with sync_playwright() as playwright, chromium(playwright) as browser:
        yield _device(browser, line)


def _device(browser: Browser, line: Line) -> Page:
    page = browser.new_context(
        base_url=line.api_url, viewport={"width": PHONE["width"], "height": PHONE["height"]}
    ).new_page()
    page.set_default_timeout(15_000)
    return page


def _sign_in(page: Page, platform: Platform, booking: Booking) -> None:
    session = platform.post(f"/v1/providers/a{booking.caller_number[-7:]}/portal-sessions")
    page.goto(session["url"])
    page.get_by_role("button").click()
    page.wait_for_url("**/p/")


def _said(told: Receiver, booking: Booking, *, expected: int) -> list[str]:
    """What the platform was told of this appointment, in order, once it was told so much."""

    def of_this(heard: list[Heard]) -> list[str]:
        return [one.json["type"] for one in heard if one.json["data"].get("appointment_id") == booking.appointment_id]

    return of_this(told.wait_until(lambda heard: len(of_this(heard)) >= expected))


def _task_of(scene: Scene, booking: Booking) -> Any:
    """The question about this consultation, waited for until the line has closed on it."""
    deadline = time.monotonic() + 15
    while (task := scene.appointment(booking)["task"]) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return task


def test_s3_s7_booked_not_answered_asked_and_answered(
    scene: Scene, platform: Platform, page: Page, told: Receiver
) -> None:
    booking = scene.book(starts_in=timedelta(minutes=-1), lasts=timedelta(minutes=1) + ENDS_SOON)
    client = scene.client(HERE / "client_rings.xml", [(booking.client_number,)])
    provider = scene.provider(GIVES_UP, [(booking.caller_number, LINE_NUMBER, 9)])
    assert provider.finish()
    assert client.finish()
    assert scene.call_of(booking)["disposition"] == "caller_gave_up"
    assert _said(told, booking, expected=2) == ["call.ended", "consultation.task_opened"]
    assert scene.appointment(booking)["task"] is not None

    _sign_in(page, platform, booking)
    question = page.locator("section.task")
    expect(question).to_contain_text("Sam")
    question.get_by_role("button", name="Yes, it did").click()
    expect(page.locator("section.task.done")).to_contain_text("You said that it took place")
    answered = scene.appointment(booking)
    assert (answered["status"], answered["status_by"], answered["task"]) == ("completed", "provider", None)
    page.reload()
    expect(page.locator("section.task")).to_have_count(0)
    assert _said(told, booking, expected=3)[2:] == ["consultation.status_changed"]


def test_s2_s3_booked_connected_and_never_asked(scene: Scene, platform: Platform, page: Page, told: Receiver) -> None:
    booking = scene.book(starts_in=timedelta(minutes=-1), lasts=timedelta(minutes=1) + ENDS_SOON)
    client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=200)
    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=500)
    assert provider.finish()
    assert client.finish()
    assert scene.call_of(booking)["disposition"] == "connected"
    done = scene.appointment(booking)
    assert (done["status"], done["status_by"]) == ("completed", "line")
    # Another consultation that ends with it, and of which nothing was seen: once that one is asked about, this one
    # would be as well.
    other = scene.book_again(booking, starts_in=timedelta(minutes=-1), lasts=timedelta(minutes=1) + ENDS_SOON)
    assert _task_of(scene, other) is not None

    _sign_in(page, platform, booking)
    question = page.locator("section.task")
    expect(question).to_have_count(1)
    expect(question).to_contain_text("Alex")
    assert scene.appointment(booking)["task"] is None
    assert _said(told, booking, expected=3) == ["call.connected", "call.ended", "consultation.status_changed"]
