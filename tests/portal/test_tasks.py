"""Tasks and answers by the API (S3, S5, S7, S8). Booked as seen from now: the database's clock judges."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from schema.engine import Store
from schema.queries import appointments, followup
from tests.portal.conftest import Platform

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ended(ago: timedelta) -> dict[str, Any]:
    """Half an hour that ended so long ago."""
    ends_at = datetime.now(UTC) - ago
    return {"starts_at": (ends_at - HOUR / 2).isoformat(), "ends_at": ends_at.isoformat()}


def say(platform: Platform, *, appointment_id: str = "a-1", **body: Any) -> httpx.Response:
    answer: httpx.Response = platform.client.post(f"/v1/appointments/{appointment_id}/status", json=body)
    return answer


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_s3_the_appointment_shows_its_task_while_it_is_open(platform: Platform) -> None:
    booked = platform.book(**ended(HOUR))
    ends_at = instant(booked["ends_at"])
    assert {name: instant(at) for name, at in booked["task"].items()} == {
        "opened_at": ends_at + timedelta(seconds=60),
        "reminder_at": ends_at + DAY,
        "deadline_at": ends_at + 3 * DAY,
    }
    assert say(platform, occurred=True).json()["task"] is None


def test_s3_the_list_names_the_consultation_and_no_number(platform: Platform) -> None:
    booked = platform.book(**ended(HOUR))
    page = platform.get("tasks", provider_id="p-1")
    assert page == {
        "tasks": [
            {
                "appointment_id": "a-1",
                "occurrence": 1,
                "provider_id": "p-1",
                "client_id": "c-1",
                "starts_at": booked["starts_at"],
                "ends_at": booked["ends_at"],
                **booked["task"],
            }
        ],
        "next": None,
    }


def test_s3_tasks_are_paged_the_earliest_end_first(platform: Platform) -> None:
    platform.book("a-1", **ended(HOUR))
    for number in (2, 3, 4, 5):
        platform.appointment(f"a-{number}", **ended(number * HOUR))
    seen, query = [], {"limit": 2}
    while True:
        page = platform.get("tasks", **query)
        seen += [task["appointment_id"] for task in page["tasks"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert seen == ["a-5", "a-4", "a-3", "a-2", "a-1"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"provider_id": "nobody"}, "provider_id"),
        ({"after": "00000000-0000-0000-0000-000000000000"}, "after"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"else": 1}, "else"),
    ],
)
def test_a_query_that_means_nothing_is_a_422_that_names_the_field(
    platform: Platform, query: dict[str, Any], field: str
) -> None:
    answer = platform.client.get("/v1/tasks", params=query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(("occurred", "expected"), [(True, "completed"), (False, "did_not_occur")])
def test_s7_an_answer_is_final_and_says_by_whom(platform: Platform, occurred: bool, expected: str) -> None:
    platform.book(**ended(HOUR))
    said = say(platform, occurred=occurred)
    assert said.status_code == 200
    assert (said.json()["status"], said.json()["status_by"]) == (expected, "provider")
    assert platform.get("appointments/a-1") == said.json()
    again = say(platform, occurred=not occurred)
    assert (again.status_code, again.json()["code"]) == (409, "already_final")


def test_s5_past_the_deadline_it_is_unknown_since_then_and_takes_no_answer_though_nothing_swept(
    platform: Platform, store: Store
) -> None:
    booked = platform.book(**ended(3 * DAY))
    assert (booked["status"], booked["status_by"], booked["task"]) == ("unknown", "time", None)
    assert instant(booked["status_at"]) == instant(booked["ends_at"]) + 3 * DAY
    late = say(platform, occurred=True)
    assert (late.status_code, late.json()["code"]) == (409, "past_deadline")
    with store.transaction() as session:
        assert followup.expire(session, 1) == 1
    assert platform.get("appointments/a-1") == booked


def test_s7_before_its_start_nobody_can_say_and_during_it_they_can(platform: Platform) -> None:
    platform.book(**ended(-2 * HOUR))
    early = say(platform, occurred=False)
    assert (early.status_code, early.json()["code"]) == (409, "not_started")
    platform.appointment("a-2", **ended(-HOUR / 4))
    assert say(platform, appointment_id="a-2", occurred=False).json()["status"] == "did_not_occur"


def test_s6_s7_an_answer_to_what_was_rescheduled_or_cancelled_is_refused(platform: Platform) -> None:
    platform.book(**ended(HOUR))
    platform.appointment(**ended(2 * HOUR))
    stale = say(platform, occurred=True, occurrence=1)
    assert (stale.status_code, stale.json()["code"]) == (409, "rescheduled")
    assert platform.get("appointments/a-1")["occurrence"] == 2
    platform.cancel()
    cancelled = say(platform, occurred=True)
    assert (cancelled.status_code, cancelled.json()["code"]) == (409, "cancelled")


def test_an_answer_for_no_appointment_is_a_404(platform: Platform) -> None:
    assert say(platform, occurred=True).status_code == 404


@pytest.mark.parametrize("body", [{}, {"occurred": None}, {"occurred": "true"}, {"occurred": True, "occurrence": 0}])
def test_an_answer_that_says_nothing_is_a_422(platform: Platform, body: dict[str, Any]) -> None:
    platform.book(**ended(HOUR))
    assert say(platform, **body).status_code == 422


def test_every_refusal_says_in_words_which_it_is(platform: Platform) -> None:
    platform.book(**ended(-2 * HOUR))
    platform.appointment("a-2", **ended(4 * DAY))
    platform.appointment("a-3", **ended(HOUR))
    platform.cancel("a-3")
    said = [say(platform, appointment_id=name, occurred=True).json()["detail"] for name in ("a-1", "a-2", "a-3")]
    assert len(set(said)) == 3


def test_s8_evidence_after_the_answer_is_shown_beside_it(platform: Platform, store: Store) -> None:
    platform.book(**ended(HOUR))
    said = say(platform, occurred=False).json()
    with store.transaction() as session:
        booked = appointments.get(session, "a-1")
        assert booked is not None
        followup.note_later_evidence(session, booked.consultation.id)
    shown = platform.get("appointments/a-1")
    assert shown.pop("later_evidence_at") is not None
    assert said.pop("later_evidence_at") is None
    assert shown == said
