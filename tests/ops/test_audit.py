"""`consultline audit`, and what other commands leave in the audit (P2)."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from consultation.numbers import PhoneNumber
from schema.engine import Store
from schema.queries import people
from tests.number_key import NUMBER_KEY
from tests.ops.command import environment, run

CLIENT, LINE_NUMBER, CALLER = "+14155550123", "+14155550199", "+14155550100"
NEW_KEY = "6e" * 32


@pytest.fixture
def variables(tmp_path: Path, database_url: str) -> dict[str, str]:
    made = environment(tmp_path, LINE_DATABASE_URL=database_url)
    made.pop("SUDO_USER", None)
    return made


@pytest.fixture
def kept(store: Store) -> Store:
    """A database whose audit has three rows."""
    for place in range(3):
        with store.transaction() as session:
            people.put_client(session, f"c-{place}", name="C", number=PhoneNumber(CLIENT))
    return store


def listed(variables: dict[str, str], *options: str) -> list[dict[str, Any]]:
    answer = run(variables, "audit", "list", "--json", *options)
    assert answer.returncode == 0, answer.stderr
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


def by_force(store: Store, statement: str) -> None:
    with store.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(statement))


def test_p2_a_whole_audit_is_said_to_be_whole_and_its_head_is_good_for_later(
    kept: Store, variables: dict[str, str]
) -> None:
    first = run(variables, "audit", "verify")
    assert (first.returncode, first.stderr) == (0, "")
    assert "3 rows, each as it was written, none missing, none added" in first.stdout
    head = first.stdout.splitlines()[-1]
    assert head == f"3:{listed(variables)[-1]['hash']}"
    with kept.transaction() as session:
        people.put_client(session, "c-9", name="C", number=PhoneNumber(CLIENT))
    later = run(variables, "audit", "verify", "--since-head", head)
    assert later.returncode == 0
    assert "the head noted at row 3 is still part of it" in later.stdout


def test_p2_an_audit_of_nothing_is_whole(variables: dict[str, str]) -> None:
    answer = run(variables, "audit", "verify")
    assert (answer.returncode, answer.stdout) == (0, "0 rows, each as it was written, none missing, none added\n")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE audit SET actor = 'x' WHERE id = 2", "broken at row 2: it was altered"),
        ("DELETE FROM audit WHERE id = 2", "broken at row 2: it is missing"),
        ("UPDATE audit SET id = 4 WHERE id = 3", "broken at row 3: it is missing"),
    ],
)
def test_p2_a_broken_audit_ends_with_exit_code_1_and_the_row(
    kept: Store, variables: dict[str, str], statement: str, sentence: str
) -> None:
    by_force(kept, statement)
    answer = run(variables, "audit", "verify")
    assert answer.returncode == 1
    assert sentence in answer.stdout
    machine = run(variables, "audit", "verify", "--json")
    assert machine.returncode == 1
    said = json.loads(machine.stdout)
    assert (said["good"], f"row {said['broken']['id']}" in sentence) == (False, True)


def test_p2_an_end_that_was_cut_off_is_seen_by_the_head_that_was_noted(kept: Store, variables: dict[str, str]) -> None:
    noted = json.loads(run(variables, "audit", "verify", "--json").stdout)["head"]
    by_force(kept, "DELETE FROM audit WHERE id = 3")
    by_force(kept, "UPDATE audit_head SET id = 2, hash = (SELECT hash FROM audit WHERE id = 2)")
    assert run(variables, "audit", "verify").returncode == 0
    answer = run(variables, "audit", "verify", "--since-head", f"{noted['id']}:{noted['hash']}")
    assert answer.returncode == 1
    assert "broken at row 3: it was noted and is missing: the end of the audit was cut off" in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "--since-head", "3"], "--since-head: not a head as `consultline audit verify` prints it"),
        (["list", "--action", "number.hidden"], "--action: there is no number.hidden; there are number.shown"),
        (["list", "--since", "2026-03-02T09:00"], "no offset"),
    ],
)
def test_p2_what_cannot_be_is_refused_with_what_can(
    variables: dict[str, str], arguments: list[str], message: str
) -> None:
    answer = run(variables, "audit", *arguments)
    assert answer.returncode != 0
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr


def test_p2_the_audit_is_listed_by_action_and_time_and_shows_no_number(kept: Store, variables: dict[str, str]) -> None:
    every = listed(variables)
    assert [row["subject_id"] for row in every] == ["c-0", "c-1", "c-2"]
    assert listed(variables, "--action", "number.shown") == []
    assert listed(variables, "--since", every[1]["at"], "--action", "client.created") == every[1:]
    assert listed(variables, "--most", "1") == every[2:]
    table = run(variables, "audit", "list").stdout
    assert "numbers_added: …23" in table
    assert CLIENT.removeprefix("+1") not in table


def test_p2_what_an_operator_does_is_written_down_with_their_login(store: Store, variables: dict[str, str]) -> None:
    both = variables | {"LINE_NUMBER_KEY": NEW_KEY, "LINE_NUMBER_KEY_PREVIOUS": NUMBER_KEY}
    at = "2026-03-02T09:00:00-05:00"
    for command in (
        ["token", "create", "--name", "app", "--scope", "read"],
        ["token", "revoke", "app"],
        ["explain", "--caller", CALLER, "--line-number", LINE_NUMBER, "--at", at, "--unverified"],
        ["rotate-key"],
    ):
        answer = run(both, *command)
        assert answer.returncode == 0, answer.stderr
    rows = listed(both)
    login = pwd.getpwuid(os.getuid()).pw_name
    assert {(row["actor_kind"], row["actor"]) for row in rows} == {("operator", login)}
    assert [(row["action"], row["subject_kind"]) for row in rows] == [
        ("token.created", "token"),
        ("token.revoked", "token"),
        ("call.explained", "caller"),
        *[("number_key.changed", "number_key")] * 3,
    ]
    explained = rows[2]
    assert explained["subject_id"] == "…00"
    assert explained["details"] == {"at": "2026-03-02T14:00:00+00:00", "line_number": "…99", "verified": False}
    assert [row["details"]["state"] for row in rows[3:]] == ["retiring", "active", "retired"]
    written = json.dumps(rows, ensure_ascii=False)
    assert not [secret for secret in (CALLER[2:], LINE_NUMBER[2:], NEW_KEY, NUMBER_KEY) if secret in written]


def test_p2_an_explanation_that_cannot_be_written_down_is_not_given(store: Store, variables: dict[str, str]) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit ADD CONSTRAINT full_disk CHECK (false)")
    answer = run(variables, "explain", "--caller", CALLER, "--line-number", LINE_NUMBER)
    assert answer.returncode == 1
    assert answer.stdout == ""
