"""Every surface authenticates (P3)."""

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from portal.app import create_app
from runtime.settings import Settings, SettingsError
from schema.engine import Store
from tests.portal.conftest import TOKEN

CLOSED = [
    ("PUT", "/v1/line-numbers/+14155550199"),
    ("PUT", "/v1/practices/elm"),
    ("PUT", "/v1/providers/p-1"),
    ("PUT", "/v1/clients/c-1"),
    ("PUT", "/v1/appointments/a-1"),
    ("POST", "/v1/appointments/a-1/cancel"),
    ("POST", "/v1/appointments/a-1/status"),
    ("GET", "/v1/appointments/a-1"),
    ("GET", "/v1/appointments/a-1/calls"),
    ("GET", "/v1/tasks"),
    ("GET", "/v1/calls"),
    ("GET", "/v1/line"),
]


def test_this_list_holds_every_route_but_health(severed: TestClient) -> None:
    documented = {
        (method.upper(), path)
        for path, item in severed.get("/openapi.json").json()["paths"].items()
        for method in item
        if path != "/healthz"
    }
    examples = {
        "{e164}": "+14155550199",
        "{practice_id}": "elm",
        "{provider_id}": "p-1",
        "{client_id}": "c-1",
        "{appointment_id}": "a-1",
    }
    filled = set()
    for method, path in documented:
        for name, example in examples.items():
            path = path.replace(name, example)  # noqa: PLW2901
        filled.add((method, path))
    assert filled == set(CLOSED)


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (None, "Bearer"),
        ("", 'Bearer error="invalid_token"'),
        ("Bearer", 'Bearer error="invalid_token"'),
        ("Bearer ", 'Bearer error="invalid_token"'),
        (f"Bearer {TOKEN}x", 'Bearer error="invalid_token"'),
        (f"Bearer {TOKEN[:-1]}", 'Bearer error="invalid_token"'),
        (f"Basic {TOKEN}", 'Bearer error="invalid_token"'),
        (TOKEN, 'Bearer error="invalid_token"'),
        (b"Bearer \xff\xfe", 'Bearer error="invalid_token"'),
    ],
)
def test_without_the_token_nothing_is_done(severed: TestClient, header: str | bytes | None, challenge: str) -> None:
    del severed.headers["Authorization"]
    headers = {} if header is None else {"Authorization": header}
    for method, path in CLOSED:
        # Neither the broken body nor the missing database shows: the token comes first.
        answer = severed.request(method, path, content=b"{", headers={**headers, "Content-Type": "application/json"})
        assert answer.status_code == 401, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == challenge
        assert TOKEN not in answer.text


def test_the_name_of_the_scheme_may_be_in_any_case(severed: TestClient) -> None:
    assert severed.get("/v1/line", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


def test_without_the_token_nobody_learns_which_addresses_exist(severed: TestClient) -> None:
    del severed.headers["Authorization"]
    assert severed.get("/v1/nothing").status_code == 401
    assert severed.delete("/v1/line").status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/openapi.json"])
def test_health_and_documentation_need_no_token(severed: TestClient, path: str) -> None:
    del severed.headers["Authorization"]
    assert severed.get(path).status_code == 200


@pytest.mark.parametrize("token", [None, SecretStr("")])
def test_without_a_token_set_the_app_does_not_start(settings: Settings, store: Store, token: SecretStr | None) -> None:
    with pytest.raises(SettingsError, match="LINE_API_TOKEN"):
        create_app(settings.model_copy(update={"api_token": token}), store)
