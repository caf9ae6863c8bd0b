"""From one key to the next: every number found and none twice at any step, whatever interrupts it (P1, A4)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from consultation.admission import Admit
from consultation.numbers import PhoneNumber
from schema import number_columns, rotation
from schema.engine import NumberKeyError, Store, StoreUnavailableError
from schema.keyring import Keyring
from schema.models import CallerNumber
from schema.number_columns import number_tables
from schema.queries import number_keys, people
from schema.queries.people import NumberTakenError
from tests.consultation.examples import CLIENT, LINE, PROVIDER, clock
from tests.schema.numbers_of_a_table import BOTH, KEY, NEW_KEY, THIRD_KEY, key_ids, stored
from tests.schema.platform import OFFICE, STRANGER, arrive, book, put_provider
from tests.schema.waiting import wait_for_lock

ADD_OFFICE = insert(CallerNumber).values(number=OFFICE, provider_id="dr-lee", label="").returning(CallerNumber.id)


def unwatched(_table: str, _rows: int) -> None:
    """Nobody is told of the progress."""


@pytest.fixture
def worked(both: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The line with more calls than one batch, whose batches are small."""
    monkeypatch.setattr(number_columns, "BATCH", 10)
    with both.transaction() as session:
        book(session)
        for place in range(25):
            arrive(session, f"line1-{place}.1", clock("8:00"))
    return both


def test_p1_after_a_rotation_every_number_is_under_the_new_key_and_the_old_one_is_not_needed(
    worked: Store, own_database: str
) -> None:
    told: list[tuple[str, int]] = []
    rotation.rotate(worked, BOTH, lambda table, rows: told.append((table, rows)))
    with worked.transaction() as session:
        assert key_ids(session) == {NEW_KEY.id}
        assert number_keys.states(session) == {NEW_KEY.id: "active", KEY.id: "retired"}
    assert [rows for table, rows in told if table == "calls"] == [10, 20, 25]
    with closing(Store(own_database, keyring=Keyring([NEW_KEY]))) as without, without.transaction() as session:
        _, decision = arrive(session, "line1-99.1", clock("9:00"))
        assert isinstance(decision, Admit)
        assert decision.candidate.client_number == CLIENT


def test_p1_a_rotation_that_is_through_is_nothing_to_do_again(worked: Store) -> None:
    rotation.rotate(worked, BOTH, unwatched)
    before = rotation.standing(worked)
    told: list[str] = []
    rotation.rotate(worked, BOTH, lambda table, _rows: told.append(table))
    assert (told, rotation.standing(worked)) == ([], before)
    assert (before.left, before.retiring) == (0, [])


class Interrupted(BaseException):
    """As by a signal."""


