"""`GET /v1/line` and `GET /healthz` (F1, F2)."""

from fastapi.testclient import TestClient

from schema.engine import Store
from tests.portal.conftest import PARTS, TOKEN, Platform, observe


def test_f1_the_line_is_up_when_its_parts_are(platform: Platform, store: Store) -> None:
    observe(store)
    state = platform.get("line")
    assert state["state"] == "up"
    assert set(state["parts"]) == {*PARTS, "database"}
    assert {part["state"] for part in state["parts"].values()} == {"up"}
    assert all(part["since"].endswith("Z") for part in state["parts"].values())
    assert state["since"] == max(part["since"] for part in state["parts"].values())


def test_f1_a_part_that_is_down_shows_and_since_when_stays(platform: Platform, store: Store) -> None:
    observe(store, trunk="down")
    first = platform.get("line")
    observe(store, trunk="down")
    assert first["state"] == "down"
    assert first["parts"]["trunk"]["state"] == "down"
    assert first["parts"]["asterisk"]["state"] == "up"
    assert platform.get("line")["since"] == first["since"] == first["parts"]["trunk"]["since"]


def test_f1_before_the_listener_ever_ran_the_line_is_down(client: TestClient) -> None:
    state = client.get("/v1/line").json()
    assert (state["state"], state["since"]) == ("down", None)
    assert state["parts"]["listener"] == {"state": "down", "since": None}
    assert state["parts"]["database"]["state"] == "up"


def test_f1_database_down_still_answers_and_says_so(severed: TestClient) -> None:
    answer = severed.get("/v1/line")
    down = {"state": "down", "since": None}
    assert answer.status_code == 200
    assert answer.json() == {
        **down,
        "parts": dict.fromkeys((*PARTS, "database"), down),
        "holds_until": None,
    }


def test_f1_a_database_without_our_tables_counts_as_down(platform: Platform, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE line_parts")
    assert platform.get("line")["parts"]["database"]["state"] == "down"


def test_f1_health_is_liveness_only_and_needs_neither_token_nor_database(severed: TestClient) -> None:
    answer = severed.get("/healthz", headers={"Authorization": ""})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert TOKEN not in answer.text
