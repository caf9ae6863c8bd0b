"""What the API says of itself."""

from typing import Any

import pytest
from fastapi.testclient import TestClient


@pytest.fixture
def described(client: TestClient) -> dict[str, Any]:
    description: dict[str, Any] = client.get("/openapi.json").json()
    return description


def operations(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if path not in ("/healthz", "/v1/providers/{provider_id}/calendar.ics")
    ]


def test_every_operation_is_described_and_asks_for_the_token(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        assert operation["description"], name
        assert operation["security"] == [{"token": []}], name
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_errors_are_described_as_problems(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        failures = {status: body for status, body in operation["responses"].items() if status >= "400"}
        assert {"401", "422", "503"} <= set(failures), name
        assert all(list(body["content"]) == ["application/problem+json"] for body in failures.values()), name
    assert "HTTPValidationError" not in described["components"]["schemas"]


def test_every_put_is_described_with_201_and_an_example(described: dict[str, Any]) -> None:
    for name, operation in operations(described):
        if name.startswith("put"):
            assert {"200", "201"} <= set(operation["responses"]), name
    for body in ("ProviderBody", "ClientBody", "AppointmentBody"):
        assert described["components"]["schemas"][body]["examples"]


def test_the_examples_are_accepted_as_they_stand(client: TestClient, described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    [provider], [person] = schemas["ProviderBody"]["examples"], schemas["ClientBody"]["examples"]
    [appointment] = schemas["AppointmentBody"]["examples"]
    assert client.put(f"/v1/providers/{appointment['provider_id']}", json=provider).status_code == 201
    assert client.put(f"/v1/clients/{appointment['client_id']}", json=person).status_code == 201
    assert client.put("/v1/appointments/a-1", json=appointment).status_code == 201


def test_what_a_cancelled_appointment_shows_is_written_down(described: dict[str, Any]) -> None:
    appointment = described["components"]["schemas"]["Appointment"]["properties"]
    assert "cancelled" in appointment["contact"]["description"]
    assert "cancelled" in appointment["status"]["description"]
