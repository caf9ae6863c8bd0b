"""Whose number is whose (A3, A4)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from consultation.numbers import PhoneNumber
from schema.engine import Store
from schema.queries import people
from schema.queries.people import NumberTakenError
from tests.consultation.examples import CLIENT, LINE, OTHER_LINE, PROVIDER
from tests.schema.platform import OFFICE, STRANGER, put_provider

VOICE = PhoneNumber("+14155550102")


def numbers_of(store: Store, provider_id: str = "dr-lee") -> list[PhoneNumber]:
    """The caller numbers of a provider."""
    with store.transaction() as session:
        return [entry.number for entry in people.caller_numbers(session, provider_id)]


def test_a4_a_provider_has_several_numbers_in_the_order_given_and_labelled(line: Store) -> None:
    with line.transaction() as session:
        assert not put_provider(session, "dr-lee", PROVIDER, OFFICE, VOICE)
        entries = people.caller_numbers(session, "dr-lee")
    assert {entry.number: entry.label for entry in entries} == {
        PROVIDER: "phone 1",
        OFFICE: "phone 2",
        VOICE: "phone 3",
    }


def test_a4_a_put_leaves_exactly_the_numbers_it_names(line: Store) -> None:
    with line.transaction() as session:
        put_provider(session, "dr-lee", PROVIDER, OFFICE)
        put_provider(session, "dr-lee", OFFICE, VOICE)
    assert numbers_of(line) == [OFFICE, VOICE]
    with line.transaction() as session:
        put_provider(session, "dr-lee")
    assert numbers_of(line) == []


def test_a4_a_number_given_up_is_free_for_another(line: Store) -> None:
    with line.transaction() as session:
        put_provider(session, "dr-lee", OFFICE)
        assert put_provider(session, "dr-wu", PROVIDER)
    assert (numbers_of(line), numbers_of(line, "dr-wu")) == ([OFFICE], [PROVIDER])


def test_a4_a_number_that_is_anothers_is_refused_and_nothing_of_the_put_stays(line: Store) -> None:
    with pytest.raises(NumberTakenError), line.transaction() as session:
        put_provider(session, "dr-wu", OFFICE, PROVIDER)
    assert (numbers_of(line), numbers_of(line, "dr-wu")) == ([PROVIDER], [])
    with line.transaction() as session:
        assert not people.provider_exists(session, "dr-wu")
        assert people.provider_exists(session, "dr-lee")


@pytest.mark.parametrize("number", [LINE, OTHER_LINE])
def test_a3_a_line_number_goes_on_no_profile(line: Store, number: PhoneNumber) -> None:
    with pytest.raises(NumberTakenError), line.transaction() as session:
        put_provider(session, "dr-lee", PROVIDER, number)
    assert numbers_of(line) == [PROVIDER]


def test_a3_a_providers_number_goes_into_no_pool(line: Store) -> None:
    with pytest.raises(NumberTakenError), line.transaction() as session:
        people.add_line_number(session, PROVIDER)


def test_the_pool_keeps_its_order_and_a_number_only_once(line: Store) -> None:
    with line.transaction() as session:
        assert people.add_line_number(session, STRANGER)
        assert not people.add_line_number(session, LINE)
        assert [entry.number for entry in people.line_numbers(session)] == [LINE, OTHER_LINE, STRANGER]


def test_a_client_changes_in_place(line: Store) -> None:
    with line.transaction() as session:
        assert not people.put_client(session, "client", name="Jane Doe", number=STRANGER)
        assert people.put_client(session, "other", name="John Roe", number=CLIENT)


def race(*entries: Callable[[], object]) -> list[object]:
    """What each of these returns or raises, all begun at the same moment."""
    together = Barrier(len(entries))

    def run(entry: Callable[[], object]) -> object:
        together.wait()
        try:
            return entry()
        except Exception as error:  # noqa: BLE001 (whatever it raises is its result)
            return type(error)

    with ThreadPoolExecutor(len(entries)) as pool:
        return list(pool.map(run, entries))


def profile(store: Store, provider_id: str, *numbers: PhoneNumber) -> Callable[[], bool]:
    """A profile to be put, in a transaction of its own."""

    def put() -> bool:
        with store.transaction() as session:
            return put_provider(session, provider_id, *numbers)

    return put


@pytest.mark.parametrize("_again", range(3))
def test_a4_of_profiles_racing_for_one_number_one_wins(line: Store, database_url: str, _again: int) -> None:
    store = Store(database_url, pool=6)
    results = race(*[profile(store, f"dr-{place}", OFFICE) for place in range(6)])
    store.close()
    assert sorted(map(str, results)) == sorted(map(str, [True, *[NumberTakenError] * 5]))
    assert [numbers_of(line, f"dr-{place}") for place in range(6)].count([OFFICE]) == 1


@pytest.mark.parametrize("_again", range(5))
def test_a4_profiles_that_name_the_same_numbers_crosswise_do_not_block_each_other(
    line: Store, database_url: str, _again: int
) -> None:
    numbers = [PhoneNumber(f"+1415555{last}") for last in range(1000, 1030)]
    store = Store(database_url, pool=2)
    results = race(profile(store, "dr-a", *numbers), profile(store, "dr-b", *reversed(numbers)))
    store.close()
    assert set(map(str, results)) == {str(True), str(NumberTakenError)}
