"""What Alembic runs for every command: one transaction, one upgrade at a time."""

from alembic import context
from sqlalchemy import create_engine, text

from schema.engine import driver_url
from schema.migrations import ADVISORY_LOCK
from schema.models import Base

engine = create_engine(driver_url(context.config.attributes["url"]), hide_parameters=True)
try:
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            context.run_migrations()
finally:
    engine.dispose()
