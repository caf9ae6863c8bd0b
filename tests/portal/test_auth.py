"""Every surface authenticates (P3)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select, text

from portal.app import create_app
from portal.scopes import NEEDS, UndeclaredRouteError, check_declared
from runtime.settings import Settings, SettingsError
from schema.engine import Store
from schema.models import Reveal
from schema.queries import tokens
from schema.scopes import Scope
from tests.portal.conftest import ADA, BEN, LINE, STARTS, TOKEN, Platform, digits_of

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
    ("GET", "/v1/appointments/a-1/issues"),
    ("POST", "/v1/providers/p-1/portal-sessions"),
    ("GET", "/v1/calls"),
    ("GET", "/v1/line"),
    ("GET", "/metrics"),
    ("POST", "/v1/providers/p-1/calendar-key"),
    ("POST", "/v1/texts"),
]
OPEN = ["/healthz", "/docs", "/openapi.json"]
OWN_KEY = ["/v1/providers/{provider_id}/calendar.ics"]

# Which scope lets which request pass: every route stands here (P3).
READ = ["GET /v1/appointments/a-1/calls", "GET /v1/tasks", "GET /v1/calls", "GET /v1/line", "GET /metrics"]
PORTAL = ["POST /v1/providers/p-1/calendar-key", "POST /v1/providers/p-1/portal-sessions"]


def test_p3_this_list_holds_every_route_but_health(severed: TestClient) -> None:
    documented = {
        (method.upper(), path)
        for path, item in severed.get("/openapi.json").json()["paths"].items()
        for method in item
        if path not in ("/healthz", *OWN_KEY)
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
def test_p3_without_the_token_nothing_is_done(severed: TestClient, header: str | bytes | None, challenge: str) -> None:
    del severed.headers["Authorization"]
    headers = {} if header is None else {"Authorization": header}
    for method, path in CLOSED:
        # Neither the broken body nor the missing database shows: the token comes first.
        answer = severed.request(method, path, content=b"{", headers={**headers, "Content-Type": "application/json"})
        assert answer.status_code == 401, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == challenge
        assert TOKEN not in answer.text


def test_p3_the_name_of_the_scheme_may_be_in_any_case(severed: TestClient) -> None:
    assert severed.get("/v1/line", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


def test_p3_without_the_token_nobody_learns_which_addresses_exist(severed: TestClient) -> None:
    del severed.headers["Authorization"]
    assert severed.get("/v1/nothing").status_code == 401
    assert severed.delete("/v1/line").status_code == 401


@pytest.mark.parametrize("path", OPEN)
def test_p3_health_and_documentation_need_no_token(severed: TestClient, path: str) -> None:
    del severed.headers["Authorization"]
    assert severed.get(path).status_code == 200


@pytest.mark.parametrize("token", [None, SecretStr("")])
def test_p3_without_a_token_set_the_app_does_not_start(
    settings: Settings, store: Store, token: SecretStr | None
) -> None:
    with pytest.raises(SettingsError, match="LINE_API_TOKEN"):
        create_app(settings.model_copy(update={"api_token": token}), store)


def test_p3_a_token_that_could_be_guessed_does_not_start_the_app(settings: Settings, store: Store) -> None:
    with pytest.raises(SettingsError, match="LINE_API_TOKEN: shorter than 16") as refused:
        create_app(settings.model_copy(update={"api_token": SecretStr("hunter2hunter2x")}), store)
    assert "hunter2" not in str(refused.value)
    create_app(settings.model_copy(update={"api_token": SecretStr("hunter2hunter2xy")}), store)


def make(store: Store, *scopes: Scope, expires_at: datetime | None = None) -> str:
    with store.transaction() as session:
        return tokens.create(session, f"token-{uuid4()}", scopes, expires_at)


def request(client: TestClient, token: str, method: str, path: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer: httpx.Response = client.request(method, path, content=b"{", headers=headers)
    return answer


@pytest.mark.parametrize(
    ("scopes", "passes"),
    [
        ([Scope.READ], READ),
        ([Scope.PORTAL], READ + PORTAL),
        ([Scope.READ, Scope.PORTAL], READ + PORTAL),
        ([Scope.TEXTS], ["POST /v1/texts"]),
        ([Scope.PLATFORM], [f"{method} {path}" for method, path in CLOSED]),
    ],
)
def test_p3_a_token_does_what_its_scopes_say_and_nothing_else(
    client: TestClient, store: Store, scopes: list[Scope], passes: list[str]
) -> None:
    token = make(store, *scopes)
    for method, path in CLOSED:
        answer = request(client, token, method, path)
        if f"{method} {path}" in passes:
            assert answer.status_code not in (401, 403), path
            continue
        assert answer.status_code == 403, path
        scopes_named = ("read", "portal", "platform", "texts")
        need = next(need for need in scopes_named if f"the scope {need}." in answer.json()["detail"])
        assert answer.json()["code"] == "scope_missing"
        assert answer.headers["www-authenticate"] == f'Bearer error="insufficient_scope", scope="{need}"'


def test_p3_what_a_reading_token_gets_to_see_holds_no_phone_number(platform: Platform, store: Store) -> None:
    platform.book()
    platform.admitted_call("a-1", STARTS)
    token = make(store, Scope.READ)
    for name in READ:
        answer = request(platform.client, token, *name.split())
        assert answer.status_code == 200, name
        assert not [digits for digits in digits_of(ADA, BEN, LINE) if digits in answer.text], name


def test_p3_a_token_is_good_until_it_expires_or_is_revoked(client: TestClient, store: Store) -> None:
    now = datetime.now(UTC)
    over, lasting = make(store, Scope.READ, expires_at=now), make(store, Scope.READ, expires_at=now + timedelta(days=1))
    assert request(client, over, "GET", "/v1/line").status_code == 401
    assert request(client, lasting, "GET", "/v1/line").status_code == 200
    with store.transaction() as session:
        name = tokens.listed(session)[-1].name
        assert tokens.revoke(session, name)
        assert not tokens.revoke(session, name)
    assert request(client, lasting, "GET", "/v1/line").status_code == 401


def test_p3_only_the_whole_token_is_one_and_none_is_kept(client: TestClient, store: Store) -> None:
    token, other = make(store, Scope.READ), make(store, Scope.READ)
    mixed = "_".join([*token.split("_", 2)[:2], other.split("_", 2)[2]])
    for wrong in (token[:-1], token + "x", mixed, token.replace("clt_", "clt_9"), "clt_1_", f"clt_{'9' * 30}_x"):
        assert request(client, wrong, "GET", "/v1/line").status_code == 401, wrong
    with store.transaction() as session:
        kept = session.scalar(text("SELECT string_agg(api_tokens::text, '') FROM api_tokens"))
    assert token.split("_", 2)[2] not in kept


def test_p3_it_is_kept_when_a_token_was_last_used(client: TestClient, store: Store) -> None:
    token = make(store, Scope.READ)
    with store.transaction() as session:
        assert tokens.listed(session)[0].last_used_at is None
    request(client, token, "GET", "/v1/line")
    with store.transaction() as session:
        assert tokens.listed(session)[0].last_used_at is not None


def test_p3_the_audit_names_the_token(platform: Platform, store: Store) -> None:
    platform.book(referred=False)
    assert request(platform.client, make(store, Scope.PLATFORM), "GET", "/v1/appointments/a-1").status_code == 200
    with store.transaction() as session:
        assert session.scalars(select(Reveal.actor).order_by(Reveal.id)).all()[-1] == tokens.listed(session)[0].name


def test_p3_with_the_database_down_only_the_bootstrap_token_is_known(severed: TestClient) -> None:
    other = "clt_1_" + "x" * 43
    assert request(severed, other, "GET", "/v1/line").status_code == 503
    assert request(severed, TOKEN, "GET", "/v1/line").status_code == 200


def everything() -> str:
    return BEN


def test_p3_a_route_that_is_not_declared_is_not_served(settings: Settings, store: Store) -> None:
    router = APIRouter()
    router.get("/v1/everything")(everything)
    with pytest.raises(UndeclaredRouteError, match="GET /v1/everything"):
        check_declared(router.routes)
    app = create_app(settings, store)
    app.include_router(router)
    # Also where the check was forgotten: the guard lets nobody through to it.
    with TestClient(app) as client:
        assert request(client, TOKEN, "GET", "/v1/everything").status_code == 404


def test_p3_every_operation_says_which_scope_it_needs(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, item in paths.items():
        for method, operation in item.items():
            if path not in (*OPEN, *OWN_KEY):
                assert operation["x-required-scope"] == NEEDS[method.upper(), path]
