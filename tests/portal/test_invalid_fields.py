"""What cannot be accepted is a 422 that names the field and says why, to a person."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.portal.conftest import ADA, BOB, ENDS, STARTS, appointment_body, provider_body

PROVIDER, CLIENT, APPOINTMENT = "providers/p-1", "clients/c-1", "appointments/a-1"
BODIES: dict[str, dict[str, Any]] = {
    PROVIDER: provider_body(ADA),
    CLIENT: {"name": "Ben Ode", "number": BOB},
    APPOINTMENT: appointment_body(),
}


def errors_of(severed: TestClient, path: str, body: Any) -> dict[str, str]:
    """The reason for each field that was not accepted. Without a database: fields are judged before it is asked."""
    answer = severed.put(f"/v1/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["field"]: error["reason"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("path", "field", "value", "reason"),
    [
        (PROVIDER, "name", "", "1 to 200 characters"),
        (PROVIDER, "name", "   ", "1 to 200 characters"),
        (PROVIDER, "name", "x" * 201, "1 to 200 characters"),
        (PROVIDER, "name", "Ada\nFinch", "control characters"),
        (PROVIDER, "name", "Ada\x00Finch", "control characters"),
        (PROVIDER, "name", "Ada\u2028Finch", "control characters"),
        (PROVIDER, "name", 7, "must be text"),
        (PROVIDER, "name", None, "must be text"),
        (PROVIDER, "time_zone", "New York", "IANA"),
        (PROVIDER, "time_zone", "EDT", "IANA"),
        (PROVIDER, "time_zone", "../../etc/passwd", "IANA"),
        (PROVIDER, "time_zone", "localtime", "IANA"),
        (PROVIDER, "language", "English", "such as en or es-MX"),
        (PROVIDER, "language", "en\n", "such as en or es-MX"),
        (PROVIDER, "language", None, "must be text"),
        (PROVIDER, "caller_numbers", {}, "must be a list"),
        (PROVIDER, "caller_numbers", None, "must be a list"),
        (CLIENT, "name", "x" * 201, "1 to 200 characters"),
        (CLIENT, "number", "hello", "not a phone number"),
        (CLIENT, "number", "555-0123", "area code is missing"),
        (CLIENT, "number", "+999 123 4567", "country code"),
        (CLIENT, "number", "+1415555012", "too short"),
        (CLIENT, "number", "+14155550123 ext. 4", "extension"),
        (CLIENT, "number", "1" * 65, "too long"),
        (CLIENT, "number", 14155550123, "must be text"),
        (APPOINTMENT, "provider_id", "", "1 to 64"),
        (APPOINTMENT, "provider_id", "p" * 65, "1 to 64"),
        (APPOINTMENT, "client_id", "c/1", "1 to 64"),
        (APPOINTMENT, "client_id", "c-1\n", "1 to 64"),
        (APPOINTMENT, "client_id", 4, "must be text"),
        (APPOINTMENT, "referred", "true", "true or false"),
        (APPOINTMENT, "referred", 1, "true or false"),
        (APPOINTMENT, "starts_at", "2026-03-01T17:00:00", "no offset"),
        (APPOINTMENT, "starts_at", "2026-03-01", "RFC 3339"),
        (APPOINTMENT, "starts_at", "2026-03-01T17:00Z", "RFC 3339"),
        (APPOINTMENT, "starts_at", "2026-03-01 17:00", "RFC 3339"),
        (APPOINTMENT, "starts_at", "1772384400", "RFC 3339"),
        (APPOINTMENT, "starts_at", 1772384400, "RFC 3339"),
        (APPOINTMENT, "starts_at", "2026-02-30T17:00:00Z", "no date and time that exists"),
        (APPOINTMENT, "starts_at", "2026-03-01T17:00:00+24:00", "no date and time that exists"),
        (APPOINTMENT, "starts_at", "0001-01-01T00:00:00+14:00", "years"),
        (APPOINTMENT, "ends_at", "9999-12-31T23:59:59-12:00", "years"),
        (APPOINTMENT, "ends_at", "2026-03-01T17:30:00", "no offset"),
        (APPOINTMENT, "ends_at", STARTS.isoformat(), "after starts_at"),
        (APPOINTMENT, "ends_at", (STARTS - timedelta(hours=1)).isoformat(), "after starts_at"),
        (APPOINTMENT, "ends_at", (STARTS + timedelta(hours=24, microseconds=1)).isoformat(), "at most 24 hours"),
    ],
)
def test_a_field_that_cannot_be_accepted_is_named_with_the_reason(
    severed: TestClient, path: str, field: str, value: Any, reason: str
) -> None:
    errors = errors_of(severed, path, BODIES[path] | {field: value})
    assert list(errors) == [field]
    assert reason in errors[field]


@pytest.mark.parametrize("path", BODIES)
def test_every_field_but_the_language_is_required(severed: TestClient, path: str) -> None:
    assert errors_of(severed, path, {}) == dict.fromkeys(BODIES[path], "is required")


@pytest.mark.parametrize("path", BODIES)
def test_an_unknown_field_is_refused_by_name(severed: TestClient, path: str) -> None:
    assert errors_of(severed, path, BODIES[path] | {"shoe_size": 40}) == {"shoe_size": "is not known here"}


@pytest.mark.parametrize("path", ["providers/a b", "clients/%C3%A9", "appointments/" + "a" * 65, "clients/c%0A"])
def test_an_id_that_cannot_be_one_is_refused(severed: TestClient, path: str) -> None:
    kind = path.split("/", maxsplit=1)[0]
    [(field, reason)] = errors_of(severed, path, BODIES[next(p for p in BODIES if p.startswith(kind))]).items()
    assert field == f"{kind[:-1]}_id"
    assert "1 to 64" in reason


@pytest.mark.parametrize("written", ["4155550199", "14155550199", "+1-415-555-0199", "+1415555", "+", "+1415555019x"])
def test_a_line_number_must_be_written_in_e164(severed: TestClient, written: str) -> None:
    answer = severed.put(f"/v1/line-numbers/{written}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["e164"]


def test_errors_in_a_list_name_the_place(severed: TestClient) -> None:
    numbers = [
        {"number": ADA, "label": "mobile"},
        {"number": BOB, "label": "x" * 41},
        {"number": 3, "label": ""},
        {"number": BOB, "colour": "red"},
        "the office",
    ]
    assert list(errors_of(severed, PROVIDER, provider_body() | {"caller_numbers": numbers})) == [
        "caller_numbers[1].label",
        "caller_numbers[2].number",
        "caller_numbers[2].label",
        "caller_numbers[3].label",
        "caller_numbers[3].colour",
        "caller_numbers[4]",
    ]


def test_all_numbers_that_are_none_are_named_at_once(severed: TestClient) -> None:
    errors = errors_of(severed, PROVIDER, provider_body("hello", ADA, "555-0100"))
    assert list(errors) == ["caller_numbers[0].number", "caller_numbers[2].number"]


def test_the_same_number_twice_in_one_profile_is_refused_however_it_is_written(severed: TestClient) -> None:
    errors = errors_of(severed, PROVIDER, provider_body(ADA, BOB, "(415) 555-0100"))
    assert errors == {"caller_numbers[2].number": "is the same number as caller_numbers[0].number"}


def test_more_than_twenty_caller_numbers_are_refused(severed: TestClient) -> None:
    errors = errors_of(severed, PROVIDER, provider_body(*[f"+141555501{last:02}" for last in range(21)]))
    assert errors == {"caller_numbers": "must have at most 20 numbers"}


def test_what_is_wrong_with_two_fields_is_said_at_once(severed: TestClient) -> None:
    errors = errors_of(
        severed, APPOINTMENT, appointment_body() | {"starts_at": "soon", "ends_at": ENDS.isoformat()[:19]}
    )
    assert list(errors) == ["starts_at", "ends_at"]


@pytest.mark.parametrize("body", [[], "text", 5, True])
def test_a_body_that_is_no_object_is_refused(severed: TestClient, body: Any) -> None:
    assert list(errors_of(severed, PROVIDER, body)) == ["body"]


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 422),
        (b"", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"name": "\\ud800"}', "application/json", 422),
        (b'{"name": NaN}', "application/json", 422),
        (b"\xff", "application/json", 422),
        (b"[" * 60_000, "application/json", 422),
        (b'{"name": "Ben"}', "text/plain", 422),
        (b"name=Ben", "application/x-www-form-urlencoded", 422),
    ],
)
def test_a_body_that_is_no_json_is_refused_as_a_problem(
    severed: TestClient, content: bytes, content_type: str, status: int
) -> None:
    answer = severed.put("/v1/clients/c-1", content=content, headers={"Content-Type": content_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Ben" not in answer.text
