"""What the store's failures are called (A10), and that they give nothing away (P1)."""

import re
import socket
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, text

from consultation.numbers import PhoneNumber
from schema.engine import ConflictError, StatementError, Store, StoreUnavailableError, driver_url
from schema.models import CallerNumber
from schema.queries.people import NumberTakenError
from tests.consultation.examples import LINE, PROVIDER
from tests.schema.platform import STRANGER, put_provider

ADD_CALLER_NUMBER = insert(CallerNumber).values(label="")


@pytest.fixture
def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def told(error: BaseException) -> str:
    """All that a log would show of an exception."""
    return "".join(traceback.format_exception(error))


def test_a10_a_database_that_is_away_is_unavailable(closed_port: int) -> None:
    store = Store(f"postgresql://line:hunter2@127.0.0.1:{closed_port}/line")
    with pytest.raises(StoreUnavailableError) as caught, store.transaction() as session:
        session.execute(text("SELECT 1"))
    assert not re.search(rf"hunter2|\b{closed_port}\b", told(caught.value).replace(f"127.0.0.1:{closed_port}", ""))


def test_a10_a_statement_that_exceeds_the_limit_is_unavailable(database_url: str) -> None:
    store = Store(database_url, statement_seconds=0.1)
    with pytest.raises(StoreUnavailableError), store.transaction() as session:
        session.execute(text("SELECT pg_sleep(5)"))
    store.close()


def test_a10_a_wait_for_a_lock_that_exceeds_the_limit_is_unavailable(line: Store, database_url: str) -> None:
    store = Store(database_url, statement_seconds=0.1)
    with line.transaction() as session:
        session.execute(text("LOCK TABLE providers"))
        with pytest.raises(StoreUnavailableError), store.transaction() as waiting:
            put_provider(waiting, "dr-wu")
    store.close()


def test_a10_a_pool_without_a_free_connection_is_unavailable(database_url: str) -> None:
    store = Store(database_url, pool=1, statement_seconds=0.1)
    with store.transaction() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(StoreUnavailableError), store.transaction() as waiting:
            waiting.execute(text("SELECT 1"))
    store.close()


def test_a10_a_connection_that_dies_in_the_middle_is_unavailable(store: Store) -> None:
    with pytest.raises(StoreUnavailableError), store.transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def test_a10_connections_that_died_in_the_pool_cost_nobody_their_call(store: Store, database_url: str) -> None:
    with store.transaction() as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    killer = Store(database_url)
    with killer.transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(:backend, 5000)"), {"backend": backend})
    killer.close()
    with store.transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a10_what_fails_leaves_nothing_behind(store: Store) -> None:
    def fail_after_a_put() -> None:
        with store.transaction() as session:
            put_provider(session, "dr-lee", PROVIDER)
            session.execute(text("SELECT 1 / 0"))

    with pytest.raises(StatementError):
        fail_after_a_put()
    with store.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM providers")) == 0


def test_p1_a_conflict_names_the_constraint_and_no_value(line: Store) -> None:
    with pytest.raises(ConflictError) as caught, line.transaction() as session:
        session.execute(ADD_CALLER_NUMBER, {"number": PROVIDER, "provider_id": "dr-lee"})
    assert str(caught.value) == caught.value.constraint == "uq_caller_numbers_number"
    assert not re.search("4155550|dr-lee", told(caught.value))


def test_p1_a_foreign_key_that_fails_names_the_constraint_and_no_value(line: Store) -> None:
    with pytest.raises(ConflictError) as caught, line.transaction() as session:
        session.execute(ADD_CALLER_NUMBER, {"number": STRANGER, "provider_id": "dr-nobody"})
    assert caught.value.constraint == "fk_caller_numbers_provider_id"
    assert not re.search("4155550|nobody'", str(caught.value))


@pytest.mark.parametrize("taken", [PROVIDER, LINE])
def test_p1_a_taken_number_is_not_repeated(line: Store, taken: PhoneNumber) -> None:
    with pytest.raises(NumberTakenError) as caught, line.transaction() as session:
        put_provider(session, "dr-wu", taken)
    assert not re.search("4155550", told(caught.value))


def test_p1_a_statement_that_fails_does_not_show_what_it_was_given(store: Store) -> None:
    with pytest.raises(StatementError) as caught, store.transaction() as session:
        session.execute(text("SELECT 1 / 0 WHERE :number <> ''"), {"number": PROVIDER.e164})
    assert "4155550" not in told(caught.value)


def test_p1_a_broken_statement_does_not_show_what_it_was_given(store: Store) -> None:
    with pytest.raises(StatementError) as caught, store.transaction() as session:
        session.execute(text("SELECT * FROM no_such_table WHERE number = :number"), {"number": PROVIDER.e164})
    assert "4155550" not in told(caught.value)


def test_w5_the_database_speaks_utc(store: Store) -> None:
    with store.transaction() as session:
        assert session.scalar(text("SHOW timezone")) == "UTC"


def test_a10_a_pool_never_has_more_connections_than_it_was_given(database_url: str) -> None:
    store = Store(database_url, pool=2, name="counted")

    def use(_place: int) -> None:
        with store.transaction() as session:
            session.execute(text("SELECT pg_sleep(0.02)"))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(use, range(6)))
    with store.transaction() as session:
        count = session.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'"))
    store.close()
    assert count == 2


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_way_to_write_a_postgresql_address_names_our_driver(scheme: str) -> None:
    assert driver_url(f"{scheme}://line@localhost/line") == "postgresql+psycopg2://line@localhost/line"
