"""No phone number, and nothing else of a request, in any error or log (P1)."""

import io

import pytest
from fastapi.testclient import TestClient
from opentelemetry import trace

from runtime.settings import Settings
from tests.portal.conftest import ADA, BEN, BOB, LINE, STARTS, Platform, appointment_body, digits_of, provider_body
from tests.portal.log import events
from tests.portal.test_failures import failing

SECRET = "Ben-Ode-of-Elm-Street"  # no number, so that the log's mask for numbers cannot hide that it is repeated


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"line-numbers/{SECRET}", None),
        (f"providers/{SECRET}!", provider_body(ADA)),
        ("providers/p-1", provider_body(f"{SECRET} ext. 5")),
        ("providers/p-1", provider_body(ADA) | {SECRET: 1}),
        ("providers/p-1", provider_body(ADA) | {"time_zone": SECRET}),
        ("providers/p-1", provider_body(ADA) | {"language": SECRET}),
        ("providers/p-1", provider_body(SECRET, SECRET)),
        ("providers/p-1", provider_body(ADA) | {"caller_numbers": [{"number": ADA, "label": SECRET * 9}]}),
        ("providers/p-1", provider_body(ADA) | {"caller_numbers": SECRET}),
        ("clients/c-1", {"name": f"{SECRET}\n", "number": f"{SECRET}{SECRET}"}),
        ("clients/c-1", SECRET),
        ("appointments/a-1", appointment_body() | {"client_id": SECRET + "!"}),
        ("appointments/a-1", appointment_body() | {"client_id": SECRET}),
        ("appointments/a-1", appointment_body() | {"starts_at": SECRET}),
        ("appointments/a-1", appointment_body() | {"referred": SECRET}),
    ],
)
def test_a_422_repeats_nothing_of_the_request(platform: Platform, logged: io.StringIO, path: str, body: object) -> None:
    platform.book()
    answer = platform.client.put(f"/v1/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert SECRET not in answer.text
    assert SECRET not in logged.getvalue()


@pytest.mark.parametrize("written", ["+1415555017", "415-555-0177 ext. 5", "+999 415 5550177", "4155550177" * 9])
def test_a_422_does_not_repeat_a_number_that_is_none(severed: TestClient, written: str) -> None:
    answers = [
        severed.put("/v1/clients/c-1", json={"name": "Ben Ode", "number": written}),
        severed.put("/v1/providers/p-1", json=provider_body(written)),
        severed.put(f"/v1/line-numbers/{written}"),
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert not any(part in answer.text for answer in answers for part in ("415", "555", "017"))


@pytest.mark.parametrize("field", ["decision", "since", "limit", "before", SECRET])
def test_a_422_repeats_nothing_of_a_query(client: TestClient, field: str) -> None:
    answer = client.get("/v1/calls", params={field: SECRET})
    assert answer.status_code == 422
    assert SECRET not in answer.text


def test_a_request_is_one_event_with_its_route_and_without_its_path(platform: Platform, logged: io.StringIO) -> None:
    platform.line_number(LINE)
    [event] = events(logged)
    assert (event["event"], event["method"], event["status"]) == ("request", "PUT", 201)
    assert event["route"] == "/v1/line-numbers/{e164}"
    assert isinstance(event["milliseconds"], float)


def test_an_address_where_nothing_is_leaves_no_path_in_the_log(client: TestClient, logged: io.StringIO) -> None:
    client.get(f"/v1/{SECRET}?{SECRET}")
    [event] = events(logged)
    assert (event["route"], event["status"]) == (None, 404)
    assert SECRET not in logged.getvalue()


def test_no_number_is_logged_while_the_platform_works(platform: Platform, logged: io.StringIO) -> None:
    platform.book()
    platform.provider("p-2", ADA)
    platform.line_number(ADA)
    platform.admitted_call("a-1", STARTS)
    platform.get("appointments/a-1/calls")
    platform.get("calls")
    platform.cancel()
    text = logged.getvalue()
    assert len(events(logged)) == 9
    assert not any(digits in text for digits in digits_of(ADA, BOB, BEN, LINE))


def test_the_text_of_an_exception_is_not_logged_but_where_it_happened_is(
    settings: Settings, logged: io.StringIO
) -> None:
    failing(settings, RuntimeError(f"could not store {SECRET}")).get("/v1/calls")
    [event] = events(logged)
    assert (event["level"], event["status"], event["error"]) == ("error", 500, "RuntimeError")
    assert "test_failures.py" in str(event["at"])
    assert SECRET not in logged.getvalue()


def test_a_database_that_is_down_is_logged_without_its_address(severed: TestClient, logged: io.StringIO) -> None:
    severed.get("/v1/calls")
    assert [event["event"] for event in events(logged)] == ["store_unavailable", "request"]
    assert "127.0.0.1" not in logged.getvalue()


def test_no_trace_carries_a_path_whatever_the_machine_collects(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = TracerProvider()
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    client.get(f"/v1/{SECRET}")
    assert provider.spans == []


class TracerProvider:
    """What a machine's OpenTelemetry collects."""

    def __init__(self) -> None:
        self.spans: list[str] = []

    def get_tracer(self, *_: object, **__: object) -> "TracerProvider":
        """Itself."""
        return self

    def start_span(self, name: str, *_: object, **__: object) -> object:
        """Keep the span's name."""
        self.spans.append(name)
        return trace.INVALID_SPAN
