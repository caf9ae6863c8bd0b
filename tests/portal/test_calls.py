"""Calls, as the platform reads them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.portal.conftest import ADA, ENDS, LINE, STARTS, Platform, digits_of

SECOND = timedelta(seconds=1)


def test_a_call_shows_its_decision_and_what_became_of_it(platform: Platform) -> None:
    platform.book()
    call_id = platform.admitted_call(
        "a-1",
        STARTS,
        ringing_at=STARTS + SECOND,
        answered_at=STARTS + 3 * SECOND,
        connected_at=STARTS + 4 * SECOND,
        ended_at=STARTS + 10 * SECOND,
        talk_seconds=6.0004,
        disposition="connected",
        hangup_cause=16,
        ended_by="client",
    )
    assert platform.get("appointments/a-1/calls") == [
        {
            "id": call_id,
            "arrived_at": "2126-03-01T17:00:00Z",
            "decision": "admitted",
            "reason": None,
            "ringing_at": "2126-03-01T17:00:01Z",
            "answered_at": "2126-03-01T17:00:03Z",
            "connected_at": "2126-03-01T17:00:04Z",
            "ended_at": "2126-03-01T17:00:10Z",
            "talk_seconds": 6.0,
            "disposition": "connected",
            "hangup_cause": 16,
            "ended_by": "client",
        }
    ]


def test_an_appointment_shows_the_calls_of_all_its_occurrences_oldest_first(platform: Platform) -> None:
    platform.book()
    second = platform.admitted_call("a-1", STARTS + SECOND)
    first = platform.admitted_call("a-1", STARTS)
    platform.appointment(ends_at=(ENDS + SECOND).isoformat())
    third = platform.admitted_call("a-1", STARTS + 2 * SECOND)
    assert [call["id"] for call in platform.get("appointments/a-1/calls")] == [first, second, third]


def test_an_appointment_shows_no_call_of_another(platform: Platform) -> None:
    platform.book("a-1")
    platform.appointment("a-2")
    platform.admitted_call("a-2", STARTS)
    assert platform.get("appointments/a-1/calls") == []


def test_attempts_are_listed_newest_first_with_the_appointment_of_the_admitted(platform: Platform) -> None:
    platform.book()
    refused = platform.refused_call(STARTS - 2 * SECOND, "too_early")
    admitted = platform.admitted_call("a-1", STARTS)
    page = platform.get("calls")
    assert [(call["id"], call["reason"], call["appointment_id"]) for call in page["calls"]] == [
        (admitted, None, "a-1"),
        (refused, "too_early", None),
    ]
    assert page["next"] is None


def test_a12_an_operator_finds_the_refused_ones(platform: Platform) -> None:
    platform.book()
    platform.admitted_call("a-1", STARTS)
    refused = platform.refused_call(STARTS)
    assert [call["id"] for call in platform.get("calls", decision="refused")["calls"]] == [refused]
    assert len(platform.get("calls", decision="admitted")["calls"]) == 1


def test_since_includes_the_instant_itself(platform: Platform) -> None:
    platform.refused_call(STARTS - SECOND)
    at, after = platform.refused_call(STARTS), platform.refused_call(STARTS + SECOND)
    page = platform.get("calls", since="2126-03-01T12:00:00-05:00")
    assert [call["id"] for call in page["calls"]] == [after, at]


def test_pages_together_hold_every_call_once(platform: Platform) -> None:
    # Three instants for seven calls: calls that arrive together must not fall between two pages.
    made = {platform.refused_call(STARTS + (n % 3) * SECOND) for n in range(7)}
    seen: list[str] = []
    query: dict[str, str | int] = {"limit": 2}
    while True:
        page = platform.get("calls", **query)
        seen += [call["id"] for call in page["calls"]]
        if page["next"] is None:
            break
        query["before"] = page["next"]
    assert len(seen) == 7
    assert set(seen) == made


def test_calls_that_arrive_while_paging_do_not_shift_the_pages(platform: Platform) -> None:
    oldest = platform.refused_call(STARTS)
    platform.refused_call(STARTS + SECOND)
    first = platform.get("calls", limit=1)
    platform.refused_call(STARTS + 2 * SECOND)
    second = platform.get("calls", limit=1, before=first["next"])
    assert ([call["id"] for call in second["calls"]], second["next"]) == ([oldest], None)


def test_a_page_that_is_exactly_full_is_the_last(platform: Platform) -> None:
    platform.refused_call(STARTS)
    platform.refused_call(STARTS + SECOND)
    assert platform.get("calls", limit=2)["next"] is None


def test_a_page_has_50_calls_unless_said_otherwise(platform: Platform) -> None:
    for n in range(51):
        platform.refused_call(STARTS + n * SECOND)
    page = platform.get("calls")
    assert len(page["calls"]) == 50
    assert page["next"] == page["calls"][-1]["id"]


def test_no_calls_are_an_empty_page(platform: Platform) -> None:
    assert platform.get("calls") == {"calls": [], "next": None}


def test_p1_no_number_stands_in_any_list_of_calls(platform: Platform) -> None:
    platform.book()
    platform.admitted_call("a-1", STARTS)
    platform.refused_call(STARTS)
    text = platform.client.get("/v1/calls").text + platform.client.get("/v1/appointments/a-1/calls").text
    assert not any(digits in text for digits in digits_of(ADA, LINE))
    assert "channel" not in text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"decision": "perhaps"}, "decision"),
        ({"since": "2126-03-01T17:00:00"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"before": "the-last-one"}, "before"),
        ({"before": str(uuid4())}, "before"),
        ({"decison": "refused"}, "decison"),
    ],
)
def test_a_query_that_cannot_be_understood_is_a_422_naming_what(
    platform: Platform, query: dict[str, str], field: str
) -> None:
    answer = platform.client.get("/v1/calls", params=query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_plus_sign_lost_on_the_way_is_explained(platform: Platform) -> None:
    answer = platform.client.get("/v1/calls?since=2126-03-01T17:00:00+01:00")
    assert "%2B" in answer.json()["errors"][0]["reason"]


def test_a_wrong_decision_is_told_the_right_ones(platform: Platform) -> None:
    answer = platform.client.get("/v1/calls?decision=perhaps")
    assert answer.json()["errors"] == [{"field": "decision", "reason": "must be 'admitted' or 'refused'"}]
