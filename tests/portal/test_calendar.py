"""A provider's calendar: what an app that subscribed to it sees, and who gets to see it (P1, P3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from runtime.settings import Settings
from schema.engine import Store
from tests.portal.conftest import ADA, BEN, BOB, LINE, Platform, digits_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def address(platform: Platform, provider_id: str = "p-1") -> str:
    """Where the calendar is, from now on."""
    made = platform.client.post(f"/v1/providers/{provider_id}/calendar-key")
    assert made.status_code == 201, made.text
    return str(made.json()["url"])


def fetch(platform: Platform, url: str, **headers: str) -> httpx.Response:
    """What an app without any token gets."""
    answer: httpx.Response = platform.client.get(url, headers={"Authorization": "", **headers})
    return answer


def events(platform: Platform, url: str) -> list[Any]:
    answer = fetch(platform, url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.text).walk("VEVENT"))


def test_an_event_says_what_to_dial_and_when_in_the_providers_zone(platform: Platform) -> None:
    platform.book(starts_at="2126-07-01T13:00:00Z", ends_at="2126-07-01T13:30:00Z")
    (event,) = events(platform, address(platform))
    assert event.decoded("dtstart").isoformat() == "2126-07-01T09:00:00-04:00"
    assert event.decoded("dtend").isoformat() == "2126-07-01T09:30:00-04:00"
    assert event["dtstart"].params["TZID"] == "America/New_York"
    assert (str(event["summary"]), str(event["location"]), str(event["status"])) == ("Consultation", LINE, "CONFIRMED")
    assert str(event["description"]) == (
        f"Dial {LINE} from a number on your profile. The line is open from 08:59 to 09:31."
    )
    (alarm,) = event.walk("VALARM")
    assert (str(alarm["action"]), alarm.decoded("trigger")) == ("DISPLAY", timedelta(minutes=-1))


def test_p1_nothing_of_the_client_stands_in_it(platform: Platform) -> None:
    platform.book()
    text = fetch(platform, address(platform)).text
    assert not [digits for digits in digits_of(BEN, ADA) if digits in text]
    assert "Ben" not in text
    assert "c-1" not in text


def test_it_speaks_the_providers_language(platform: Platform) -> None:
    platform.book()
    platform.provider("p-1", ADA, language="es-MX")
    (event,) = events(platform, address(platform))
    assert str(event["summary"]) == "Consulta"


def test_s6_a_reschedule_moves_the_event_and_a_cancellation_marks_it(platform: Platform) -> None:
    platform.book()
    url = address(platform)
    (booked,) = events(platform, url)
    platform.appointment(starts_at="2126-07-01T13:00:00Z", ends_at="2126-07-01T13:30:00Z")
    (moved,) = events(platform, url)
    platform.cancel()
    (cancelled,) = events(platform, url)
    again = platform.appointment(starts_at="2126-07-01T13:00:00Z", ends_at="2126-07-01T13:30:00Z")
    assert again.status_code == 200
    (rebooked,) = events(platform, url)
    assert {str(event["uid"]) for event in (booked, moved, cancelled, rebooked)} == {"a-1@consultline"}
    assert moved.decoded("dtstart").isoformat() == "2126-07-01T09:00:00-04:00"
    assert [str(event["status"]) for event in (booked, moved, cancelled, rebooked)] == [
        "CONFIRMED",
        "CONFIRMED",
        "CANCELLED",
        "CONFIRMED",
    ]
    assert cancelled.walk("VALARM") == []
    sequences = [int(event["sequence"]) for event in (booked, moved, cancelled, rebooked)]
    assert sequences == sorted(set(sequences)), "an app takes only what has a higher number"


def test_only_what_goes_through_the_line_and_is_not_long_over_stands_in_it(platform: Platform) -> None:
    now = datetime.now(UTC)
    platform.book("to-come", starts_at=(now + HOUR).isoformat(), ends_at=(now + 2 * HOUR).isoformat())
    platform.appointment("yesterday", starts_at=(now - DAY).isoformat(), ends_at=(now - DAY + HOUR).isoformat())
    platform.appointment("long-over", starts_at=(now - 32 * DAY).isoformat(), ends_at=(now - 31 * DAY).isoformat())
    platform.appointment("not-referred", referred=False)
    platform.provider("p-2", BOB)
    platform.appointment("anothers", provider_id="p-2")
    url = address(platform)
    assert [str(event["uid"]) for event in events(platform, url)] == ["yesterday@consultline", "to-come@consultline"]
    assert [str(event["uid"]) for event in events(platform, address(platform, "p-2"))] == ["anothers@consultline"]


def test_what_did_not_change_is_not_sent_again(platform: Platform) -> None:
    platform.book()
    url = address(platform)
    tag = fetch(platform, url).headers["etag"]
    for known in (tag, f'"other", W/{tag}'):
        same = fetch(platform, url, **{"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    platform.cancel()
    changed = fetch(platform, url, **{"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_p3_a_new_key_ends_the_one_before_and_opens_no_other_calendar(platform: Platform) -> None:
    platform.book()
    platform.provider("p-2", BOB)
    first, second = address(platform), address(platform)
    assert fetch(platform, second).status_code == 200
    refused = [
        fetch(platform, url)
        for url in (
            first,
            second[:-1],
            second.split("?")[0],
            second.replace("p-1", "p-2"),
            second.replace("p-1", "p-9"),
        )
    ]
    assert {(answer.status_code, answer.text) for answer in refused} == {
        (404, '{"type":"about:blank","title":"Not Found","status":404}')
    }


def test_p3_the_key_is_not_kept_and_is_no_token(platform: Platform, store: Store) -> None:
    platform.book()
    key = address(platform).partition("key=")[2]
    with store.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT string_agg(calendar_keys::text, '') FROM calendar_keys").scalar()
    assert kept is not None
    assert key not in kept
    assert platform.client.get("/v1/line", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_there_is_no_calendar_of_nobody(platform: Platform) -> None:
    assert platform.client.post("/v1/providers/nobody/calendar-key").status_code == 404


def test_p3_one_address_cannot_search_for_keys_and_the_right_one_opens_all_the_same(platform: Platform) -> None:
    platform.book()
    url = address(platform)
    statuses = [fetch(platform, f"{url}x").status_code for _ in range(60)]
    assert set(statuses) == {404}
    refused = fetch(platform, f"{url}x")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["content-type"] == "application/problem+json"
    # Many providers' calendars are fetched from a few addresses of one service.
    assert {fetch(platform, url).status_code for _ in range(70)} == {200}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"])
def test_w5_every_zone_is_described_in_the_calendar_itself(platform: Platform, zone: str) -> None:
    platform.book()
    platform.provider("p-1", ADA, time_zone=zone)
    (event,) = events(platform, address(platform))
    assert event.decoded("dtstart") == datetime(2126, 3, 1, 17, 0, tzinfo=UTC)
    calendar = Calendar.from_ical(fetch(platform, address(platform)).text)
    described = {str(part["tzid"]) for part in calendar.walk("VTIMEZONE")}
    assert described == ({zone} if zone != "UTC" else set())


def test_the_calendar_is_where_providers_reach_us_whatever_address_the_platform_used(
    platform: Platform, settings: Settings
) -> None:
    platform.book()
    settings.portal_url = "https://line.example.org"
    assert address(platform).startswith("https://line.example.org/v1/providers/p-1/calendar.ics?key=")
