"""Line numbers, providers and clients, as the platform puts them."""

from concurrent.futures import ThreadPoolExecutor

from runtime.settings import Settings
from schema.engine import Store
from schema.queries import people
from tests.portal.conftest import ADA, BEN, BOB, LINE, OTHER_LINE, Platform, api, provider_body


def numbers_in(store: Store, provider_id: str) -> dict[str, str]:
    with store.transaction() as session:
        return {row.number.e164: row.label for row in people.caller_numbers(session, provider_id)}


def test_a_line_number_is_added_once(platform: Platform, store: Store) -> None:
    first, again = platform.line_number(LINE), platform.line_number(LINE)
    assert (first.status_code, first.json()) == (201, {"number": LINE})
    assert (again.status_code, again.json()) == (200, {"number": LINE})
    with store.transaction() as session:
        assert [row.number.e164 for row in people.line_numbers(session)] == [LINE]


def test_a_line_number_may_come_percent_encoded(platform: Platform) -> None:
    assert platform.put("line-numbers/%2B14155550199").json() == {"number": LINE}


def test_a_provider_is_created_then_replaced(platform: Platform, store: Store) -> None:
    body = provider_body(ADA) | {"language": "es-MX"}
    first, again = platform.put("providers/p-1", body), platform.put("providers/p-1", body)
    assert (first.status_code, again.status_code) == (201, 200)
    shown = {"id": "p-1", **body, "practice_id": None, "pin_always": False, "pin_when_unverified": False}
    shown |= {"sms_number": None}
    assert first.json() == again.json() == shown
    assert numbers_in(store, "p-1") == {ADA: "mobile"}


def test_a_put_replaces_all_caller_numbers(platform: Platform, store: Store) -> None:
    platform.provider("p-1", ADA, BOB)
    platform.provider("p-1", BOB, OTHER_LINE)
    assert set(numbers_in(store, "p-1")) == {BOB, OTHER_LINE}


def test_a_put_without_caller_numbers_takes_them_all_away(platform: Platform, store: Store) -> None:
    platform.provider("p-1", ADA)
    assert platform.provider("p-1").json()["caller_numbers"] == []
    assert numbers_in(store, "p-1") == {}
    assert platform.provider("p-2", ADA).status_code == 201


def test_language_is_english_unless_said_otherwise(platform: Platform) -> None:
    platform.provider("p-1", language="es-MX")
    assert platform.provider("p-1").json()["language"] == "en"


def test_national_numbers_are_completed_and_stored_in_e164(platform: Platform, store: Store) -> None:
    answer = platform.provider("p-1", "(415) 555-0100")
    assert answer.json()["caller_numbers"] == [{"number": ADA, "label": "mobile"}]
    assert numbers_in(store, "p-1") == {ADA: "mobile"}
    assert platform.client_(number="415-555-0123").json()["number"] == BEN


def test_a1_the_deployments_region_completes_national_numbers(settings: Settings, store: Store) -> None:
    with api(settings.model_copy(update={"default_region": "GB"}), store) as client:
        platform = Platform(client, store)
        assert platform.client_(number="020 7946 0958").json()["number"] == "+442079460958"
        assert platform.provider("p-1", "020 7946 0958").json()["caller_numbers"][0]["number"] == "+442079460958"


def test_names_lose_the_spaces_around_them(platform: Platform) -> None:
    assert platform.client_(name="  Ben Ode ").json()["name"] == "Ben Ode"


def test_twenty_caller_numbers_are_accepted(platform: Platform) -> None:
    numbers = [f"+141555501{last:02}" for last in range(20)]
    assert len(platform.provider("p-1", *numbers).json()["caller_numbers"]) == 20


def test_a_client_is_created_then_replaced(platform: Platform) -> None:
    first, again, moved = platform.client_(), platform.client_(), platform.client_(number=BOB)
    assert [answer.status_code for answer in (first, again, moved)] == [201, 200, 200]
    assert first.json() == again.json() == {"id": "c-1", "name": "Ben Ode", "number": BEN}
    assert moved.json()["number"] == BOB


def test_two_clients_may_share_a_number(platform: Platform) -> None:
    platform.client_("c-1")
    assert platform.client_("c-2").status_code == 201


def test_a4_a_number_of_another_provider_is_refused_and_changes_nothing(platform: Platform, store: Store) -> None:
    platform.provider("p-1", ADA)
    answer = platform.provider("p-2", BOB, ADA)
    assert (answer.status_code, answer.json()["code"]) == (409, "number_taken")
    assert numbers_in(store, "p-1") == {ADA: "mobile"}
    assert numbers_in(store, "p-2") == {}


def test_a3_a_provider_cannot_dial_from_a_line_number(platform: Platform) -> None:
    platform.line_number(LINE)
    answer = platform.provider("p-1", LINE)
    assert (answer.status_code, answer.json()["code"]) == (409, "number_taken")


def test_a3_a_providers_number_cannot_become_a_line_number(platform: Platform) -> None:
    platform.provider("p-1", ADA)
    answer = platform.line_number(ADA)
    assert (answer.status_code, answer.json()["code"]) == (409, "number_taken")


def test_a_taken_number_is_refused_without_saying_whose_or_which(platform: Platform) -> None:
    platform.provider("the-other-one", ADA, name="Dr. Other")
    text = platform.provider("p-1", ADA).text
    assert not any(word in text for word in ("the-other-one", "Other", "4155550100", "p-1", "00"))


def test_a4_of_two_providers_who_claim_a_number_at_once_one_gets_it(platform: Platform) -> None:
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda provider: platform.provider(provider, ADA), [f"p-{n}" for n in range(4)]))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
