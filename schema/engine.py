"""How this process reaches PostgreSQL, and what its failures are called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import StatementError as UnsentError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from runtime.settings import SettingsError, load
from schema.columns import give_keys
from schema.keyring import Keyring, MissingKeyError, keyring_of

NO_KEY_YET = "no key of phone numbers is recorded in this database: run `consultline db upgrade`"


class StoreUnavailableError(Exception):
    """The database cannot be reached or did not answer in time. Try again; meanwhile, fail closed (A10)."""


class NumberKeyError(StoreUnavailableError):
    """Numbers are under a key that this process does not have; the message says what to set. Fail closed (A10)."""


class StatementError(Exception):
    """The database could not make sense of a statement: a defect, or a database that was not migrated."""


class ConflictError(Exception):
    """A constraint of the database refused the change; `constraint` names it. No value is repeated (P1)."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


Transaction = Session
"""What queries run in, for those who may not name SQLAlchemy's."""


class Store:
    """A pool of connections. One for a process.

    `statement_seconds` bounds every statement and every wait for a lock; `pool` is the number of connections;
    `keyring` has the keys of phone numbers, None: those of this process's own settings.
    """

    def __init__(
        self,
        url: str,
        *,
        pool: int = 5,
        statement_seconds: float = 5,
        name: str = "consultline",
        keyring: Keyring | None = None,
    ) -> None:
        milliseconds = int(statement_seconds * 1000)
        self.engine: Engine = create_engine(
            driver_url(url),
            pool_size=pool,
            max_overflow=0,
            pool_timeout=statement_seconds,
            # A connection that died in the pool (PostgreSQL was restarted) must not cost anyone their call.
            pool_pre_ping=True,
            # SQLAlchemy's exceptions would otherwise carry the parameters, phone numbers among them (P1).
            hide_parameters=True,
            connect_args={
                "connect_timeout": max(2, int(statement_seconds)),
                "application_name": name,
                "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} -c timezone=UTC",
                # A database host that vanished is noticed by TCP, not by a call that waits.
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 2,
                "tcp_user_timeout": milliseconds * 2,
            },
        )
        give_keys(self.engine.dialect, cache(lambda: keyring or keyring_of(load())))

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any exception.

        Raises StoreUnavailableError where the database is away, NumberKeyError where a key of numbers is missing,
        ConflictError where a constraint refuses.
        """
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except IntegrityError as error:
            raise ConflictError(_constraint(error)) from None
        except (OperationalError, InterfaceError) as error:
            if _constraint(error) == "number_key_missing":
                raise NumberKeyError(_without_key(error)) from None
            raise StoreUnavailableError(type(error.orig).__name__) from None
        except DBAPIError as error:
            # psycopg2 writes values into the statement, and PostgreSQL's messages quote it (P1).
            raise StatementError(type(error.orig).__name__) from None
        except (UnsentError, MissingKeyError, SettingsError) as error:
            # What fails while a number is sealed comes wrapped; while it is opened, as it is.
            why = error.orig if isinstance(error, UnsentError) else error
            if isinstance(why, MissingKeyError | SettingsError):
                raise NumberKeyError(str(why)) from None
            raise StatementError(type(why).__name__) from None
        except PoolTimeoutError:
            raise StoreUnavailableError("no free connection") from None

    def close(self) -> None:
        """Close every connection of the pool."""
        self.engine.dispose()


def driver_url(url: str) -> str:
    """The address with our driver named; `postgres://` and `postgresql://` are what people write."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg2://{rest}" if scheme in ("postgres", "postgresql") else url


def _constraint(error: DBAPIError) -> str:
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or "unnamed constraint"


def _without_key(error: DBAPIError) -> str:
    """What `number_to_store` and `number_sought` complain of: their whole message is the id of the missing key."""
    key_id = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    return str(MissingKeyError(key_id)) if key_id else NO_KEY_YET
