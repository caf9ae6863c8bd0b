"""The pages in a real Chromium: with JavaScript, without it, and looked at by axe (F2, F4, S7, WCAG AA)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select, text

from ops.postgres import EmbeddedPostgres
from schema.models import AuditEntry, AuditHead, Base, NumberKeyState, Reveal
from tests.conftest import database_of_its_own
from tests.portal.pages.demo_data import fill
from tests.portal.pages.served import DESKTOP, PARTS, PHONE, Line, chromium, context, enter, running

Open = Callable[..., Page]

BEN = "(415) 555-0120"
STAYS = (NumberKeyState.__tablename__, AuditEntry.__tablename__, AuditHead.__tablename__)
THE_LINE = re.compile(r"\(415\) 555-019[89]")
AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WHAT_COUNTS = {"runOnly": {"type": "tag", "values": AA}, "resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for this file."""
    with sync_playwright() as playwright, chromium(playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """One line for this file, back at once when its parts are."""
    help_url = "https://platform.example/help"
    with (
        database_of_its_own(postgres, template) as url,
        running(url, tmp_path_factory.mktemp("line"), LINE_UP_AFTER_SECONDS="0", LINE_SUPPORT_URL=help_url) as living,
    ):
        yield living


@pytest.fixture
def living(server: Line) -> Line:
    """The line, up, with a provider's day in it and nothing of the test before."""
    with server.store.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # some tables let nothing be taken away
        emptied = [table.name for table in Base.metadata.sorted_tables if table.name not in STAYS]
        session.execute(text(f"TRUNCATE {', '.join(emptied)}"))
    for part in PARTS:
        server.goes(part, "up")
    fill(server)
    return server


@pytest.fixture
def visit(browser: Browser, living: Line) -> Iterator[Open]:
    """Sign a provider in on a device of their own. No page may complain on its console, or ask anybody else."""
    devices = []
    said: list[str] = []

    def sign_in(provider_id: str = "ada", *, size: dict[str, int] = PHONE, javascript: bool = True) -> Page:
        device = context(browser, living, size, javascript=javascript)
        devices.append(device)
        page = device.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(living.url) else said.append(request.url))
        enter(page, living, provider_id)
        return page

    yield sign_in
    for device in devices:
        device.close()
    assert [each for each in said if not re.search("[Ss]tatus (of|Error Code) (409|503)", each)] == []


def popup(page: Page) -> None:
    """Open the pop-up of the consultation that is on."""
    page.get_by_role("link", name="Open now").first.click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="Ben Ode")).to_be_visible()


def reveals(living: Line) -> list[str]:
    """Why a number was shown to the provider, each time."""
    with living.store.transaction() as session:
        return list(session.scalars(select(Reveal.reason).where(Reveal.actor == "ada").order_by(Reveal.id)))


def test_f2_the_line_goes_down_and_the_direct_number_appears_without_a_reload(living: Line, visit: Open) -> None:
    page = visit()
    popup(page)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name=THE_LINE)).to_be_visible()
    expect(dialog).not_to_contain_text(BEN)
    page.evaluate("window.here = true")

    living.goes("trunk", "down")
    expect(dialog.get_by_role("link", name=BEN)).to_have_attribute("href", "tel:+14155550120", timeout=15_000)
    expect(dialog).to_contain_text("The line is not working right now")
    expect(dialog).not_to_contain_text(THE_LINE)
    assert reveals(living) == ["line_down"]

    living.goes("trunk", "up")
    expect(dialog.get_by_role("link", name=THE_LINE)).to_be_visible(timeout=15_000)
    expect(dialog).not_to_contain_text(BEN)
    assert page.evaluate("window.here")
    assert reveals(living) == ["line_down"]

    dialog.get_by_role("button", name="Close").click()
    expect(page.locator("#popup-body")).to_be_empty()


def test_s7_a_provider_answers_in_place_and_cannot_answer_again(living: Line, visit: Open) -> None:
    page, other = visit(), visit()
    task = page.locator("section.task").filter(has_text="Fatima Noor")
    late = other.locator("section.task").filter(has_text="Fatima Noor")
    task.get_by_role("button", name="Yes, it did").click()
    expect(page.locator("section.task.done")).to_contain_text("You said that it took place")
    assert living.get("appointments/asked")["status"] == "completed"

    late.get_by_role("button", name="No, it did not").click()
    expect(other.locator("section.task.refused")).to_contain_text("Nothing was changed")
    expect(other.locator("section.task.refused")).to_contain_text("This was answered before")
    assert living.get("appointments/asked")["status"] == "completed"


