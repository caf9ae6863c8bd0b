"""Appointments: booked, rescheduled, cancelled, read."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from runtime.settings import Settings
from schema.engine import Store
from schema.models import Consultation
from tests.portal.conftest import ADA, BEN, BOB, ENDS, LINE, OTHER_LINE, STARTS, Platform, api, observe

LATER: dict[str, Any] = {
    "starts_at": (STARTS + timedelta(days=1)).isoformat(),
    "ends_at": (ENDS + timedelta(days=1)).isoformat(),
}


def occurrences(store: Store, appointment_id: str = "a-1") -> list[tuple[int, str, str | None]]:
    """Number, status and who set it, of each occurrence."""
    with store.transaction() as session:
        rows = session.scalars(
            select(Consultation).where(Consultation.appointment_id == appointment_id).order_by(Consultation.occurrence)
        )
        return [(row.occurrence, row.status, row.status_by) for row in rows]


def complete(store: Store, appointment_id: str = "a-1") -> None:
    """What the listener does once a call connected."""
    with store.transaction() as session:
        consultation = session.scalars(
            select(Consultation).where(
                Consultation.appointment_id == appointment_id, Consultation.superseded_at.is_(None)
            )
        ).one()
        consultation.status, consultation.status_by, consultation.status_at = "completed", "line", ENDS


def test_a_referred_appointment_goes_through_the_line(platform: Platform) -> None:
    booked = platform.book()
    assert booked == {
        "id": "a-1",
        "provider_id": "p-1",
        "client_id": "c-1",
        "starts_at": "2126-03-01T17:00:00Z",
        "ends_at": "2126-03-01T17:30:00Z",
        "occurrence": 1,
        "referred": True,
        "contact": {
            "kind": "line",
            "number": LINE,
            "opens_at": "2126-03-01T16:59:00Z",
            "closes_at": "2126-03-01T17:31:00Z",
        },
        "status": "pending",
        "status_by": None,
        "status_at": None,
        "talk_seconds": 0.0,
        "later_evidence_at": None,
        "task": None,
    }
    assert platform.get("appointments/a-1") == booked


def test_booking_the_same_again_changes_nothing(platform: Platform, store: Store) -> None:
    booked = platform.book()
    again = platform.appointment()
    assert (again.status_code, again.json()) == (200, booked)
    assert occurrences(store) == [(1, "pending", None)]


def test_the_same_instant_with_another_offset_is_no_reschedule(platform: Platform, store: Store) -> None:
    platform.book()
    platform.appointment(starts_at="2126-03-01T12:00:00-05:00", ends_at="2126-03-01T18:30:00.000+01:00")
    assert occurrences(store) == [(1, "pending", None)]


def test_s6_a_reschedule_makes_a_new_occurrence_and_ends_the_old_as_not_needed(
    platform: Platform, store: Store
) -> None:
    platform.book()
    moved = platform.appointment(**LATER)
    assert moved.status_code == 200
    assert moved.json()["contact"]["opens_at"] == "2126-03-02T16:59:00Z"
    assert moved.json()["status"] == "pending"
    assert occurrences(store) == [(1, "not_needed", "platform"), (2, "pending", None)]


def test_s1_a_reschedule_leaves_a_completed_occurrence_completed(platform: Platform, store: Store) -> None:
    platform.book()
    complete(store)
    assert platform.appointment(**LATER).json()["status"] == "pending"
    assert occurrences(store) == [(1, "completed", "line"), (2, "pending", None)]


def test_w7_back_to_back_appointments_of_a_provider_get_two_numbers(platform: Platform) -> None:
    platform.line_number(LINE)
    platform.line_number(OTHER_LINE)
    first = platform.book("a-1")
    platform.appointment("a-2", starts_at=ENDS.isoformat(), ends_at=(ENDS + timedelta(minutes=30)).isoformat())
    second = platform.get("appointments/a-2")
    assert [first["contact"]["number"], second["contact"]["number"]] == [LINE, OTHER_LINE]


def test_w1_the_deployments_margins_make_the_window_and_choose_the_number(settings: Settings, store: Store) -> None:
    without_margins = settings.model_copy(update={"opens_before_seconds": 0, "closes_after_seconds": 0})
    with api(without_margins, store) as client:
        observe(store)
        platform = Platform(client, store)
        platform.line_number(LINE)
        platform.line_number(OTHER_LINE)
        contact = platform.book("a-1")["contact"]
        back_to_back = {"starts_at": ENDS.isoformat(), "ends_at": (ENDS + timedelta(minutes=30)).isoformat()}
        next_contact = platform.appointment("a-2", **back_to_back).json()["contact"]
    assert (contact["opens_at"], contact["closes_at"]) == ("2126-03-01T17:00:00Z", "2126-03-01T17:30:00Z")
    assert contact["number"] == next_contact["number"] == LINE


def test_a5_an_appointment_that_was_not_referred_shows_the_clients_number(platform: Platform) -> None:
    booked = platform.book(referred=False)
    assert booked["contact"] == {"kind": "direct", "number": BEN, "reason": "not_referred"}


def test_a_referral_may_come_later(platform: Platform, store: Store) -> None:
    platform.book(referred=False)
    assert platform.appointment(referred=True).json()["contact"]["kind"] == "line"
    assert occurrences(store) == [(1, "pending", None)]


def test_w7_an_empty_pool_refuses_no_appointment_and_shows_the_clients_number(platform: Platform) -> None:
    platform.provider("p-1", ADA)
    platform.client_()
    answer = platform.appointment()
    assert answer.status_code == 201
    assert answer.json()["contact"] == {"kind": "direct", "number": BEN, "reason": "no_line_number"}
    platform.line_number()
    assert platform.appointment().json()["contact"]["number"] == LINE


def test_a_cancelled_appointment_is_not_needed_and_gives_out_no_number(platform: Platform) -> None:
    platform.book()
    answer = platform.cancel()
    cancelled = answer.json()
    assert answer.status_code == 200
    assert (cancelled["status"], cancelled["status_by"]) == ("not_needed", "platform")
    assert cancelled["status_at"].endswith("Z")
    assert cancelled["contact"] is None
    assert platform.get("appointments/a-1") == cancelled


def test_a_cancelled_appointment_that_was_not_referred_gives_out_no_number_either(platform: Platform) -> None:
    platform.book(referred=False)
    assert platform.cancel().json()["contact"] is None


def test_cancelling_twice_is_cancelling_once(platform: Platform) -> None:
    platform.book()
    assert platform.cancel().json() == platform.cancel().json()


def test_s1_cancelling_leaves_a_completed_appointment_completed(platform: Platform, store: Store) -> None:
    platform.book()
    complete(store)
    cancelled = platform.cancel().json()
    assert (cancelled["status"], cancelled["contact"]) == ("completed", None)


def test_booking_again_what_was_cancelled_opens_a_new_occurrence(platform: Platform, store: Store) -> None:
    platform.book()
    platform.cancel()
    again = platform.appointment()
    assert again.status_code == 200
    assert (again.json()["status"], again.json()["contact"]["kind"]) == ("pending", "line")
    assert occurrences(store) == [(1, "not_needed", "platform"), (2, "pending", None)]


@pytest.mark.parametrize("field", ["provider_id", "client_id"])
def test_an_appointment_does_not_change_hands(platform: Platform, store: Store, field: str) -> None:
    platform.book()
    platform.provider("x-2", BOB)
    platform.client_("x-2")
    answer = platform.appointment(**{field: "x-2"})
    assert (answer.status_code, answer.json()["code"]) == (409, "fixed")
    assert "x-2" not in answer.text
    assert occurrences(store) == [(1, "pending", None)]


@pytest.mark.parametrize("field", ["provider_id", "client_id"])
def test_a_person_whom_the_line_was_not_told_of_is_a_422_naming_the_field(platform: Platform, field: str) -> None:
    platform.book("a-1")
    answer = platform.appointment("a-2", **{field: "stranger"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "stranger" not in answer.text
    assert platform.client.get("/v1/appointments/a-2").status_code == 404


def test_w3_talk_time_of_all_calls_of_the_occurrence_adds_up(platform: Platform) -> None:
    platform.book()
    platform.admitted_call("a-1", STARTS, disposition="connected", talk_seconds=0.1)
    platform.admitted_call("a-1", STARTS + timedelta(minutes=1), disposition="connected", talk_seconds=0.2)
    assert platform.get("appointments/a-1")["talk_seconds"] == 0.3


def test_the_longest_appointment_lasts_24_hours(platform: Platform) -> None:
    platform.book(ends_at=(STARTS + timedelta(hours=24)).isoformat())


def test_w5_an_appointment_across_the_night_of_a_dst_change_keeps_its_instants(platform: Platform) -> None:
    booked = platform.book(starts_at="2126-03-10T01:30:00-05:00", ends_at="2126-03-10T03:15:00-04:00")
    assert (booked["starts_at"], booked["ends_at"]) == ("2126-03-10T06:30:00Z", "2126-03-10T07:15:00Z")


def test_fractions_of_a_second_are_kept_to_the_microsecond(platform: Platform) -> None:
    booked = platform.book(starts_at="2126-03-01t17:00:00.123456789z")
    assert booked["starts_at"] == "2126-03-01T17:00:00.123456Z"
    assert platform.appointment(starts_at="2126-03-01T17:00:00.123456789Z").json() == booked


@pytest.mark.parametrize("path", ["appointments/nobody", "appointments/nobody/calls"])
def test_an_appointment_that_was_never_booked_is_a_404(platform: Platform, path: str) -> None:
    answer = platform.client.get(f"/v1/{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no appointment with this id."


def test_cancelling_what_was_never_booked_is_a_404(platform: Platform) -> None:
    assert platform.cancel("nobody").status_code == 404
