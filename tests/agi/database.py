"""A PostgreSQL that a test may stop and start: the one that all tests share must not go away under the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.postgres import EmbeddedPostgres
from schema import migrations


@contextmanager
def postgres_of_its_own(folder: Path) -> Iterator[EmbeddedPostgres]:
    """One, started and migrated."""
    postgres = EmbeddedPostgres(folder / "data", folder / "postgres.log")
    try:
        postgres.start()
        migrations.upgrade(postgres.url)
        yield postgres
    finally:
        postgres.stop()
