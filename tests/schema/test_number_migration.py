"""Numbers that stood in clear are encrypted by the upgrade, all of them or none (P1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, text

from ops.postgres import EmbeddedPostgres
from runtime.settings import SettingsError
from schema import key_check, migrations, number_columns
from schema.engine import Store
from schema.keyring import Keyring
from schema.models import Call, CallerNumber, Client, LineNumber
from schema.number_columns import Database, NumberTable
from schema.queries import number_keys
from tests.conftest import database_of_its_own
from tests.schema.numbers_of_a_table import KEY, NEW_KEY, key_ids, stored, stored_anywhere

KEYRING = Keyring([KEY])
CALLS = number_columns.BATCH + 7
_CALLS_OF_NUMBERS = f"""
    INSERT INTO calls (id, channel, caller, arrived_at, decision, reason, decided_on)
    SELECT gen_random_uuid(), n, '+1415556' || 1000 + n, now(), 'refused', 'too_early', '{{}}'
    FROM generate_series(1, {CALLS}) n"""
_A_WITHHELD_CALL = """
    INSERT INTO calls (id, channel, arrived_at, decision, reason, decided_on)
    VALUES (gen_random_uuid(), 'withheld', now(), 'refused', 'caller_withheld', '{}')"""


@pytest.fixture
def clear(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database as it was before numbers were encrypted, with some in every table, more calls than one batch."""
    with database_of_its_own(postgres) as url:
        command.upgrade(migrations.config(url, KEYRING), "0007")
        with closing(Store(url, keyring=KEYRING)) as store, store.transaction() as session:
            for statement in (
                "INSERT INTO line_numbers (number) VALUES ('+14155550199')",
                "INSERT INTO providers (id, name, time_zone, language) VALUES ('p', 'P', 'UTC', 'en')",
                "INSERT INTO caller_numbers (number, provider_id, label) VALUES ('+14155550100', 'p', 'mobile')",
                "INSERT INTO clients (id, name, number) VALUES ('c', 'C', '+14155550123')",
                _CALLS_OF_NUMBERS,
                _A_WITHHELD_CALL,
            ):
                session.execute(text(statement))
        yield url


def test_p1_the_upgrade_encrypts_every_number_that_is_there(clear: str) -> None:
    migrations.upgrade(clear, KEYRING)
    with closing(Store(clear, keyring=KEYRING)) as store, store.transaction() as session:
        assert key_ids(session) == {KEY.id}
        assert number_keys.in_use(session) == [KEY.id]
        for column, number in (
            (LineNumber.number, "+14155550199"),
            (CallerNumber.number, "+14155550100"),
            (Client.number, "+14155550123"),
        ):
            assert [found.e164 for found in session.scalars(select(column))] == [number]
        callers = [found.e164 if found else None for found in session.scalars(select(Call.caller))]
        assert len(callers) == CALLS + 1
        assert set(callers) == {None, *(f"+1415556{1000 + n}" for n in range(1, CALLS + 1))}


def test_p1_without_a_key_the_upgrade_is_refused_and_nothing_has_changed(
    clear: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINE_NUMBER_KEY", "")
    with pytest.raises(SettingsError, match="LINE_NUMBER_KEY: not set"):
        migrations.upgrade(clear)
    assert migrations.revision(clear) == "0007"
    with closing(Store(clear)) as store, store.transaction() as session:
        assert "+14155550100" in stored(session, "caller_numbers")


def test_p1_an_upgrade_that_was_interrupted_never_happened_and_is_done_again(
    clear: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, tables = number_columns._change, []

    def interrupted(database: Database, entry: NumberTable, *given: Any) -> None:
        change(database, entry, *given)
        tables.append(entry.name)
        if entry.name == "calls":
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(number_columns, "_change", interrupted)
        with pytest.raises(KeyboardInterrupt):
            migrations.upgrade(clear, KEYRING)
    assert len(tables) == 4
    with closing(Store(clear, keyring=KEYRING)) as store, store.transaction() as session:
        assert all(number.startswith("+1415") for number in stored_anywhere(session))
    migrations.upgrade(clear, KEYRING)
    with closing(Store(clear, keyring=KEYRING)) as store, store.transaction() as session:
        assert key_ids(session) == {KEY.id}


def test_p1_the_start_of_a_server_with_another_key_is_refused_and_says_which_is_needed(both: Store) -> None:
    with pytest.raises(SettingsError) as caught:
        key_check.check(Keyring([NEW_KEY]), both)
    assert f"LINE_NUMBER_KEY: numbers in this database are under the key {KEY.id}" in str(caught.value)
    assert str(caught.value).endswith(f"Set here: {NEW_KEY.id}")
    key_check.check(Keyring([NEW_KEY, KEY]), both)


def test_a10_a_server_may_start_while_the_database_is_away() -> None:
    with closing(Store("postgresql://line@127.0.0.1:1/line", keyring=KEYRING)) as nowhere:
        key_check.check(KEYRING, nowhere)
