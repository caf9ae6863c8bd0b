"""Whatever fails is answered as a problem (RFC 9457)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from portal.app import create_app
from portal.body_limit import LIMIT
from runtime.settings import Settings
from schema.engine import ConflictError, Store
from tests.portal.conftest import ADA, BEN, TOKEN, appointment_body, digits_of, provider_body


class FailingStore(Store):
    """A store whose every transaction fails with this error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    @contextmanager
    def transaction(self) -> Iterator[None]:  # type: ignore[override]
        """Fails."""
        raise self._error
        yield


def failing(settings: Settings, error: Exception) -> TestClient:
    app = create_app(settings, FailingStore(error))
    return TestClient(app, headers={"Authorization": f"Bearer {TOKEN}"})


def test_an_address_where_nothing_is_is_a_problem(client: TestClient) -> None:
    answer = client.get("/v1/nothing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {"type": "about:blank", "title": "Not Found", "status": 404}


def test_a_method_that_is_not_taken_is_a_problem_that_says_which_is(client: TestClient) -> None:
    answer = client.delete("/v1/line")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_slash_too_many_is_not_redirected_since_the_path_would_be_repeated(client: TestClient) -> None:
    answer = client.put(f"/v1/line-numbers/{ADA}/", follow_redirects=False)
    assert answer.status_code == 404
    assert "location" not in answer.headers


def in_pieces(size: int) -> Iterator[bytes]:
    """A body whose length nobody declares."""
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_more_than_64_kib_is_refused(client: TestClient, chunked: bool) -> None:
    content = in_pieces(LIMIT + 1024) if chunked else b" " * (LIMIT + 1)
    answer = client.put("/v1/clients/c-1", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_declared_too_large_is_refused_even_where_nobody_would_read_it(severed: TestClient) -> None:
    assert severed.post("/v1/appointments/a-1/cancel", content=b" " * (LIMIT + 1)).status_code == 413


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_64_kib_is_read(client: TestClient, chunked: bool) -> None:
    content = in_pieces(LIMIT) if chunked else b" " * LIMIT
    answer = client.put("/v1/clients/c-1", content=content, headers={"Content-Type": "application/json"})
    assert answer.json()["errors"] == [{"field": "body", "reason": "must be JSON"}]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/line-numbers/+14155550199", None),
        ("PUT", "/v1/providers/p-1", provider_body(ADA)),
        ("PUT", "/v1/clients/c-1", {"name": "Ben Ode", "number": BEN}),
        ("PUT", "/v1/appointments/a-1", appointment_body()),
        ("POST", "/v1/appointments/a-1/cancel", None),
        ("GET", "/v1/appointments/a-1", None),
        ("GET", "/v1/appointments/a-1/calls", None),
        ("GET", "/v1/calls", None),
    ],
)
def test_database_down_is_a_503_that_says_when_to_come_back(
    severed: TestClient, method: str, path: str, body: object
) -> None:
    answer = severed.request(method, path, json=body)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0


def test_a_change_at_the_same_time_is_a_409_that_asks_to_try_again(settings: Settings) -> None:
    answer = failing(settings, ConflictError("uq_appointments_id")).put("/v1/appointments/a-1", json=appointment_body())
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert "changed at the same time" in answer.json()["detail"]
    assert "uq_" not in answer.text


def test_a_failure_nobody_foresaw_is_a_500_that_repeats_nothing(settings: Settings) -> None:
    client = failing(settings, RuntimeError(f"could not store {BEN}"))
    answer = client.put("/v1/clients/c-1", json={"name": "Ben Ode", "number": BEN})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert not any(word in answer.text for word in ("RuntimeError", "store", *digits_of(BEN)))
