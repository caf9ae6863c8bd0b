"""What a refused caller hears (A13)."""

from datetime import UTC, datetime

import pytest

from consultation.admission import Profile, Reason, Refuse
from consultation.announcement import LANGUAGES, announcement, spoken_language
from tests.consultation.examples import MINUTE, clock, consultation

NEW_YORK = Profile("dr-lee", time_zone="America/New_York", language="en")
NOW = clock("12:00")  # 8 in the morning in New York


def heard(opens_at: datetime, *, now: datetime = NOW, zone: str = "America/New_York", language: str = "en") -> str:
    """What follows the word that the line opens later."""
    refusal = Refuse(Reason.TOO_EARLY, opens_at=opens_at, candidate=consultation())
    recognised, opens, *time = announcement(refusal, Profile("dr-lee", zone, language), now, language)
    assert (recognised, opens) == ("recognised", "opens")
    return " ".join(time)


@pytest.mark.parametrize("reason", Reason)
def test_a13_every_reason_has_its_own_words(reason: Reason) -> None:
    others = [announcement(Refuse(other), None, NOW, "en") for other in Reason if other is not reason]
    assert announcement(Refuse(reason), None, NOW, "en") not in others


@pytest.mark.parametrize("reason", Reason)
def test_a13_a_caller_on_a_profile_hears_first_that_the_number_is_recognised(reason: Reason) -> None:
    strangers = announcement(Refuse(reason), None, NOW, "en")
    # Whoever borrows a provider's number does not learn that it is one (A8).
    first = [] if reason is Reason.CALLER_UNVERIFIED else ["recognised"]
    assert announcement(Refuse(reason), NEW_YORK, NOW, "en") == [*first, *strangers]


@pytest.mark.parametrize("reason", Reason)
def test_a13_nothing_tells_a_stranger_that_an_appointment_exists(reason: Reason) -> None:
    told = Refuse(reason, opens_at=clock("13:00"), candidate=consultation())
    assert announcement(told, None, NOW, "en") == announcement(Refuse(reason), None, NOW, "en")


@pytest.mark.parametrize(
    ("opens_at", "words"),
    [
        ("13:00", "today at 9 am"),
        ("13:05", "today at 9 oh 5 am"),
        ("13:30", "today at 9 30 am"),
        ("16:00", "today at 12 pm"),
        ("17:59", "today at 1 59 pm"),
    ],
)
def test_a13_the_time_is_spoken_in_the_providers_zone(opens_at: str, words: str) -> None:
    assert heard(clock(opens_at)) == words


@pytest.mark.parametrize(
    ("opens_at", "words"),
    [
        ("13:00", "today at 9 o-clock am"),
        ("17:05", "today at-one 1 oh 5 pm"),
        ("23:59", "today at 7 oh 59 pm"),
    ],
)
def test_a13_the_time_is_spoken_in_the_providers_language(opens_at: str, words: str) -> None:
    assert heard(clock(opens_at), language="es") == words


def test_a13_tomorrow_is_tomorrow_where_the_provider_is() -> None:
    midnight = datetime(2126, 5, 5, 4, 0, tzinfo=UTC)
    assert heard(midnight - MINUTE) == "today at 11 59 pm"
    assert heard(midnight) == "tomorrow at 12 am"
    assert heard(midnight, zone="UTC") == "tomorrow at 4 am"
    assert heard(midnight, zone="Asia/Tokyo", now=datetime(2126, 5, 4, 16, 0, tzinfo=UTC)) == "today at 1 pm"


def test_w5_a_time_after_the_clocks_changed_is_spoken_as_the_new_clock_shows_it() -> None:
    evening, morning = datetime(2026, 3, 8, 1, 0, tzinfo=UTC), datetime(2026, 3, 8, 13, 0, tzinfo=UTC)
    assert heard(morning, now=evening) == "tomorrow at 9 am"


@pytest.mark.parametrize(
    ("language", "spoken"), [("en", "en"), ("es", "es"), ("es-MX", "es"), ("EN-gb", "en"), ("de", "en"), ("", "en")]
)
def test_a13_the_providers_language_is_spoken_where_there_are_recordings(language: str, spoken: str) -> None:
    assert spoken_language(Profile("dr-lee", language=language), "en") == spoken


@pytest.mark.parametrize("default", LANGUAGES)
def test_a13_a_stranger_hears_the_lines_own_language(default: str) -> None:
    assert spoken_language(None, default) == default
