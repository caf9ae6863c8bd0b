"""Whatever fails is a page that says what to do, in the provider's language."""

import io
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from portal.body_limit import LIMIT
from runtime.settings import Settings
from schema.engine import Store, StoreUnavailableError
from tests.portal.conftest import ADA, BEN, Platform
from tests.portal.log import events
from tests.portal.pages.conftest import Browser, around_now, way_in
from tests.portal.pages.test_issues import form
from tests.portal.test_failures import FailingStore

SignIn = Callable[..., Browser]


def test_a_page_that_is_not_there_leads_to_those_that_are(platform: Platform, sign_in: SignIn) -> None:
    platform.provider("p-1", ADA)
    ada = sign_in()
    for path in ("/p/nothing", "/p/appointments/none", "/p/clients/none", "/p/clients/%00", "/p/appointments/a%20b"):
        answer = ada.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "There is nothing here" in answer.text
        assert 'href="/p/"' in answer.text


def test_failures_are_told_in_the_providers_language(platform: Platform, sign_in: SignIn) -> None:
    platform.provider("p-1", ADA, language="es-MX")
    assert "Aquí no hay nada" in sign_in().get("/p/nothing").text


@pytest.mark.parametrize(
    ("asked", "said"),
    [("es-ES,en;q=0.5", "No ha iniciado"), ("fr, es;q=0.1", "No ha"), ("fr", "You are not"), ("", "You")],
)
def test_who_is_not_signed_in_is_told_in_their_browsers_language(browser: Browser, asked: str, said: str) -> None:
    assert said in browser.get("/p/", **{"Accept-Language": asked}).text


def test_a_form_that_is_too_long_is_a_page_that_says_so(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(minutes=10)))
    answer = sign_in().post("/p/appointments/a-1/issue", {"text": "x" * LIMIT})
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/p/", "/p/appointments/a-1", "/p/in/" + "A" * 43])
def test_database_down_is_a_page_that_says_what_to_do_about_a_consultation_that_is_on(
    settings: Settings, path: str
) -> None:
    browser = Browser(settings, FailingStore(StoreUnavailableError("OperationalError")))
    browser.http.cookies.set("__Host-consultline", "A" * 43)
    settings.support_url = "https://platform.example/help"
    answer = browser.get(path)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "Try again in a minute" in answer.text
    assert "try the line number you know" in answer.text
    assert 'href="https://platform.example/help"' in answer.text


def test_p1_a_failure_nobody_foresaw_is_a_page_that_repeats_nothing_and_one_event_that_says_where(
    settings: Settings, logged: io.StringIO
) -> None:
    browser = Browser(settings, FailingStore(RuntimeError(f"could not show {BEN}")))
    answer = browser.get("/p/in/" + "A" * 43)
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "could not show" not in answer.text
    [event] = events(logged)
    assert (event["status"], event["error"]) == (500, "RuntimeError")
    assert "could not show" not in logged.getvalue()


def test_p1_no_link_no_cookie_and_no_address_stands_in_a_log(
    platform: Platform, sign_in: SignIn, logged: io.StringIO, store: Store
) -> None:
    platform.book(**around_now(timedelta(minutes=10)))
    logged.truncate(0)
    ada = sign_in()
    ada.get("/p/clients/c-1")
    ada.get("/p/clients/Ben-Ode-of-Elm-Street")
    text = logged.getvalue()
    assert "/p/clients/{client_id}" in text
    assert not any(word in text for word in ("Elm", ada.http.cookies["__Host-consultline"], "555012"))
    assert '"/p/in/{secret}"' in text


def test_p3_links_cannot_be_searched_for_and_the_right_one_opens_all_the_same(
    browser: Browser, platform: Platform
) -> None:
    platform.book()
    answers = [browser.get(f"/p/in/{number}") for number in range(62)]
    assert {answer.status_code for answer in answers[:60]} == {410}
    assert {answer.status_code for answer in answers[60:]} == {429}
    assert int(answers[60].headers["retry-after"]) > 0
    assert "Wait a minute, then try again." in answers[60].text
    assert browser.post("/p/in/x").status_code == 429
    assert "Hello, Dr. Ada Finch" in browser.enter(way_in(platform)).text


def test_p3_cookies_cannot_be_searched_for_and_who_is_signed_in_stays_so(sign_in: SignIn, platform: Platform) -> None:
    platform.book()
    ada = sign_in()
    right = ada.http.cookies.pop("__Host-consultline")

    def shown(cookie: str) -> int:
        answer: httpx.Response = ada.http.get("/p/", headers={"Cookie": f"__Host-consultline={cookie}"})
        return answer.status_code

    assert {shown(f"{number}") for number in range(60)} == {403}
    assert shown("x") == 429
    assert shown(right) == 200


def test_a_provider_cannot_flood_support_with_reports(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(minutes=10)))
    ada = sign_in()
    for _ in range(30):
        ada.get("/p/tasks")
        assert ada.post("/p/appointments/a-1/issue", form()).status_code == 200
    ada.get("/p/tasks")
    assert ada.post("/p/appointments/a-1/issue", form()).status_code == 429
