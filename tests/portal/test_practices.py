"""Practices, their shared phones and their providers' PINs (A4, A9)."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from schema.engine import Store
from schema.models import Provider
from schema.pins import fits
from tests.portal.conftest import provider_body

DESK, MOBILE = "+14155550110", "+14155550111"


def _practice(api: TestClient, name: str = "elm", *numbers: str) -> Any:
    listed = [{"number": number, "label": "desk"} for number in numbers]
    return api.put(f"/v1/practices/{name}", json={"name": "Elm Street", "caller_numbers": listed})


def _member(api: TestClient, name: str, **fields: Any) -> Any:
    return api.put(f"/v1/providers/{name}", json=provider_body() | {"caller_numbers": []} | fields)


def test_a_practice_is_created_once_and_may_change(client: TestClient) -> None:
    assert _practice(client, "elm", DESK).status_code == 201
    answer = _practice(client, "elm", DESK)
    assert answer.status_code == 200
    assert answer.json() == {
        "id": "elm",
        "name": "Elm Street",
        "caller_numbers": [{"number": DESK, "label": "desk"}],
    }


def test_a4_a_number_belongs_to_one_provider_or_one_practice(client: TestClient) -> None:
    assert _practice(client, "elm", DESK).status_code == 201
    for answer in (
        _practice(client, "oak", DESK),
        client.put("/v1/providers/solo", json=provider_body(DESK)),
    ):
        assert answer.status_code == 409
        assert answer.json()["code"] == "number_taken"
        assert "elm" not in answer.text
        assert DESK[1:] not in answer.text


def test_a9_a_provider_of_a_practice_needs_a_pin_which_is_never_given_back(client: TestClient, store: Store) -> None:
    _practice(client)
    refused = _member(client, "p-1", practice_id="elm")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "pin"
    answer = _member(client, "p-1", practice_id="elm", pin="1234")
    assert answer.status_code == 201
    assert "1234" not in answer.text
    with store.transaction() as session:
        stored = session.scalar(select(Provider.pin_hash)) or ""
    assert "1234" not in stored
    assert fits("1234", stored)
    assert not fits("1235", stored)
    # Without a PIN in the next one, it stays.
    assert _member(client, "p-1", practice_id="elm").status_code == 200


def test_a9_two_providers_of_a_practice_cannot_have_one_pin(client: TestClient) -> None:
    _practice(client)
    assert _member(client, "p-1", practice_id="elm", pin="1234").status_code == 201
    refused = _member(client, "p-2", practice_id="elm", pin="1234")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "pin"
    assert _member(client, "p-2", practice_id="elm", pin="1235").status_code == 201


@pytest.mark.parametrize("pin", ["123", "123456789", "12a4", "", "१२३४", " 1234"])
def test_a_pin_with_letters_or_of_another_length_is_a_422(client: TestClient, pin: str) -> None:
    refused = _member(client, "p-1", pin=pin)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "pin", "reason": "must be 4 to 8 digits"}]


@pytest.mark.parametrize("option", ["pin_always", "pin_when_unverified"])
def test_to_ask_for_a_pin_there_must_be_one(client: TestClient, option: str) -> None:
    refused = _member(client, "p-1", **{option: True})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "pin"
    answer = _member(client, "p-1", pin="1234", **{option: True})
    assert answer.status_code == 201
    assert answer.json()[option] is True
    assert _member(client, "p-1").json()[option] is False, "a PUT says all of it"


def test_a_practice_that_nobody_told_of_is_a_422(client: TestClient) -> None:
    refused = _member(client, "p-1", practice_id="nowhere", pin="1234")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "practice_id"