def test_f4_a_provider_reports_an_issue_from_the_pop_up(living: Line, visit: Open) -> None:
    page = visit(size=DESKTOP)
    popup(page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("link", name="Report an issue").click()
    dialog.get_by_label("The line does not take or connect my call").check()
    dialog.get_by_label("More, if you like").fill("It rings once.")
    dialog.get_by_role("button", name="Send report").click()
    expect(dialog).to_contain_text("Thank you, it is reported")
    dialog.get_by_role("link", name="Back to the appointment").click()
    expect(dialog.get_by_role("link", name=THE_LINE)).to_be_visible()
    [issue] = living.get("appointments/now/issues")
    assert (issue["reason"], issue["text"]) == ("line_does_not_connect", "It rings once.")


def test_w1_the_countdown_runs_and_the_line_opens_by_itself(living: Line, visit: Open) -> None:
    living.appointment("opening", "c-25", timedelta(seconds=80))
    page = visit()
    page.get_by_role("link", name="Grace Lindqvist").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("time")).to_have_text(re.compile(r"^0:[01][0-9]$"))
    expect(dialog.get_by_text("Open now")).to_be_visible(timeout=30_000)


def test_while_the_server_is_away_the_pop_up_says_that_it_is_not_up_to_date(living: Line, visit: Open) -> None:
    page = visit()
    popup(page)
    page.route("**/contact?*", lambda route: route.fulfill(status=503, body=""))
    page.evaluate("htmx.trigger('#contact', 'turn')")  # what the next few seconds bring anyway
    expect(page.get_by_text("Not up to date")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("link", name=THE_LINE)).to_be_visible()
    page.unroute_all()
    page.evaluate("htmx.trigger('#contact', 'turn')")
    expect(page.get_by_text("Not up to date")).to_be_hidden()


def test_f2_f4_s7_all_of_it_works_without_javascript(living: Line, visit: Open) -> None:
    page = visit(javascript=False)
    page.get_by_role("link", name="Open now").first.click()
    expect(page).to_have_url(re.compile("/p/appointments/now$"))
    expect(page.get_by_role("link", name=THE_LINE)).to_be_visible()

    page.get_by_role("link", name="Report an issue").click()
    page.get_by_label("Something else").check()
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("heading", name="Thank you, it is reported")).to_be_visible()
    assert len(living.get("appointments/now/issues")) == 1

    page.get_by_role("link", name="Back to the appointment").click()
    living.goes("asterisk", "down")
    # The page renews itself; nobody touches it.
    expect(page.get_by_role("link", name=BEN)).to_be_visible(timeout=30_000)
    assert set(reveals(living)) == {"line_down"}

    page.get_by_role("link", name="Questions").click()
    page.locator("section.task").filter(has_text="Fatima Noor").get_by_role("button", name="No, it did not").click()
    expect(page.locator("section.task.done")).to_contain_text("You said that it did not take place")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()


@pytest.mark.timeout(300)  # some forty looks, each a second or two of the browser's time
def test_no_page_has_what_axe_finds_fault_with_on_a_phone_or_a_desk(living: Line, browser: Browser) -> None:
    axe = Axe()
    found: list[str] = []
    device = context(browser, living, PHONE)
    page = device.new_page()
    page.set_default_timeout(15_000)

    def look(place: str) -> None:
        for width, height in ((1280, 800), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            faults = axe.run(page, options=WHAT_COUNTS).response["violations"]
            found.extend(f"{place} at {width}: {each['id']} {each['nodes'][0]['html']}" for each in faults)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{place} at {width}: wider than the screen")

    page.goto(living.way_in())
    look("way in")
    page.get_by_role("button").click()
    page.wait_for_url("**/p/")
    for path in ("", "appointments", "appointments/now", "appointments/soon", "appointments/direct"):
        page.goto(f"/p/{path}")
        look(path)
    for path in ("appointments/called-off", "appointments/asked", "clients", "clients/c-24", "tasks", "nothing"):
        page.goto(f"/p/{path}")
        look(path)
    page.goto("/p/appointments/now/issue")
    look("issue")
    page.goto("/p/")
    popup(page)
    look("pop-up")
    page.get_by_role("link", name="Report an issue").click()
    expect(page.get_by_role("button", name="Send report")).to_be_visible()
    look("issue in the pop-up")
    living.goes("listener", "down")
    page.goto("/p/")
    look("line down")
    page.goto("/p/appointments/now")
    look("appointment, line down")
    page.get_by_role("button", name="Sign out").click()
    look("signed out")
    enter(page, living, "new")
    look("nothing yet")
    device.close()
    assert found == []
