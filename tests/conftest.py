"""What more than one part's tests need: a real PostgreSQL, one for the whole run, and an empty store in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text

from ops.postgres import EmbeddedPostgres
from schema import migrations
from schema.engine import Store, driver_url
from tests.number_key import NUMBER_KEY

# A store that is not told otherwise has the keys of the process's own settings.
os.environ["LINE_NUMBER_KEY"] = NUMBER_KEY


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of this run's own."""
    folder = tmp_path_factory.mktemp("postgres")
    server = EmbeddedPostgres(folder / "data", folder / "postgres.log", durable=False)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database, to copy."""
    with _admin(postgres) as connection:
        connection.execute(text("CREATE DATABASE template_line"))
    migrations.upgrade(_url(postgres, "template_line"))
    return "template_line"


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """An empty, migrated database of this test's own."""
    with database_of_its_own(postgres, template) as url:
        yield url


@contextmanager
def database_of_its_own(postgres: EmbeddedPostgres, template: str = "template1") -> Iterator[str]:
    """An empty, migrated database, dropped at the end."""
    name = f"test_{uuid4().hex}"
    with _admin(postgres) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _url(postgres, name)
    with _admin(postgres) as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store on an empty database."""
    store = Store(database_url)
    yield store
    store.close()


def _url(postgres: EmbeddedPostgres, name: str) -> str:
    return postgres.url.replace("@/postgres?", f"@/{name}?")


@contextmanager
def _admin(postgres: EmbeddedPostgres) -> Iterator[Connection]:
    """A connection outside any transaction, as CREATE DATABASE wants it."""
    engine = create_engine(driver_url(postgres.url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
