"""What the API says of itself."""

from typing import Any

import jsonschema_rs
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


def successes(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every JSON that goes out, by the operation and its status."""
    return [
        (f"{name} {status}", body["content"]["application/json"])
        for name, operation in operations(described)
        for status, body in operation["responses"].items()
        if status < "300" and "application/json" in body.get("content", {})
    ]


def example_of(described: dict[str, Any], body: dict[str, Any]) -> Any:
    """The example of this answer: its own, or that of its model, or of a list's."""
    if "example" in body:
        return body["example"]
    schema = body["schema"]
    if schema.get("type") == "array":
        return [example_of(described, {"schema": schema["items"]})]
    model = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "examples" in model:
        return model["examples"][0]
    return {name: field["examples"][0] for name, field in model["properties"].items()}


def test_every_answer_has_an_example_that_fits_its_description(described: dict[str, Any]) -> None:
    checked = successes(described)
    assert len(checked) >= 15
    for name, body in checked:
        validator = jsonschema_rs.validator_for({**body["schema"], "components": described["components"]})
        try:
            validator.validate(example_of(described, body))
        except jsonschema_rs.ValidationError as error:
            raise AssertionError(f"{name}: {error}") from None


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
