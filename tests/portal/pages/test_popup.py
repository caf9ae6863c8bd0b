"""What an appointment shows its provider: the line number, or what holds in its place (F2, F3, A5, W1)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from runtime.settings import Settings
from schema.engine import Store
from schema.models import Reveal
from tests.portal.conftest import ADA, BEN, BOB, LINE, OTHER_LINE, Platform
from tests.portal.pages.conftest import Browser, around_now, report

SignIn = Callable[..., Browser]

pytestmark = pytest.mark.usefixtures("up")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The line counts as up the moment that all its parts are."""
    return settings.model_copy(update={"up_after_seconds": 0})


def links(browser: Browser) -> list[str]:
    """The numbers that can be tapped."""
    assert browser.page is not None
    return re.findall(r'href="tel:([^"]+)"', browser.page.text)


def reveals(store: Store) -> list[tuple[str, str, str | None, str, str]]:
    """Who was shown whose number, where and why."""
    with store.transaction() as session:
        rows = session.scalars(select(Reveal).where(Reveal.actor_kind == "provider").order_by(Reveal.id)).all()
    return [(row.actor_kind, row.actor, row.appointment_id, row.client_id, row.reason) for row in rows]


def test_f3_the_pop_up_shows_the_line_number_in_place_of_the_clients_own(
    platform: Platform, sign_in: SignIn, store: Store
) -> None:
    platform.book(**around_now(timedelta(minutes=-5)))
    ada = sign_in()
    page = ada.get("/p/appointments/a-1").text
    assert links(ada) == [LINE]
    assert "Open now" in page
    assert BEN.removeprefix("+1") not in page
    assert reveals(store) == []


def test_the_pop_up_names_each_phone_from_which_the_line_takes_the_call(platform: Platform, sign_in: SignIn) -> None:
    platform.put("practices/elm", {"name": "Elm", "caller_numbers": [{"number": BOB, "label": "front desk"}]})
    platform.book(**around_now(timedelta(minutes=-5)))
    platform.provider("p-1", ADA, practice_id="elm", pin="4711")
    page = sign_in().get("/p/appointments/a-1").text
    assert re.findall(r"<li>(.*?) <b>(.*?)</b>", page) == [
        ("mobile", "(415) 555-0100"),
        ("front desk", "(415) 555-0101"),
    ]


def test_phones_of_others_are_not_named(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(minutes=-5)))
    platform.provider("p-2", BOB)
    page = sign_in().get("/p/").text
    assert "(415) 555-0100" in page
    assert "(415) 555-0101" not in page


def test_a_provider_without_a_phone_is_told_what_to_do(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(minutes=-5)))
    platform.provider("p-1")
    assert "Ask for help to have your number added" in sign_in().get("/p/appointments/a-1").text


def test_w1_before_it_opens_the_pop_up_says_when_it_does(platform: Platform, sign_in: SignIn) -> None:
    platform.book(starts_at="2027-03-01T17:00:00Z", ends_at="2027-03-01T17:30:00Z")
    ada = sign_in()
    page = ada.get("/p/appointments/a-1").text.replace("\u202f", " ")
    assert "Not yet open" in page
    assert "You can call from 11:59 AM to 12:31 PM." in page
    assert 'datetime="2027-03-01T16:59:00+00:00"' in page
    assert links(ada) == [LINE]


def test_w5_times_are_in_the_providers_zone_and_the_zone_is_named(platform: Platform, sign_in: SignIn) -> None:
    platform.book(starts_at="2027-03-01T17:00:00Z", ends_at="2027-03-01T17:30:00Z")
    for zone, hour, name in (
        ("America/New_York", "12:00 PM", "Eastern Time (New York)"),
        ("Asia/Kathmandu", "10:45 PM", "Nepal Time (Kathmandu)"),
        ("UTC", "5:00 PM", "UTC"),
    ):
        platform.provider("p-1", ADA, time_zone=zone)
        page = sign_in().get("/p/appointments/a-1").text.replace("\u202f", " ")
        assert f"Monday, March 1, 2027</b>, {hour}" in page
        assert name in page


def test_w4_once_it_has_closed_the_pop_up_says_so_and_shows_no_number(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(minutes=-60)))
    ada = sign_in()
    assert "Closed" in ada.get("/p/appointments/a-1").text
    assert links(ada) == []


def test_s6_a_cancelled_appointment_shows_no_number(platform: Platform, sign_in: SignIn, store: Store) -> None:
    platform.book(**around_now(timedelta(minutes=-5)))
    platform.cancel()
    ada = sign_in()
    assert "This appointment was cancelled" in ada.get("/p/appointments/a-1").text
    assert links(ada) == []
    assert reveals(store) == []


def test_s6_a_moved_appointment_shows_its_new_time_and_what_it_was(platform: Platform, sign_in: SignIn) -> None:
    platform.book(starts_at="2027-03-01T17:00:00Z", ends_at="2027-03-01T17:30:00Z")
    platform.appointment(starts_at="2027-03-02T17:00:00Z", ends_at="2027-03-02T17:30:00Z")
    ada = sign_in()
    page = ada.get("/p/appointments/a-1").text.replace("\u202f", " ")
    assert "Tuesday, March 2, 2027</b>" in page
    assert "It was moved. Before, it was on Monday, March 1, 2027, 12:00 PM." in page
    client = ada.get("/p/clients/c-1").text
    assert client.count('class="badge rescheduled"') == 1


