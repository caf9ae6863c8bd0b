"""One database for all tests of the store, emptied after each; and a line with numbers, a provider and a client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import NullPool, create_engine, text

from ops.postgres import EmbeddedPostgres
from schema.engine import Store, driver_url
from schema.models import AuditHead, Base, NumberKeyState
from schema.queries import audit_chain
from tests.conftest import database_of_its_own
from tests.schema.audit_rows import ROWS, add
from tests.schema.numbers_of_a_table import BOTH
from tests.schema.platform import settle_in


@pytest.fixture(scope="session")
def shared_database(postgres: EmbeddedPostgres, template: str) -> str:
    """The address of a migrated database. To make and drop one for each test takes longer than the tests."""
    engine = create_engine(driver_url(postgres.url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE tests_of_the_store TEMPLATE {template}"))
    return postgres.url.replace("@/postgres?", "@/tests_of_the_store?")


@pytest.fixture(scope="session")
def shared_store(shared_database: str) -> Iterator[Store]:
    """The store on it, whose connections and compiled statements serve every test."""
    store = Store(shared_database)
    yield store
    store.close()


@pytest.fixture
def store(shared_store: Store) -> Iterator[Store]:
    """The shared store, empty."""
    yield shared_store
    with shared_store.transaction() as session:
        session.execute(text("SET LOCAL consultline.retention = 'on'"))  # audit rows stay but for retention (P2)
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in (NumberKeyState.__tablename__, AuditHead.__tablename__):
                session.execute(table.delete())


@pytest.fixture
def database_url(shared_database: str, store: Store) -> str:
    """Where the shared store is, for a test that brings a store of its own."""
    return shared_database


@pytest.fixture
def line(store: Store) -> Store:
    """The store of a line with two numbers, one provider and one client, and nothing booked."""
    with store.transaction() as session:
        settle_in(session)
    return store


@pytest.fixture
def own_database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The address of a database of this test's own, for tests that change what all rows are under."""
    with database_of_its_own(postgres, template) as url:
        yield url


@pytest.fixture
def both(own_database: str) -> Iterator[Store]:
    """A line with two numbers, a provider and a client on it, seen by a process that has the next key, too."""
    store = Store(own_database, keyring=BOTH)
    with store.transaction() as session:
        settle_in(session)
    yield store
    store.close()


@pytest.fixture
def kept_audit(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A database of its own with some rows, which are verified in batches of two."""
    monkeypatch.setattr(audit_chain, "BATCH", 2)
    with closing(Store(own_database)) as store:
        for place in range(ROWS):
            with store.transaction() as session:
                add(session, f"t-{place}")
        yield store
