"""`consultline outbox`: what an operator sees of what was not told, and sends again."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from schema.delivery import Channel, Outcome
from schema.engine import Store
from schema.queries import deliveries
from schema.queries.outbox import EventType, enqueue
from tests.ops.command import environment, run


@pytest.fixture
def variables(database_url: str, tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path, LINE_DATABASE_URL=database_url, COLUMNS="200")


@pytest.fixture
def failed(store: Store) -> list[int]:
    """One given up, one failing, one waiting and one delivered. Returns the ids."""
    with store.transaction() as session:
        for name in ("given-up", "failing", "delivered"):
            enqueue(session, EventType.CALL_ENDED, name, appointment_id=name, payload={})
    with store.transaction() as session:
        given_up, failing, delivered = deliveries.take(session, Channel.WEBHOOK, most=9, seconds=60)
        for taken, delay in ((given_up, timedelta(days=4)), (failing, timedelta(hours=1))):
            attempt = deliveries.begin(session, taken)
            deliveries.finish(session, attempt, took_seconds=0.2, status_code=502, error="refused")
            deliveries.retry(session, taken, delay, "refused")
        deliveries.close(session, delivered, Outcome.DELIVERED)
        enqueue(session, EventType.CALL_ENDED, "waiting", appointment_id="waiting", payload={})
    return [given_up.effect_id, failing.effect_id, delivered.effect_id]


def listed(variables: dict[str, str], *arguments: str) -> dict[str, dict[str, object]]:
    result = run(variables, "outbox", "--json", *arguments)
    assert result.returncode == 0, result.stderr
    return {entry["appointment_id"]: entry for entry in json.loads(result.stdout)}


def test_what_nobody_was_told_of_is_listed_with_its_attempts_and_why(
    variables: dict[str, str], failed: list[int]
) -> None:
    found = listed(variables)
    assert {name: entry["state"] for name, entry in found.items()} == {
        "given-up": "given_up",
        "failing": "failing",
        "waiting": "waiting",
    }
    failing = found["failing"]
    assert (failing["attempts"], failing["last_status_code"], failing["last_error"]) == (1, 502, "refused")
    assert (found["given-up"]["due_at"], found["given-up"]["reason"]) == (None, "refused")
    assert listed(variables, "--state", "delivered").keys() == {"delivered"}
    assert listed(variables, "--most", "1").keys() == {"given-up"}


def test_in_words_it_counts_says_what_is_missing_and_how_to_send_again(
    variables: dict[str, str], failed: list[int]
) -> None:
    text = run(variables, "outbox").stdout
    assert "1 waiting, 1 failing, 1 given up, 1 delivered" in text
    assert "refused (502)" in text
    assert "LINE_WEBHOOK_URL is not set" in text
    assert "outbox resend ID" in text


def test_an_empty_outbox_is_said_to_be_empty(variables: dict[str, str]) -> None:
    assert run(variables, "outbox").stdout == "the outbox is empty\n"
    assert listed(variables) == {}


def test_one_or_all_are_sent_on_their_way_again(variables: dict[str, str], failed: list[int]) -> None:
    assert f"{failed[0]} is on its way again" in run(variables, "outbox", "resend", str(failed[0])).stdout
    assert listed(variables)["given-up"]["state"] == "waiting"
    assert "1 on their way again" in run(variables, "outbox", "resend", "--all-failed").stdout
    assert {entry["state"] for entry in listed(variables).values()} == {"waiting"}
    # The platform lost it: what was delivered may be sent again, too.
    assert run(variables, "outbox", "resend", str(failed[2])).returncode == 0
    assert listed(variables)["delivered"]["state"] == "waiting"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["999"], "no 999 in the outbox"), ([], "say which"), (["1", "--all-failed"], "say which")],
)
def test_what_cannot_be_sent_again_is_said(variables: dict[str, str], arguments: list[str], message: str) -> None:
    result = run(variables, "outbox", "resend", *arguments)
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
