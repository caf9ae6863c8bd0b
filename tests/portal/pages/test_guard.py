"""Nobody but the provider sees a provider's pages, and no other site sends their forms (P3)."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from portal.guesses import Guesses
from portal.pages.app import create_pages
from runtime.settings import Settings
from schema.engine import Store
from tests.portal.conftest import BEN, BOB, LINE, Platform, digits_of
from tests.portal.pages.conftest import ORIGIN, Browser, way_in

SignIn = Callable[..., Browser]

OPEN = {("GET", "/in/{secret}"), ("POST", "/in/{secret}")}
CLOSED = {
    ("POST", "/out"),
    ("GET", "/"),
    ("GET", "/appointments"),
    ("GET", "/appointments/{appointment_id}"),
    ("GET", "/appointments/{appointment_id}/contact"),
    ("GET", "/appointments/{appointment_id}/answer"),
    ("POST", "/appointments/{appointment_id}/answer"),
    ("GET", "/appointments/{appointment_id}/issue"),
    ("POST", "/appointments/{appointment_id}/issue"),
    ("GET", "/appointments/{appointment_id}/issue/sent"),
    ("GET", "/clients"),
    ("GET", "/clients/{client_id}"),
    ("GET", "/tasks"),
}
FIELDS: dict[str, dict[str, str]] = {
    "/appointments/{appointment_id}/answer": {"occurred": "yes", "occurrence": "1"},
    "/appointments/{appointment_id}/issue": {"issue": str(uuid4()), "reason": "other", "text": "hello"},
}


def filled(path: str) -> str:
    return "/p" + path.replace("{appointment_id}", "a-1").replace("{client_id}", "c-1")


def send(browser: Browser, method: str, path: str) -> Any:
    if method == "POST":
        return browser.post(filled(path), FIELDS.get(path))
    return browser.get(filled(path))


@pytest.fixture(autouse=True)
def booked(platform: Platform) -> None:
    platform.book()
    platform.provider("p-2", BOB, name="Bob Lake")


def test_these_lists_hold_every_route(settings: Settings, store: Store) -> None:
    app = create_pages(settings, store, ORIGIN, Guesses())
    found = {(method, route.path) for route in routes(app) for method in route.methods or ()}
    assert found == OPEN | CLOSED


def routes(app: Any) -> list[APIRoute]:
    found = [route for route in app.routes if isinstance(route, APIRoute)]
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            found += routes(inner)
    return found


def test_p3_without_a_session_every_page_says_how_to_get_in_and_nothing_else(
    browser: Browser, platform: Platform
) -> None:
    for method, path in sorted(CLOSED):
        answer = send(browser, method, path)
        assert answer.status_code == 403, path
        assert "You are not signed in" in answer.text
        assert not any(word in answer.text for word in ("Ada", "Ben", *digits_of(BEN, LINE)))
    assert platform.get("appointments/a-1/issues") == []


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "é", '"', "a;b"])
def test_p3_a_cookie_that_we_did_not_give_is_none(browser: Browser, cookie: str) -> None:
    answer = browser.http.get("/p/", headers={b"Cookie": f"__Host-consultline={cookie}".encode()})
    assert answer.status_code == 403


def test_p3_the_platforms_token_opens_no_page_and_a_session_no_api(sign_in: SignIn, platform: Platform) -> None:
    assert platform.client.get("/p/").status_code == 403
    browser = sign_in()
    assert browser.get("/v1/appointments/a-1").status_code == 401


def test_p3_f2_f3_another_providers_things_are_not_there_on_any_page(sign_in: SignIn, platform: Platform) -> None:
    bob = sign_in("p-2")
    csrf = bob.csrf()
    for method, path in sorted(CLOSED):
        if "{" not in path:
            continue
        if method == "POST":
            answer = bob.post(filled(path), {"csrf": csrf} | FIELDS.get(path, {}))
        else:
            answer = bob.get(filled(path))
        assert answer.status_code == 404, path
        assert not any(word in answer.text for word in ("Ben", *digits_of(BEN, LINE)))
    assert platform.get("appointments/a-1/issues") == []
    assert platform.get("appointments/a-1")["status"] == "pending"
    for path in ("/p/", "/p/appointments", "/p/clients", "/p/tasks"):
        assert "Ben" not in bob.get(path).text


def test_p3_a_form_without_the_sessions_own_token_does_nothing(sign_in: SignIn, platform: Platform) -> None:
    ada, bob = sign_in("p-1"), sign_in("p-2")
    for csrf in ("", "x", "é", bob.csrf(), ada.csrf()[:-1]):
        for method, path in CLOSED:
            if method == "POST":
                answer = ada.post(filled(path), FIELDS.get(path, {}) | {"csrf": csrf})
                assert answer.status_code == 403, (path, csrf)
                assert "out of date" in answer.text
                ada.get("/p/")
    assert platform.get("appointments/a-1/issues") == []
    assert ada.get("/p/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": "", "Origin": "https://line.example.org.evil.example"},
    ],
)
def test_p3_a_form_from_another_site_does_nothing(sign_in: SignIn, platform: Platform, headers: dict[str, str]) -> None:
    ada = sign_in()
    assert ada.post("/p/out", headers=headers).status_code == 403
    assert ada.get("/p/").status_code == 200
    url = way_in(platform, "p-2")
    assert ada.post(url, headers=headers).status_code == 403
    assert "Ada" in ada.get("/p/").text  # nobody was made to sign in as somebody else


def test_p3_a_browser_without_fetch_metadata_is_known_by_its_origin(sign_in: SignIn) -> None:
    ada = sign_in()
    sent = ada.http.post("/p/out", data={"csrf": ada.csrf()}, headers={"Origin": ORIGIN})
    assert sent.status_code == 200
    assert ada.get("/p/").status_code == 403


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_p3_what_no_page_of_ours_would_send_is_not_read(sign_in: SignIn, kind: str) -> None:
    ada = sign_in()
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": kind}
    answer = ada.http.post("/p/out", content=f"csrf={ada.csrf()}", headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=%ff%fe", b"&".join(b"a%d=1" % place for place in range(40))])
def test_p3_a_malformed_form_is_a_page_that_says_so(sign_in: SignIn, body: bytes) -> None:
    ada = sign_in()
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    answer = ada.http.post("/p/out", content=body, headers=headers)
    assert answer.status_code == 400
    assert "try again" in answer.text


def test_p3_every_answer_tells_the_browser_to_keep_nothing_and_run_nothing_foreign(
    sign_in: SignIn, browser: Browser, platform: Platform
) -> None:
    ada = sign_in()
    answers = [send(ada, method, path) for method, path in sorted(CLOSED) if method == "GET"]
    answers += [ada.get("/p/nothing"), browser.get("/p/"), browser.get(way_in(platform)), browser.get("/p/in/x")]
    answers += [ada.post("/p/out")]
    for answer in answers:
        headers = answer.headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert not re.search(r"<script(?![^>]* src=)|<style|\son[a-z]+=|\sstyle=|javascript:", answer.text)


def test_without_https_no_browser_is_told_to_insist_on_it(store: Store, settings: Settings) -> None:
    local = Browser(settings.model_copy(update={"portal_url": "http://localhost:8080"}), store)
    assert "strict-transport-security" not in local.get("/p/").headers
