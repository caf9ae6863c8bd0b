"""Commands that answer and end."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consultation.numbers import PhoneNumber
from consultation.window import Margins
from schema.engine import Store
from schema.queries import appointments, people
from tests.ops.command import environment, run

CALLER, CLIENT, LINE_NUMBER = "+14155550100", "+14155550123", "+14155550199"
STARTS_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def booked(store: Store) -> Store:
    """A store with one consultation, 9:00 to 9:50 UTC."""
    with store.transaction() as session:
        people.add_line_number(session, PhoneNumber(LINE_NUMBER))
        people.put_provider(
            session, "p", name="P", time_zone="UTC", language="en", numbers={PhoneNumber(CALLER): "mobile"}
        )
        people.put_client(session, "c", name="C", number=PhoneNumber(CLIENT))
        ends_at = STARTS_AT + timedelta(minutes=50)
        margins = Margins()
        appointments.put(
            session,
            "a",
            provider_id="p",
            client_id="c",
            starts_at=STARTS_AT,
            ends_at=ends_at,
            referred=True,
            margins=margins,
        )
    return store


@pytest.mark.parametrize(
    ("at", "decision", "reason", "standing"),
    [
        ("2026-03-02T08:58:59Z", "refused", "too_early", "not_open_yet"),
        ("2026-03-02T08:59:00Z", "admitted", None, "reached"),
        ("2026-03-02T04:50:59-05:00", "admitted", None, "reached"),
        ("2026-03-02T09:51:00Z", "refused", "too_late", "closed"),
    ],
)
def test_explain_tells_what_would_be_decided_at_an_instant(
    booked: Store, database_url: str, tmp_path: Path, at: str, decision: str, reason: str | None, standing: str
) -> None:
    variables = environment(tmp_path, LINE_DATABASE_URL=database_url)
    result = run(variables, "explain", "--caller", "4155550100", "--line-number", LINE_NUMBER, "--at", at, "--json")
    assert result.returncode == 0, result.stderr
    (said,) = json.loads(result.stdout)
    assert (said["decision"], said["reason"]) == (decision, reason)
    assert [(entry["appointment_id"], entry["standing"]) for entry in said["candidates"]] == [("a", standing)]


def test_explain_in_words_shows_no_number_and_why(booked: Store, database_url: str, tmp_path: Path) -> None:
    variables = environment(tmp_path, LINE_DATABASE_URL=database_url)
    at = "2026-03-02T08:00:00Z"
    result = run(variables, "explain", "--caller", CALLER, "--line-number", LINE_NUMBER, "--at", at)
    assert "refused: too_early, opens at 2026-03-02T08:59:00+00:00" in result.stdout
    assert "not open yet (W1)" in result.stdout
    for number in (CALLER, CLIENT, LINE_NUMBER):
        assert number not in result.stdout


@pytest.mark.parametrize(
    ("option", "asks_pin", "decision", "reason"),
    [(False, False, "refused", "caller_unverified"), (True, True, "admitted", None)],
)
def test_a8_explain_tells_what_would_be_decided_if_the_number_were_not_verified(
    booked: Store, database_url: str, tmp_path: Path, option: bool, asks_pin: bool, decision: str, reason: str | None
) -> None:
    numbers = {PhoneNumber(CALLER): "mobile"}
    with booked.transaction() as session:
        people.put_provider(
            session,
            "p",
            name="P",
            time_zone="UTC",
            language="en",
            numbers=numbers,
            pin="4711",
            pin_when_unverified=option,
        )
    variables = environment(tmp_path, LINE_DATABASE_URL=database_url)
    asked = ["explain", "--caller", CALLER, "--line-number", LINE_NUMBER, "--at", "2026-03-02T09:00:00Z", "--json"]
    (said,) = json.loads(run(variables, *asked, "--unverified").stdout)
    assert (said["asks_pin"], said["decision"], said["reason"]) == (asks_pin, decision, reason)
    (verified,) = json.loads(run(variables, *asked).stdout)
    assert (verified["asks_pin"], verified["decision"]) == (False, "admitted")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--caller", CALLER, "--line-number", "xyz"], "--line-number: not a phone number"),
        (["--caller", CALLER, "--line-number", LINE_NUMBER, "--at", "2026-03-02T09:00"], "no offset"),
        (["--caller", CALLER, "--line-number", LINE_NUMBER, "--at", "noon"], "not an instant"),
    ],
)
def test_explain_says_what_is_wrong_with_its_arguments(
    database_url: str, tmp_path: Path, arguments: list[str], message: str
) -> None:
    result = run(environment(tmp_path, LINE_DATABASE_URL=database_url), "explain", *arguments)
    assert result.returncode != 0
    assert message in result.stderr


def test_p1_explain_asks_for_numbers_that_are_to_stand_in_no_process_list(
    booked: Store, database_url: str, tmp_path: Path
) -> None:
    variables = environment(tmp_path, LINE_DATABASE_URL=database_url)
    at = ("--json", "--at", "2026-03-02T09:00:00Z")
    given = run(variables, "explain", "--caller", CALLER, "--line-number", LINE_NUMBER, *at)
    asked = run(variables, "explain", *at, typed=f"{CALLER}\n{LINE_NUMBER}\n")
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout) == json.loads(given.stdout)
    unanswered = run(variables, "explain", *at)
    assert (unanswered.returncode, unanswered.stdout.strip()) == (1, "")


def test_explain_without_a_database_says_how_to_name_one(tmp_path: Path) -> None:
    result = run(environment(tmp_path), "explain", "--caller", CALLER, "--line-number", LINE_NUMBER)
    assert result.returncode == 1
    assert "LINE_DATABASE_URL: not set" in result.stderr


def test_settings_name_their_source_and_hide_secrets(tmp_path: Path) -> None:
    variables = environment(tmp_path, LINE_API_TOKEN="do-not-show", LINE_RING_SECONDS="30")
    listed = {row["name"]: row for row in json.loads(run(variables, "settings", "--json").stdout)}
    assert listed["LINE_RING_SECONDS"]["value"] == "30"
    assert listed["LINE_RING_SECONDS"]["source"] == "environment"
    assert listed["LINE_MAX_CALL_SECONDS"]["source"] == "default"
    assert listed["LINE_API_TOKEN"]["value"] == "(hidden)"
    table = run(variables, "settings").stdout
    assert "do-not-show" not in table
    assert "LINE_RING_SECONDS" in table


def test_db_upgrade_adds_the_line_numbers_once(database_url: str, tmp_path: Path) -> None:
    variables = environment(tmp_path, LINE_DATABASE_URL=database_url, LINE_NUMBERS=LINE_NUMBER)
    for _ in range(2):
        result = run(variables, "db", "upgrade")
        assert result.returncode == 0, result.stderr
        assert "database at" in result.stdout
    store = Store(database_url)
    with store.transaction() as session:
        assert [entry.number.e164 for entry in people.line_numbers(session)] == [LINE_NUMBER]
    store.close()


@pytest.mark.parametrize("server", ["agi", "listener", "portal", "worker"])
def test_a_server_without_its_settings_says_which_it_needs(tmp_path: Path, server: str) -> None:
    result = run(environment(tmp_path), "run", server)
    assert result.returncode == 1
    assert "LINE_DATABASE_URL" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_setting_stands_in_the_example_file() -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    listed = json.loads(
        run({**environment(Path("/nowhere")), "LINE_DATA_DIR": "/nowhere"}, "settings", "--json").stdout
    )
    assert [row["name"] for row in listed if f"{row['name']}=" not in example] == []
