"""The column that holds a number: encrypted, found under whichever key, and refused to those who lack one (P1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import ColumnElement, Insert, Text, Update, bindparam, func, insert, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from consultation.numbers import PhoneNumber
from ops.postgres import EmbeddedPostgres
from schema.columns import Number
from schema.engine import ConflictError, NumberKeyError, Store, StoreUnavailableError
from schema.keyring import Keyring, NumberKey, UnreadableNumberError
from schema.models import Base, Call, CallerNumber, Client, LineNumber
from schema.queries import people
from schema.rotation import switch
from tests.consultation.examples import CLIENT, LINE, OTHER_LINE, PROVIDER, clock
from tests.schema.numbers_of_a_table import BOTH, KEY, NEW_KEY, THIRD_KEY, stored, stored_anywhere
from tests.schema.platform import OFFICE, STRANGER, arrive, book, put_provider


def test_p1_every_column_of_a_number_holds_ciphertext(line: Store) -> None:
    with line.transaction() as session:
        book(session)
        arrive(session, "line1-1.1", clock("9:00"))
        forms = stored_anywhere(session)
    assert len(forms) >= len((LINE, OTHER_LINE, PROVIDER, CLIENT)) + 2
    assert all(re.fullmatch(rf"{KEY.id}\.[\w-]{{59}}", form) for form in forms)


def test_p1_every_column_whose_name_speaks_of_a_number_is_of_the_type_that_encrypts() -> None:
    named = {
        f"{table.name}.{entry.name}"
        for table in Base.metadata.sorted_tables
        for entry in table.columns
        if isinstance(entry.type, Text | Number) and re.search(r"number$|caller$|phone", entry.name)
    }
    encrypted = {
        f"{table.name}.{entry.name}"
        for table in Base.metadata.sorted_tables
        for entry in table.columns
        if isinstance(entry.type, Number)
    }
    assert named <= encrypted
    assert {"line_numbers.number", "caller_numbers.number", "clients.number", "calls.caller"} <= encrypted


@pytest.mark.parametrize(
    ("criterion", "found"),
    [
        (lambda: CallerNumber.number == OFFICE, {OFFICE}),
        (lambda: CallerNumber.number != OFFICE, {PROVIDER}),
        (lambda: CallerNumber.number.in_([OFFICE, STRANGER]), {OFFICE}),
        (lambda: CallerNumber.number.in_({OFFICE: "", PROVIDER: ""}), {OFFICE, PROVIDER}),
        (lambda: CallerNumber.number.in_([]), set()),
        (lambda: CallerNumber.number.not_in([OFFICE, STRANGER]), {PROVIDER}),
        (lambda: CallerNumber.number.not_in([]), {OFFICE, PROVIDER}),
        (lambda: CallerNumber.number == STRANGER, set()),
        (lambda: CallerNumber.number == bindparam("it", OFFICE, type_=Number()), {OFFICE}),
        (lambda: CallerNumber.number.in_(select(LineNumber.number)), set()),
        (lambda: CallerNumber.number.is_not(None), {OFFICE, PROVIDER}),
        (lambda: CallerNumber.number == None, set()),  # noqa: E711
    ],
)
def test_p1_numbers_are_found_by_equality(
    line: Store, criterion: Callable[[], ColumnElement[bool]], found: set[PhoneNumber]
) -> None:
    with line.transaction() as session:
        put_provider(session, "dr-lee", PROVIDER, OFFICE)
        assert set(session.scalars(select(CallerNumber.number).where(criterion()))) == found


@pytest.mark.parametrize(
    "use",
    [
        lambda: LineNumber.number < LINE,
        lambda: LineNumber.number.startswith("+1415"),
        LineNumber.number.desc,
        lambda: LineNumber.number.like("%55"),
    ],
)
def test_p1_an_order_or_a_part_of_encrypted_numbers_cannot_be_asked_for(use: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="numbers are encrypted"):
        use()


def test_a4_the_database_refuses_a_number_that_is_there(line: Store) -> None:
    with pytest.raises(ConflictError, match="uq_line_numbers_number"), line.transaction() as session:
        session.add(LineNumber(number=LINE))


def test_p1_after_a_switch_numbers_are_stored_under_the_new_key_and_found_under_either(both: Store) -> None:
    with both.transaction() as session:
        arrive(session, "line1-1.1", clock("9:00"))
    assert switch(both, BOTH)
    with both.transaction() as session:
        arrive(session, "line1-1.2", clock("9:00"))
        people.put_client(session, "other", name="O", number=OFFICE)
        assert {form.split(".")[0] for form in stored(session, "calls")} == {KEY.id, NEW_KEY.id}
        assert set(session.scalars(select(Call.caller).where(Call.caller == PROVIDER))) == {PROVIDER}
        assert session.scalar(select(func.count()).where(Call.caller == PROVIDER)) == 2
        assert session.scalar(select(func.count()).where(Call.caller != STRANGER)) == 2
        assert set(session.scalars(select(Client.number))) == {CLIENT, OFFICE}
        assert {form.split(".")[0] for form in stored(session, "caller_numbers")} == {NEW_KEY.id}


@contextmanager
def with_only(key: NumberKey, database_url: str) -> Iterator[Session]:
    """A transaction of a process that has this key and no other."""
    with closing(Store(database_url, pool=1, keyring=Keyring([key]))) as store, store.transaction() as session:
        yield session


USES: list[Callable[[Session], object]] = [
    lambda session: put_provider(session, "dr-wu", STRANGER),
    lambda session: people.add_line_number(session, STRANGER),
    lambda session: people.put_client(session, "c", name="C", number=STRANGER),
    lambda session: arrive(session, "line1-1.1", clock("9:00")),
    lambda session: session.scalar(select(CallerNumber.id).where(CallerNumber.number == STRANGER)),
]


@pytest.mark.parametrize(("held", "missing"), [(KEY, NEW_KEY), (NEW_KEY, KEY)], ids=["old", "new"])
@pytest.mark.parametrize("use", USES)
def test_a10_who_has_one_key_of_two_in_use_finds_and_stores_nothing_but_is_told_what_to_set(
    both: Store, own_database: str, held: NumberKey, missing: NumberKey, use: Callable[[Session], object]
) -> None:
    switch(both, BOTH)
    with pytest.raises(NumberKeyError) as caught, with_only(held, own_database) as session:
        use(session)
    # Whoever knows that the database may be away fails closed on this, too.
    assert isinstance(caught.value, StoreUnavailableError)
    assert f"LINE_NUMBER_KEY: numbers in this database are under the key {missing.id}" in str(caught.value)
    assert "4155550" not in str(caught.value)


@pytest.mark.parametrize("statement", [insert(LineNumber), update(Client)], ids=["insert", "update"])
def test_a10_nothing_is_stored_under_a_key_that_is_not_the_active_one(
    both: Store, own_database: str, statement: Insert | Update
) -> None:
    switch(both, BOTH)
    with pytest.raises(NumberKeyError), with_only(KEY, own_database) as session:
        session.execute(statement.values(number=STRANGER))


def test_a10_a_wrong_key_reads_nothing(both: Store, own_database: str) -> None:
    with pytest.raises(NumberKeyError, match=KEY.id), with_only(THIRD_KEY, own_database) as session:
        session.scalars(select(Client.number)).all()


def test_a10_a_store_without_any_key_says_so_at_the_first_number(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINE_NUMBER_KEY", "")
    with closing(Store(own_database, pool=1)) as store:
        with store.transaction() as session:
            session.scalar(select(func.count()).select_from(Client))
        with pytest.raises(NumberKeyError, match="LINE_NUMBER_KEY: not set"), store.transaction() as session:
            people.put_client(session, "c", name="C", number=STRANGER)


def test_p1_a_stored_number_that_was_tampered_with_is_an_error_and_not_another_number(both: Store) -> None:
    with both.transaction() as session:
        session.execute(text("UPDATE clients SET number = overlay(number placing 'AAAA' from 40)"))
    with pytest.raises(UnreadableNumberError), both.transaction() as session:
        session.scalars(select(Client.number)).all()


class _Elsewhere(DeclarativeBase):
    pass


class _OptOut(_Elsewhere):
    """A table whose key is a number, as others may come to have."""

    __tablename__ = "opt_outs"
    number: Mapped[PhoneNumber] = mapped_column(Number, primary_key=True)
    reason: Mapped[str]


def test_p1_a_number_can_be_a_tables_key(both: Store) -> None:
    with both.transaction() as session:
        _Elsewhere.metadata.create_all(session.connection())
        session.add_all([_OptOut(number=PROVIDER, reason="stop"), _OptOut(number=OFFICE, reason="stop")])
    with both.transaction() as session:
        found = session.get(_OptOut, PROVIDER)
        assert found is not None
        found.reason = "quit"
        session.delete(session.get_one(_OptOut, OFFICE))
    with both.transaction() as session:
        assert [(entry.number, entry.reason) for entry in session.scalars(select(_OptOut))] == [(PROVIDER, "quit")]
        assert session.get(_OptOut, OFFICE) is None


def test_p1_a_servers_log_of_statements_shows_no_number(
    both: Store, own_database: str, postgres: EmbeddedPostgres
) -> None:
    with both.transaction() as session:
        name = session.scalar(text("SELECT current_database()"))
        session.execute(text(f"ALTER DATABASE {name} SET log_statement = 'all'"))
    with closing(Store(own_database, keyring=BOTH)) as store, store.transaction() as session:
        put_provider(session, "dr-wu", STRANGER)
        arrive(session, "line1-1.1", clock("9:00"), caller=STRANGER)
    written = postgres.part.log.read_text()
    assert "INSERT INTO caller_numbers" in written
    assert not re.search("415.?555", written)
