"""`consultline rotate-key`, and what each process says that lacks a key (P1)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from consultation.numbers import PhoneNumber
from ops import number_key
from runtime.settings import SettingsError, load
from schema.engine import Store
from schema.keyring import Keyring, NumberKey
from schema.queries import people
from tests.number_key import NUMBER_KEY
from tests.ops.command import environment, run

NEW_KEY = "6e" * 32
OLD, NEW = NumberKey(bytes.fromhex(NUMBER_KEY)), NumberKey(bytes.fromhex(NEW_KEY))
CLIENTS = 3


@pytest.fixture
def kept(store: Store) -> Store:
    """A database with some numbers in it."""
    with store.transaction() as session:
        people.add_line_number(session, PhoneNumber("+14155550199"))
        for place in range(CLIENTS):
            people.put_client(session, f"c-{place}", name="C", number=PhoneNumber(f"+1415555010{place}"))
    return store


def test_p1_rotate_key_brings_every_number_under_the_new_key(kept: Store, database_url: str, tmp_path: Path) -> None:
    both = environment(tmp_path, LINE_DATABASE_URL=database_url)
    both |= {"LINE_NUMBER_KEY": NEW_KEY, "LINE_NUMBER_KEY_PREVIOUS": NUMBER_KEY}

    before = run(both, "rotate-key", "--check")
    assert before.returncode == 1
    assert f"clients: {CLIENTS} under {OLD.id}" in before.stdout
    assert f"stored under {OLD.id}; the newest key here is {NEW.id}: run `consultline rotate-key`" in before.stdout

    result = run(both, "rotate-key")
    assert (result.returncode, result.stderr) == (0, "")
    assert f"clients: {CLIENTS} rows so far" in result.stdout
    assert f"every number is under {NEW.id}; keys other than that one can be taken away" in result.stdout
    for secret in (NUMBER_KEY, NEW_KEY, "4155550"):
        assert secret not in before.stdout + result.stdout

    only_new = environment(tmp_path, LINE_DATABASE_URL=database_url) | {"LINE_NUMBER_KEY": NEW_KEY}
    assert run(only_new, "rotate-key", "--check").returncode == 0
    with closing(Store(database_url, keyring=Keyring([NEW]))) as after, after.transaction() as session:
        assert [entry.number.e164 for entry in people.line_numbers(session)] == ["+14155550199"]


def test_p1_rotate_key_without_the_key_of_before_says_which_it_is(
    kept: Store, database_url: str, tmp_path: Path
) -> None:
    variables = environment(tmp_path, LINE_DATABASE_URL=database_url) | {"LINE_NUMBER_KEY": NEW_KEY}
    result = run(variables, "rotate-key")
    assert result.returncode == 1
    assert f"LINE_NUMBER_KEY: numbers in this database are under the key {OLD.id}" in result.stderr
    assert "Traceback" not in result.stderr


COMMANDS = [
    ["run", "agi"],
    ["run", "listener"],
    ["run", "portal"],
    ["db", "upgrade"],
    ["up"],
    ["explain", "--caller", "+14155550100", "--line-number", "+14155550199"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_p1_with_another_key_no_process_starts_and_each_says_which_it_needs(
    kept: Store, database_url: str, tmp_path: Path, command: list[str]
) -> None:
    variables = environment(tmp_path, LINE_DATABASE_URL=database_url, LINE_AMI_SECRET="s" * 8, LINE_API_TOKEN="t" * 32)
    result = run(variables | {"LINE_NUMBER_KEY": NEW_KEY}, *command)
    assert result.returncode == 1
    assert f"LINE_NUMBER_KEY: numbers in this database are under the key {OLD.id}" in result.stderr
    assert "Traceback" not in result.stderr
    assert NEW_KEY not in result.stderr


@pytest.mark.parametrize("command", [*COMMANDS, ["rotate-key"]], ids=" ".join)
def test_p1_without_a_key_no_process_starts_on_a_database_that_is_set(
    kept: Store, database_url: str, tmp_path: Path, command: list[str]
) -> None:
    variables = environment(tmp_path, LINE_DATABASE_URL=database_url, LINE_AMI_SECRET="s" * 8, LINE_API_TOKEN="t" * 32)
    result = run(variables | {"LINE_NUMBER_KEY": ""}, *command)
    assert result.returncode == 1
    assert "LINE_NUMBER_KEY: not set" in result.stderr
    assert "openssl rand -hex 32" in result.stderr
    assert "Traceback" not in result.stderr


def test_p1_settings_hide_the_keys(tmp_path: Path) -> None:
    shown = run(environment(tmp_path, LINE_NUMBER_KEY=NEW_KEY, LINE_NUMBER_KEY_PREVIOUS=NUMBER_KEY), "settings")
    assert shown.returncode == 0
    assert NEW_KEY not in shown.stdout
    assert NUMBER_KEY not in shown.stdout


def _own(folder: Path, **given: object) -> list[bytes]:
    return number_key.ensured(load(_env_file=None, **({"number_key": None} | given)), folder).number_keys()


def test_p1_a_line_with_its_own_database_makes_a_key_once_and_only_its_user_can_read_it(tmp_path: Path) -> None:
    made = _own(tmp_path)
    assert len(made) == 1
    assert _own(tmp_path) == made
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_p1_two_lines_make_different_keys(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    assert _own(folders[0]) != _own(folders[1])


def test_p1_a_key_that_is_set_later_stands_before_the_one_that_was_made(tmp_path: Path) -> None:
    made = _own(tmp_path)
    assert _own(tmp_path, number_key=NEW_KEY) == [bytes.fromhex(NEW_KEY), *made]


def test_p1_no_key_is_made_beside_one_that_is_set_or_for_a_database_that_others_use(tmp_path: Path) -> None:
    assert _own(tmp_path, number_key=NEW_KEY) == [bytes.fromhex(NEW_KEY)]
    with pytest.raises(SettingsError, match="LINE_NUMBER_KEY: not set"):
        _own(tmp_path, database_url="postgresql://line@localhost/line")
    assert list(tmp_path.iterdir()) == []


def test_p1_half_a_key_left_by_a_crash_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / ".number-key").write_text("ab")
    assert len(_own(tmp_path)) == 1
