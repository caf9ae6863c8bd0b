"""A provider's way into their pages, and out again (P3)."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from runtime.settings import Address, Settings
from schema.engine import Store
from schema.models import PortalLink, PortalSession
from tests.portal.conftest import BEN, BOB, Platform, api
from tests.portal.pages.conftest import ORIGIN, Browser, way_in

SignIn = Callable[..., Browser]


@pytest.fixture(autouse=True)
def booked(platform: Platform) -> None:
    platform.book()
    platform.provider("p-2", BOB, name="Bob Lake")


def secret(url: str) -> str:
    return url.rpartition("/")[2]


def over(browser: Browser, url: str) -> None:
    """The link does not work, and its page says what to do and nothing of anybody."""
    for answer in (browser.get(url), browser.post(url)):
        assert answer.status_code == 410
        assert "Go back to where you found it" in answer.text
        assert not any(word in answer.text for word in ("Ada", "Bob", "Ben"))
    assert browser.get("/p/").status_code == 403


def test_p3_the_link_is_at_the_origin_that_was_set_and_says_until_when_it_works(platform: Platform) -> None:
    answer = platform.client.post("/v1/providers/p-1/portal-sessions").json()
    assert answer["url"].startswith(f"{ORIGIN}/p/in/")
    assert len(secret(answer["url"])) == 43  # 256 bits in base64url
    left = datetime.fromisoformat(answer["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=9, seconds=30) < left <= timedelta(minutes=10, seconds=5)


def test_p3_the_link_signs_in_and_its_page_says_nothing_of_anybody_before(browser: Browser, platform: Platform) -> None:
    url = way_in(platform)
    before = browser.get(url)
    assert before.status_code == 200
    assert "Ada" not in before.text
    assert "Hello, Dr. Ada Finch" in browser.post(url).text


def test_p3_looking_at_a_link_does_not_use_it_up(browser: Browser, platform: Platform) -> None:
    url = way_in(platform)
    for preview in ("Slackbot-LinkExpanding 1.0", "Mozilla/5.0 (Outlook SafeLinks)"):
        assert browser.get(url, **{"User-Agent": preview, "Sec-Purpose": "prefetch"}).status_code == 200
        assert "set-cookie" not in browser.get(url).headers
    assert "Hello" in browser.enter(url).text


def test_p3_a_link_works_once(browser: Browser, settings: Settings, store: Store, platform: Platform) -> None:
    url = way_in(platform)
    browser.enter(url)
    over(Browser(settings, store), url)


def test_p3_of_many_who_press_at_once_one_gets_in(settings: Settings, store: Store, platform: Platform) -> None:
    url = way_in(platform)
    browsers = [Browser(settings, store) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda browser: browser.post(url), browsers))
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410]


def test_p3_an_expired_link_does_not_work(browser: Browser, store: Store, platform: Platform) -> None:
    url = way_in(platform)
    with store.transaction() as session:
        session.execute(update(PortalLink).values(expires_at=func.clock_timestamp()))
    over(browser, url)


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "%00", "é", "x" * 5000])
def test_p3_a_wrong_link_does_not_work(browser: Browser, wrong: str) -> None:
    answer = browser.get(f"/p/in/{wrong}")
    assert answer.status_code in (404, 410)
    assert "Ada" not in answer.text


def test_who_comes_back_to_the_link_they_used_finds_the_way_on(browser: Browser, platform: Platform) -> None:
    url = way_in(platform)
    browser.enter(url)
    assert 'href="/p/"' in browser.get(url).text


def test_p3_secrets_are_stored_as_hashes_alone(browser: Browser, store: Store, platform: Platform) -> None:
    url = way_in(platform)
    browser.enter(url)
    cookie = browser.http.cookies["__Host-consultline"]
    with store.transaction() as session:
        assert session.scalars(select(PortalLink.secret_hash)).all() == [digest(secret(url))]
        assert session.scalars(select(PortalSession.cookie_hash)).all() == [digest(cookie)]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_p3_the_cookie_is_for_this_host_over_https_and_for_no_script(browser: Browser, platform: Platform) -> None:
    url = way_in(platform)
    browser.get(url)
    answer = browser.http.post(
        url, headers={"Sec-Fetch-Site": "same-origin"}, data={"none": ""}, follow_redirects=False
    )
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-consultline=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=lax", "Secure"]


def test_p3_on_loopback_without_https_the_cookie_needs_none(store: Store, settings: Settings) -> None:
    local = settings.model_copy(update={"portal_url": None, "api_bind": Address("127.0.0.1:8080")})
    with api(local, store) as client:
        url = client.post("/v1/providers/p-1/portal-sessions").json()["url"]
        assert url.startswith("http://127.0.0.1:8080/p/in/")
        sent = client.post(url, headers={"Sec-Fetch-Site": "same-origin"}, data={"none": ""}, follow_redirects=False)
    assert "Secure" not in sent.headers["set-cookie"]
    assert "HttpOnly" in sent.headers["set-cookie"]


def test_p3_without_an_address_for_the_pages_there_are_none(store: Store, settings: Settings) -> None:
    nowhere = settings.model_copy(update={"portal_url": None, "api_bind": Address("0.0.0.0:8080")})
    with api(nowhere, store) as client:
        answer = client.post("/v1/providers/p-1/portal-sessions")
        assert (answer.status_code, "LINE_PORTAL_URL" in answer.json()["detail"]) == (409, True)
        assert client.get("/p/").status_code == 404


def test_no_link_for_a_provider_that_nobody_told_of(platform: Platform) -> None:
    assert platform.client.post("/v1/providers/p-9/portal-sessions").status_code == 404


def test_p3_a_link_of_another_provider_ends_the_session_of_the_first(browser: Browser, platform: Platform) -> None:
    browser.enter(way_in(platform, "p-1"))
    first = browser.http.cookies["__Host-consultline"]
    assert "Hello, Bob Lake" in browser.enter(way_in(platform, "p-2")).text
    browser.http.cookies.set("__Host-consultline", first)
    assert browser.get("/p/").status_code == 403


def test_p3_who_does_nothing_for_an_hour_is_signed_out_and_who_does_is_not(sign_in: SignIn, store: Store) -> None:
    browser = sign_in()
    idle(store, timedelta(minutes=1))
    assert browser.get("/p/").status_code == 200
    with store.transaction() as session:
        ends = session.scalars(select(PortalSession.idle_ends_at)).one()
    assert ends - datetime.now(UTC) > timedelta(minutes=59)
    idle(store, timedelta(0))
    assert browser.get("/p/").status_code == 403


def idle(store: Store, left: timedelta) -> None:
    with store.transaction() as session:
        session.execute(update(PortalSession).values(idle_ends_at=func.clock_timestamp() + left))


def test_p3_what_a_page_asks_by_itself_keeps_nobody_signed_in(sign_in: SignIn, store: Store) -> None:
    browser = sign_in()
    idle(store, timedelta(minutes=1))
    assert browser.get("/p/appointments/a-1/contact", **{"Line-Poll": "1"}).status_code == 200
    with store.transaction() as session:
        ends = session.scalars(select(PortalSession.idle_ends_at)).one()
    assert ends - datetime.now(UTC) < timedelta(minutes=2)


def test_p3_after_its_longest_time_a_session_is_over_whatever_the_provider_does(sign_in: SignIn, store: Store) -> None:
    browser = sign_in()
    with store.transaction() as session:
        session.execute(update(PortalSession).values(ends_at=func.clock_timestamp()))
    assert browser.get("/p/").status_code == 403


def test_p3_signing_out_ends_the_session_for_whoever_has_the_cookie(sign_in: SignIn) -> None:
    browser = sign_in()
    cookie = browser.http.cookies["__Host-consultline"]
    assert browser.post("/p/out").status_code == 200
    assert "__Host-consultline" not in browser.http.cookies
    browser.http.cookies.set("__Host-consultline", cookie)
    assert browser.get("/p/").status_code == 403


def test_p3_a_part_that_asks_for_itself_after_the_session_takes_its_page_along(sign_in: SignIn, store: Store) -> None:
    browser = sign_in()
    idle(store, timedelta(0))
    answer = browser.get("/p/appointments/a-1/contact", **{"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-refresh"]) == (403, "true")
    assert BEN.removeprefix("+1") not in answer.text


def test_links_and_sessions_that_are_over_are_cleared_away(sign_in: SignIn, store: Store, platform: Platform) -> None:
    sign_in()
    idle(store, timedelta(0))
    with store.transaction() as session:
        session.execute(update(PortalLink).values(expires_at=func.clock_timestamp()))
    way_in(platform)
    with store.transaction() as session:
        assert session.scalar(select(func.count()).select_from(PortalSession)) == 0
        assert session.scalar(select(func.count()).select_from(PortalLink)) == 1