def test_a5_what_was_not_referred_shows_the_clients_own_number_and_why(
    platform: Platform, sign_in: SignIn, store: Store
) -> None:
    platform.book(referred=False, **around_now(timedelta(minutes=30)))
    ada = sign_in()
    assert "does not go through the line" in ada.get("/p/appointments/a-1").text
    assert links(ada) == [BEN]
    assert reveals(store) == [("provider", "p-1", "a-1", "c-1", "not_referred")]


def test_f2_while_the_line_is_down_the_direct_number_stands_there_with_its_reason_and_is_recorded(
    platform: Platform, sign_in: SignIn, store: Store
) -> None:
    platform.book(**around_now(timedelta(minutes=-5)))
    ada = sign_in()
    report(store, trunk="down")
    assert "The line is not working right now" in ada.get("/p/appointments/a-1").text
    assert links(ada) == [BEN]
    assert reveals(store) == [("provider", "p-1", "a-1", "c-1", "line_down")]
    report(store)
    ada.get("/p/appointments/a-1")
    assert links(ada) == [LINE]


def test_f2_the_line_number_comes_back_once_the_line_stays_up(
    platform: Platform, settings: Settings, store: Store, sign_in: SignIn
) -> None:
    settings.up_after_seconds = 3600
    platform.book(**around_now(timedelta(minutes=-5)))
    ada = sign_in()
    ada.get("/p/appointments/a-1")
    assert links(ada) == [BEN]


def test_f2_the_open_pop_up_follows_the_line_by_itself_and_records_only_what_it_shows_anew(
    platform: Platform, sign_in: SignIn, store: Store
) -> None:
    platform.book(**around_now(timedelta(minutes=-5)))
    ada = sign_in()
    ada.get("/p/appointments/a-1")
    assert follow(ada) == 204
    report(store, asterisk="down")
    assert follow(ada) == 200
    assert links(ada) == [BEN]
    assert [follow(ada), follow(ada)] == [204, 204]
    assert len(reveals(store)) == 1
    report(store)
    assert follow(ada) == 200
    assert links(ada) == [LINE]


def follow(browser: Browser) -> int:
    """What the pop-up does every few seconds: ask anew, saying what it shows."""
    page = browser.page
    assert page is not None
    shown = re.search(r'name="shown" value="([0-9a-f]+)"', page.text)
    assert shown
    answer = browser.get(f"/p/appointments/a-1/contact?shown={shown[1]}", **{"HX-Request": "true", "Line-Poll": "1"})
    if answer.status_code == 204:
        browser.page = page
    return answer.status_code


@pytest.mark.parametrize("change", ["client_number", "name", "reschedule", "cancel", "line_number"])
def test_the_open_pop_up_follows_whatever_changes(platform: Platform, sign_in: SignIn, change: str) -> None:
    platform.book(**around_now(timedelta(minutes=-5)), referred=change != "client_number")
    ada = sign_in()
    ada.get("/p/appointments/a-1")
    if change == "client_number":
        platform.client_(number=BOB)
    elif change == "name":
        platform.client_(name="Benjamin Ode")
    elif change == "reschedule":
        platform.appointment(**around_now(timedelta(minutes=-6)))
    elif change == "cancel":
        platform.cancel()
    else:
        platform.line_number(OTHER_LINE)
        assert follow(ada) == 204  # the pool grew, the appointment keeps its number
        return
    assert follow(ada) == 200


def test_p1_what_the_pop_up_says_that_it_shows_does_not_give_the_number_away(
    platform: Platform, sign_in: SignIn
) -> None:
    platform.book(**around_now(timedelta(minutes=-5)), referred=False)
    seen = set()
    for _ in range(2):
        page = sign_in().get("/p/appointments/a-1").text
        seen.add(re.search(r'name="shown" value="([0-9a-f]+)"', page)[1])  # type: ignore[index]
    assert len(seen) == 2  # keyed by the session: nobody can try numbers against it


def test_without_javascript_the_page_of_the_pop_up_renews_itself(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(minutes=-5)))
    page = sign_in().get("/p/appointments/a-1").text
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page


def test_f4_report_an_issue_is_one_click_away_before_and_during(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(minutes=-5)))
    platform.appointment("a-2", **around_now(timedelta(minutes=90)))
    ada = sign_in()
    for appointment in ("a-1", "a-2"):
        assert f'href="/p/appointments/{appointment}/issue"' in ada.get(f"/p/appointments/{appointment}").text


def test_ways_to_write_and_to_get_help_stand_there_where_they_are_set(
    settings: Settings, platform: Platform, sign_in: SignIn
) -> None:
    platform.book(**around_now(timedelta(minutes=-5)))
    assert "Write to" not in sign_in().get("/p/appointments/a-1").text
    settings.support_url = "https://platform.example/help"
    settings.messaging_url = "https://platform.example/messages/{client_id}?about={appointment_id}"
    page = sign_in().get("/p/appointments/a-1").text
    assert 'href="https://platform.example/help"' in page
    assert 'href="https://platform.example/messages/c-1?about=a-1"' in page
