"""`python -m tests.portal.pages.screenshots`: docs/images/, anew, from demo data on a line of its own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from ops.postgres import EmbeddedPostgres
from schema import migrations
from tests.portal.pages.demo_data import fill
from tests.portal.pages.served import DESKTOP, PHONE, Line, chromium, context, enter, running

IMAGES = Path(__file__).parents[3] / "docs" / "images"
SIZES = {"phone": PHONE, "desktop": DESKTOP}


def _popup(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("dialog").get_by_role("heading", level=2).wait_for()


def _home(page: Page, _: Line) -> None:
    page.goto("/p/")


def _open(page: Page, _: Line) -> None:
    page.goto("/p/")
    _popup(page, "Open now")


def _soon(page: Page, _: Line) -> None:
    page.goto("/p/")
    _popup(page, "Montoya")


def _line_down(page: Page, living: Line) -> None:
    page.goto("/p/")
    _popup(page, "Open now")
    living.goes("trunk", "down")
    page.get_by_role("dialog").get_by_text("(415) 555-0120").wait_for()


def _home_line_down(page: Page, living: Line) -> None:
    living.goes("trunk", "down")
    page.goto("/p/")


def _issue(page: Page, _: Line) -> None:
    page.goto("/p/")
    _popup(page, "Open now")
    page.get_by_role("link", name="Report an issue").click()
    page.get_by_role("button", name="Send report").wait_for()


def _at(path: str) -> Callable[[Page, Line], None]:
    return lambda page, _: (page.goto(path), None)[1]


SHOTS: dict[str, Callable[[Page, Line], None]] = {
    "home": _home,
    "popup-open": _open,
    "popup-not-yet-open": _soon,
    "issue": _issue,
    "appointments": _at("/p/appointments"),
    "clients": _at("/p/clients"),
    "client": _at("/p/clients/c-20"),
    "questions": _at("/p/tasks"),
    "popup-line-down": _line_down,
    "home-line-down": _home_line_down,
}


@contextmanager
def demo() -> Iterator[Line]:
    """A line with demo data, on a database that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = EmbeddedPostgres(folder / "data", folder / "postgres.log", durable=False)
        try:
            server.start()
            migrations.upgrade(server.url)
            with running(
                server.url, folder, LINE_UP_AFTER_SECONDS="0", LINE_SUPPORT_URL="https://platform.example/help"
            ) as living:
                fill(living)
                yield living
        finally:
            server.stop()


def main() -> None:
    """Write them all, or those that are named."""
    wanted = sys.argv[1:] or [*SHOTS, "way-in", "link-over", "home-es", "popup-es", "home-empty"]
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demo() as living, sync_playwright() as playwright, chromium(playwright) as browser:
        for label, size in SIZES.items():
            device = context(browser, living, size)
            page = device.new_page()

            def shoot(name: str, page: Page = page, label: str = label) -> None:
                if name in wanted:
                    page.screenshot(path=IMAGES / f"{name}-{label}.png", animations="disabled")

            link = living.way_in()
            page.goto(link)
            shoot("way-in")
            page.get_by_role("button").click()
            page.wait_for_url("**/p/")
            page.goto(f"{living.url}/p/in/nothing")
            shoot("link-over")
            for name, walk in SHOTS.items():
                if name not in wanted:
                    continue
                living.goes("trunk", "up")
                page.goto(f"{living.url}/p/")
                _walk(page, living, walk)
                shoot(name)
            living.goes("trunk", "up")
            enter(page, living, "ines")
            shoot("home-es")
            _popup(page, "Abierta ahora")
            shoot("popup-es")
            enter(page, living, "new")
            shoot("home-empty")
            device.close()


def _walk(page: Page, living: Line, walk: Callable[[Page, Line], None]) -> None:
    walk(page, living)
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main()