@pytest.mark.parametrize("at", range(1, 9))
def test_p1_a_rotation_that_was_interrupted_anywhere_goes_on_where_it_was(
    worked: Store, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    steps = count(1)

    def interrupting(step: Callable[..., object]) -> Callable[..., object]:
        def interrupted(*given: object) -> object:
            done = step(*given)
            if next(steps) == at:
                raise Interrupted
            return done

        return interrupted

    with monkeypatch.context() as patched:
        for name in ("reseal", "reseal_all", "retire"):
            patched.setattr(rotation, name, interrupting(getattr(rotation, name)))
        with pytest.raises(Interrupted):
            rotation.rotate(worked, BOTH, unwatched)
    # Halfway, everything is found, and nothing can be there twice.
    with worked.transaction() as session:
        _, decision = arrive(session, "line1-99.1", clock("9:00"))
        assert isinstance(decision, Admit)
        assert len({form.split(".")[0] for form in stored(session, "caller_numbers")}) == 1
    assert not _added_twice(worked)
    rotation.rotate(worked, BOTH, unwatched)
    with worked.transaction() as session:
        assert key_ids(session) == {NEW_KEY.id}
    assert rotation.standing(worked).retiring == []


def _added_twice(store: Store) -> bool:
    """Whether a number that is there can be added by anybody else."""
    adds: list[Callable[[Session], object]] = [
        lambda session: put_provider(session, "dr-wu", PROVIDER),
        lambda session: put_provider(session, "dr-wu", LINE),
        lambda session: people.add_line_number(session, PROVIDER),
    ]
    for add in adds:
        with pytest.raises(NumberTakenError), store.transaction() as session:
            add(session)
    with store.transaction() as session:
        return people.add_line_number(session, LINE)


def test_p1_a_rotation_without_the_key_of_before_is_refused_and_changes_nothing(worked: Store) -> None:
    with pytest.raises(NumberKeyError, match=KEY.id):
        rotation.rotate(worked, Keyring([NEW_KEY]), unwatched)
    with worked.transaction() as session:
        assert key_ids(session) == {KEY.id}
        assert number_keys.in_use(session) == [KEY.id]


def test_p1_a_second_rotation_takes_along_what_an_interrupted_first_left(own_database: str, worked: Store) -> None:
    rotation.switch(worked, BOTH)
    three = Keyring([THIRD_KEY, NEW_KEY, KEY])
    with closing(Store(own_database, keyring=three)) as store:
        with store.transaction() as session:
            arrive(session, "line1-99.1", clock("8:00"))
            assert {form.split(".")[0] for form in stored(session, "calls")} == {KEY.id, NEW_KEY.id}
        rotation.rotate(store, three, unwatched)
        with store.transaction() as session:
            assert key_ids(session) == {THIRD_KEY.id}
            assert number_keys.in_use(session) == [THIRD_KEY.id]


def test_p1_a_rotation_that_another_one_overtook_stops(own_database: str, worked: Store) -> None:
    (calls,) = [table for table in number_tables() if table.name == "calls"]
    rotation.switch(worked, BOTH)
    moving = rotation.move(worked, BOTH, calls)
    next(moving)
    three = Keyring([THIRD_KEY, NEW_KEY, KEY])
    with closing(Store(own_database, keyring=three)) as store:
        rotation.switch(store, three)
    with pytest.raises(rotation.OvertakenError):
        next(moving)


def test_p1_what_an_open_transaction_wrote_under_the_old_key_is_waited_for(worked: Store, own_database: str) -> None:
    with closing(Store(own_database, keyring=BOTH)) as other:
        with other.transaction() as session:
            arrive(session, "line1-99.1", clock("8:00"))
            rotating = threading.Thread(target=rotation.rotate, args=(worked, BOTH, unwatched))
            rotating.start()
            wait_for_lock(session, rotating)
        rotating.join(30)
    with worked.transaction() as session:
        assert key_ids(session) == {NEW_KEY.id}
        assert number_keys.in_use(session) == [NEW_KEY.id]


def test_p1_a_key_that_any_number_is_under_stays_in_use(worked: Store) -> None:
    rotation.switch(worked, BOTH)
    rotation.retire(worked, BOTH)
    with worked.transaction() as session:
        assert number_keys.in_use(session) == [NEW_KEY.id, KEY.id]
    standing = rotation.standing(worked)
    assert (standing.retiring, standing.left > 25) == ([KEY.id], True)


def test_a4_a_profile_that_is_being_written_as_the_key_changes_is_waited_for(worked: Store, own_database: str) -> None:
    with closing(Store(own_database, keyring=BOTH)) as other:
        with other.transaction() as session:
            put_provider(session, "dr-wu", OFFICE)
            switching = threading.Thread(target=rotation.switch, args=(worked, BOTH))
            switching.start()
            wait_for_lock(session, switching)
            # A lookup is not in the way, and is not kept waiting.
            with worked.transaction() as elsewhere:
                assert isinstance(arrive(elsewhere, "line1-99.1", clock("9:00"))[1], Admit)
        switching.join(10)
    with worked.transaction() as session:
        assert {form.split(".")[0] for form in stored(session, "caller_numbers")} == {NEW_KEY.id}
    with pytest.raises(NumberTakenError), worked.transaction() as session:
        put_provider(session, "dr-zhu", OFFICE)


def test_a4_a_profile_that_waits_for_the_switch_is_stored_under_the_new_key(worked: Store, own_database: str) -> None:
    """Its statement was sent while the old key was active; the snapshot it works with is taken after its lock."""
    with closing(Store(own_database, keyring=BOTH)) as other:
        results: list[object] = []

        def add() -> None:
            with other.transaction() as session:
                results.append(session.scalar(ADD_OFFICE) is not None)

        with worked.transaction() as session:
            assert rotation._switch(session, BOTH)
            adding = threading.Thread(target=add)
            adding.start()
            wait_for_lock(session, adding)
        adding.join(10)
        assert results == [True]
    with worked.transaction() as session:
        assert {form.split(".")[0] for form in stored(session, "caller_numbers")} == {NEW_KEY.id}


@contextmanager
def at_work(*works: Callable[[int], None]) -> Iterator[list[BaseException]]:
    """Each of these done over and over meanwhile, in a thread of its own; what they raised."""
    stop, failed = threading.Event(), list[BaseException]()
    rounds = [0] * len(works)

    def repeat(place: int, work: Callable[[int], None]) -> None:
        for turn in count():
            if stop.is_set():
                return
            try:
                work(turn)
            except BaseException as error:  # noqa: BLE001 (whatever it raises is what the test is about)
                failed.append(error)
                return
            rounds[place] = turn + 1

    threads = [threading.Thread(target=repeat, args=entry) for entry in enumerate(works)]
    for thread in threads:
        thread.start()
    while min(rounds) < 5 and not failed:
        pass
    before = list(rounds)
    yield failed
    while any(now < then + 5 for now, then in zip(rounds, before, strict=True)) and not failed:
        pass
    stop.set()
    for thread in threads:
        thread.join(30)


def test_a4_a10_while_keys_are_rotated_every_call_is_decided_rightly_and_no_number_gets_in_twice(
    worked: Store, own_database: str
) -> None:
    keys = [KEY, NEW_KEY, THIRD_KEY]
    ring = Keyring(keys)
    with worked.transaction() as session:
        for place in range(200):
            put_provider(session, f"dr-{place}", PhoneNumber(f"+1212555{1000 + place}"))

    with closing(Store(own_database, pool=4, keyring=ring)) as store:

        def provider_calls(turn: int) -> None:
            with store.transaction() as session:
                _, decision = arrive(session, f"line1-{turn}.2", clock("9:00"))
                assert isinstance(decision, Admit)
                assert decision.candidate.client_number == CLIENT
                session.rollback()
            with store.transaction() as session:
                arrive(session, f"line1-{turn}.3", clock("8:00"))

        def stranger_calls(turn: int) -> None:
            with store.transaction() as session:
                _, decision = arrive(session, f"line1-{turn}.4", clock("9:00"), caller=STRANGER)
                assert getattr(decision, "reason", None) == "caller_unknown"

        def platform_writes(turn: int) -> None:
            with store.transaction() as session:
                put_provider(session, "dr-new", OFFICE, PhoneNumber(f"+1646555{1000 + turn % 9000}"))
            with store.transaction() as session:
                people.put_client(session, f"c-{turn}", name="C", number=STRANGER)

        def thief_writes(turn: int) -> None:
            taken = PhoneNumber(f"+1212555{1000 + turn % 200}")
            with pytest.raises(NumberTakenError), store.transaction() as session:
                put_provider(session, "dr-thief", taken)
            with pytest.raises(NumberTakenError), store.transaction() as session:
                people.add_line_number(session, taken)
            with store.transaction() as session:
                assert not people.add_line_number(session, LINE)

        with at_work(provider_calls, stranger_calls, platform_writes, thief_writes) as failed:
            for newest in (NEW_KEY, THIRD_KEY, KEY, NEW_KEY):
                order = Keyring([newest, *(key for key in keys if key is not newest)])
                with closing(Store(own_database, pool=1, keyring=order)) as rotating:
                    rotation.rotate(rotating, order, unwatched)
                    standing = rotation.standing(rotating)
                    assert (standing.active, standing.left, standing.retiring) == (newest.id, 0, [])
        assert failed == []
    with worked.transaction() as session:
        assert key_ids(session) == {NEW_KEY.id}
        for table in ("caller_numbers", "line_numbers"):
            opened = [BOTH.open(form) for form in stored(session, table)]
            assert len(opened) == len(set(opened))


def test_p1_a_table_that_is_locked_for_long_ends_the_rotation_and_not_the_calls(
    worked: Store, own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "_ATTEMPTS", 2)
    monkeypatch.setattr(rotation, "_LOCK_MILLISECONDS", 50)
    with closing(Store(own_database, keyring=BOTH)) as other, other.transaction() as session:
        session.execute(text("LOCK TABLE caller_numbers IN ROW EXCLUSIVE MODE"))
        with pytest.raises(StoreUnavailableError):
            rotation.rotate(worked, BOTH, unwatched)
    with worked.transaction() as session:
        assert key_ids(session) == {KEY.id}
