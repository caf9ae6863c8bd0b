"""The place in a file and the facts of the rows before it are kept together, whatever dies in between (E4)."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ami_listener import files
from schema.engine import Store, StoreUnavailableError
from tests.agi.database import postgres_of_its_own
from tests.agi.platform_side import book
from tests.ami_listener.cel_folder import place, places, run, write
from tests.ami_listener.cel_folder import tail as reader
from tests.ami_listener.cel_rows import told
from tests.ami_listener.decided import decide_on, facts, outcome, status

CHANNEL, OTHER = "line1-1795470355.0", "line1-1795470355.2"


@pytest.fixture(autouse=True)
def rows_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long ago the rows were recorded, their file is not put aside for it."""
    monkeypatch.setattr(files, "OLDEST_SECONDS", float("inf"))


# The connection dies after the last statement, in the middle of the commit.
DIES_AT_COMMIT = [
    """
    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER die AFTER INSERT OR UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION die()
    """,
]


@pytest.mark.parametrize("table", ["cel_files", "call_facts", "consultations"])
def test_e4_a_commit_that_fails_keeps_neither_the_facts_nor_the_place(line: Store, tmp_path: Path, table: str) -> None:
    decide_on(line, CHANNEL)
    path = write(tmp_path, told("connected", CHANNEL))
    run(line, *[statement.format(table=table) for statement in DIES_AT_COMMIT])
    reading = reader(tmp_path, line)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            reading.catch_up()
        assert (facts(line), places(line)) == ([], {})
        assert (outcome(line, CHANNEL)["disposition"], status(line)) == (None, ("pending", None))
    run(line, f"DROP TRIGGER die ON {table}")
    assert reading.catch_up() == 8
    assert place(line, path) == path.stat().st_size
    assert (outcome(line, CHANNEL)["disposition"], status(line)) == ("connected", ("completed", "line"))


def test_e4_the_place_moves_in_the_transaction_that_keeps_the_facts(store: Store, tmp_path: Path) -> None:
    write(tmp_path, told("connected", CHANNEL))
    reader(tmp_path, store).catch_up()
    with store.transaction() as session:
        connection = session.connection()
        writers = "SELECT xmin::text FROM call_facts UNION SELECT xmin::text FROM cel_files"
        assert len(connection.exec_driver_sql(writers).all()) == 1


@pytest.mark.parametrize("where", [0, 3, 8])
def test_e4_one_row_that_the_database_refuses_does_not_lose_the_others(line: Store, tmp_path: Path, where: int) -> None:
    decide_on(line, CHANNEL)
    run(line, f"ALTER TABLE call_facts ADD CONSTRAINT poison CHECK (channel <> '{OTHER}')")
    rows = told("connected", CHANNEL)
    path = write(tmp_path, [*rows[:where], *told("no_answer", OTHER)[:1], *rows[where:]])
    with capture_logs() as said:
        reader(tmp_path, line).catch_up()
    assert [entry["event"] for entry in said if "refused" in entry["event"]] == ["cel_rows_refused", "cel_row_refused"]
    assert {channel for channel, _ in facts(line)} == {CHANNEL}
    assert outcome(line, CHANNEL)["disposition"] == "connected"
    assert place(line, path) == path.stat().st_size
    assert reader(tmp_path, line).catch_up() == 0


def test_e4_what_was_written_while_the_database_was_down_is_read_when_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "cel-custom"
    folder.mkdir()
    rows = told("connected", CHANNEL)
    with postgres_of_its_own(tmp_path) as postgres:
        store = Store(postgres.url)
        book(store)
        decide_on(store, CHANNEL)
        reading = reader(folder, store)
        write(folder, rows[:3])
        reading.catch_up()
        postgres.stop()
        path = write(folder, rows[3:])
        for started_meanwhile in (reading, reader(folder, store)):
            with pytest.raises(StoreUnavailableError):
                started_meanwhile.catch_up()
        postgres.start()
        assert reading.catch_up() == 5
        assert (outcome(store, CHANNEL)["disposition"], status(store)) == ("connected", ("completed", "line"))
        assert place(store, path) == path.stat().st_size
        store.close()
