"""`consultline token` (P3)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schema.engine import Store
from schema.queries import tokens
from schema.scopes import Scope
from tests.ops.command import environment, run


@pytest.fixture
def variables(tmp_path: Path, database_url: str) -> dict[str, str]:
    return environment(tmp_path, LINE_DATABASE_URL=database_url)


def listed(variables: dict[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run(variables, "token", "list", "--json").stdout)
    return rows


def test_p3_a_token_is_shown_once_and_alone_on_standard_output(variables: dict[str, str], store: Store) -> None:
    made = run(variables, "token", "create", "--name", "metrics", "--scope", "read", "--expires", "90d")
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    with store.transaction() as session:
        assert tokens.find(session, token) is not None
    (row,) = listed(variables)
    assert (row["name"], row["scopes"], row["state"]) == ("metrics", ["read"], "good")
    left = datetime.fromisoformat(row["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)
    shown = run(variables, "token", "list")
    assert "metrics" in shown.stdout
    assert token.split("_", 2)[2] not in shown.stdout + made.stderr


def test_p3_a_revoked_token_is_good_for_nothing(variables: dict[str, str], store: Store) -> None:
    made = run(variables, "token", "create", "--name", "p", "--scope", "portal", "--scope", "read", "--json")
    told = json.loads(made.stdout)
    assert told["scopes"] == ["portal", "read"]
    assert run(variables, "token", "revoke", "p").returncode == 0
    with store.transaction() as session:
        assert tokens.find(session, told["token"]) is None
    assert listed(variables)[0]["state"] == "revoked"
    again = run(variables, "token", "revoke", "p")
    assert (again.returncode, "consultline token list" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--name", "No", "--scope", "read"], "--name"),
        (["--name", "n", "--scope", "read", "--expires", "soon"], "90d"),
        (["--name", "n", "--scope", "read", "--expires", ""], "90d"),
        (["--name", "n", "--scope", "read", "--expires", "2027-01-31"], "90d"),
        (["--name", "n", "--scope", "read", "--expires", "2020-01-31T00:00:00Z"], "over"),
    ],
)
def test_p3_what_cannot_be_is_refused_with_an_example(
    variables: dict[str, str], arguments: list[str], said: str
) -> None:
    refused = run(variables, "token", "create", *arguments)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert said in refused.stderr
    assert listed(variables) == []


def test_p3_a_name_is_given_once(variables: dict[str, str]) -> None:
    for code in (0, 1):
        assert run(variables, "token", "create", "--name", "n", "--scope", "read").returncode == code


def test_p3_a_token_of_which_nothing_is_said_may_read_for_a_year(variables: dict[str, str], store: Store) -> None:
    made = run(variables, "token", "create", "--name", "n")
    assert made.returncode == 0, made.stderr
    with store.transaction() as session:
        (kept,) = tokens.listed(session)
    assert kept.scopes == [Scope.READ]
    assert kept.expires_at is not None
    assert timedelta(days=364, hours=23) < kept.expires_at - datetime.now(UTC) <= timedelta(days=365)


def test_p3_only_who_says_never_gets_a_token_that_does_not_expire(variables: dict[str, str]) -> None:
    assert run(variables, "token", "create", "--name", "n", "--expires", "never").returncode == 0
    (row,) = listed(variables)
    assert (row["expires_at"], row["state"], row["expires_soon"]) == (None, "good", False)


def test_p3_the_list_warns_of_what_expires_within_two_weeks_and_says_when_it_was_used(
    variables: dict[str, str], store: Store
) -> None:
    with store.transaction() as session:
        now = datetime.now(UTC)
        for name, days in {"over": -1, "soon": 13, "revoked": 13, "later": 15}.items():
            token = tokens.create(session, name, [Scope.READ], now + timedelta(days=days))
            assert (tokens.find(session, token) is None) == (name == "over")
        tokens.create(session, "idle", [Scope.READ], now + timedelta(days=1))
        tokens.revoke(session, "revoked")
    shown = run(variables, "token", "list")
    soon, idle = shown.stderr.strip().splitlines()
    assert soon.startswith("token soon expires at ")
    assert "(last used at " in soon
    assert idle.startswith("token idle expires at ")
    assert "(never used)" in idle
    rows = {row["name"]: row for row in listed(variables)}
    assert [name for name, row in rows.items() if row["expires_soon"]] == ["soon", "idle"]
    assert [name for name, row in rows.items() if row["last_used_at"]] == ["soon", "revoked", "later"]
