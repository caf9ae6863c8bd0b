"""Who shows wrong tokens is slowed down; who shows a right one never is (P3)."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import anyio
import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from portal.app import create_app
from portal.guesses import FROM_ANYWHERE, FROM_ONE_ADDRESS, Guesses
from runtime.settings import Settings
from schema.engine import Store
from schema.queries import tokens
from schema.scopes import Scope
from tests.portal.conftest import TOKEN

WRONG = "clt_1_" + "x" * 43


def show(client: TestClient, token: str) -> httpx.Response:
    answer: httpx.Response = client.get("/v1/line", headers={"Authorization": f"Bearer {token}"})
    return answer


def made(store: Store) -> str:
    with store.transaction() as session:
        return tokens.create(session, f"token-{time.monotonic_ns()}", [Scope.READ], None)


def guess(client: TestClient, times: int = 60) -> None:
    assert {show(client, WRONG).status_code for _ in range(times)} == {401}


def test_p3_wrong_tokens_from_one_address_are_limited(client: TestClient) -> None:
    guess(client)
    refused = show(client, WRONG)
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_p3_a_right_token_is_let_in_from_an_address_of_many_wrong_ones(client: TestClient, store: Store) -> None:
    before = made(store)
    guess(client)
    for token in (before, TOKEN, made(store)):
        assert show(client, WRONG).status_code == 429
        assert show(client, token).status_code == 200


@pytest.mark.parametrize("wrong", ["", "x", f"{TOKEN}x", "clt_1_short"])
def test_p3_what_is_no_token_at_all_is_limited_without_the_database(severed: TestClient, wrong: str) -> None:
    assert {show(severed, wrong).status_code for _ in range(60)} == {401}
    assert show(severed, wrong).status_code == 429
    assert show(severed, TOKEN).status_code == 200


def test_p3_a_request_without_a_token_is_no_guess(client: TestClient) -> None:
    del client.headers["Authorization"]
    assert {client.get("/v1/line").status_code for _ in range(70)} == {401}


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("198.51.100.7", "198.51.100.8", False),
        ("198.51.100.7", "::ffff:198.51.100.7", True),
        ("::ffff:198.51.100.7", "::ffff:198.51.100.8", False),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::8", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_p3_an_address_is_an_ipv4_address_or_64_bits_of_ipv6(
    settings: Settings, store: Store, first: str, second: str, together: bool
) -> None:
    app = create_app(settings, store)
    guess(TestClient(app, client=(first, 50000)))
    assert show(TestClient(app, client=(second, 50000)), WRONG).status_code == (429 if together else 401)


class Lookups:
    """A database that is asked, and notes how often at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = self.most = self.count = 0

    def find(self, found: bool | None = None) -> bool | None:
        with self._lock:
            self._now += 1
            self.count += 1
            self.most = max(self.most, self._now)
        time.sleep(0.02)  # as long as a query may take
        with self._lock:
            self._now -= 1
        return found


def scope(host: str) -> dict[str, Any]:
    return {"client": (host, 50000)}


async def look(guesses: Guesses, host: str, lookups: Lookups, found: bool | None = None) -> bool | None:
    with suppress(HTTPException):  # the 429
        return await guesses.look(scope(host), "token", lambda: lookups.find(found))
    return None


async def at_once(guesses: Guesses, host: str, *, times: int = 10) -> Lookups:
    lookups = Lookups()
    async with anyio.create_task_group() as group:
        for _ in range(times):
            group.start_soon(look, guesses, host, lookups)
    return lookups


def spend(guesses: Guesses, host: str, times: int) -> None:
    for _ in range(times):
        with suppress(HTTPException):
            guesses.wrong(scope(host), "token")


def test_p3_past_the_limit_an_address_asks_the_database_one_after_the_other() -> None:
    async def story() -> None:
        guesses = Guesses()
        assert (await at_once(guesses, "198.51.100.7")).most > 1
        spend(guesses, "198.51.100.7", FROM_ONE_ADDRESS.most)
        assert (await at_once(guesses, "198.51.100.7")).most == 1
        assert (await at_once(guesses, "198.51.100.8")).most > 1
        # Looked up all the same: it might be right.
        assert await look(guesses, "198.51.100.7", Lookups(), found=True)

    anyio.run(story)


def test_p3_many_addresses_together_do_not_load_the_database_and_do_not_slow_who_was_right() -> None:
    async def story() -> None:
        guesses = Guesses()
        assert await look(guesses, "203.0.113.1", Lookups(), found=True)
        for place in range(FROM_ANYWHERE.most // FROM_ONE_ADDRESS.most + 1):
            spend(guesses, f"198.51.100.{place}", FROM_ONE_ADDRESS.most)
        assert (await at_once(guesses, "198.51.100.250")).most == 1
        assert (await at_once(guesses, "203.0.113.1")).most > 1

    anyio.run(story)


def test_p3_one_address_cannot_slow_the_others_down() -> None:
    async def story() -> None:
        guesses = Guesses()
        spend(guesses, "198.51.100.7", 2 * FROM_ANYWHERE.most)
        assert (await at_once(guesses, "198.51.100.8")).most > 1

    anyio.run(story)
