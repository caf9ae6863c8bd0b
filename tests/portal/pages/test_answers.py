"""The provider answers whether a consultation took place, once and in time (S3, S5, S7)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.portal.conftest import Platform
from tests.portal.pages.conftest import Browser, around_now

SignIn = Callable[..., Browser]

pytestmark = pytest.mark.usefixtures("up")


def answer(browser: Browser, occurred: str, *, occurrence: int = 1, part: bool = False) -> str:
    """Press a button of the question, with or without JavaScript; returns the page, in which nothing is cut off."""
    headers = {"HX-Request": "true"} if part else {}
    data = {"occurred": occurred, "occurrence": str(occurrence)}
    return browser.post("/p/appointments/a-1/answer", data, headers).text


def status(browser: Browser) -> int:
    assert browser.page is not None
    return browser.page.status_code


@pytest.mark.parametrize("part", [False, True])
@pytest.mark.parametrize(("said", "becomes"), [("yes", "completed"), ("no", "did_not_occur")])
def test_s7_a_provider_answers_by_hand(
    platform: Platform, sign_in: SignIn, said: str, becomes: str, part: bool
) -> None:
    platform.book(**around_now(timedelta(hours=-5)))
    ada = sign_in()
    assert "Thank you. You said that it" in answer(ada, said, part=part)
    assert status(ada) == 200
    shown = platform.get("appointments/a-1")
    assert (shown["status"], shown["status_by"], shown["task"]) == (becomes, "provider", None)
    assert "Nothing to answer" in ada.get("/p/tasks").text


def test_s3_an_open_question_stands_on_the_first_page_in_the_pop_up_and_among_the_questions(
    platform: Platform, sign_in: SignIn
) -> None:
    platform.book(**around_now(timedelta(hours=-5)))
    ada = sign_in()
    for path in ("/p/", "/p/appointments/a-1", "/p/tasks"):
        page = ada.get(path).text
        assert page.count("Did the consultation take place?") == 1, path
        assert "Please answer by" in page
        assert '<b class="count">1</b>' in page


def test_s3_before_the_line_has_closed_there_is_no_question(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(hours=0)))
    ada = sign_in()
    for path in ("/p/", "/p/appointments/a-1", "/p/tasks"):
        assert "Did the consultation take place?" not in ada.get(path).text


@pytest.mark.parametrize("part", [False, True])
def test_s1_a_second_answer_changes_nothing_and_says_so(platform: Platform, sign_in: SignIn, part: bool) -> None:
    platform.book(**around_now(timedelta(hours=-5)))
    ada = sign_in()
    answer(ada, "yes")
    ada.get("/p/")
    page = answer(ada, "no", part=part)
    assert status(ada) == 409
    assert "Nothing was changed" in page
    assert "This was answered before: the consultation took place." in page
    assert platform.get("appointments/a-1")["status"] == "completed"


def test_s5_an_answer_after_the_deadline_changes_nothing_and_says_so(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(hours=-73)))
    ada = sign_in()
    assert "Did the consultation take place?" not in ada.get("/p/").text
    assert "The time to answer ended" in answer(ada, "yes")
    assert status(ada) == 409
    assert platform.get("appointments/a-1")["status"] == "unknown"


def test_s6_an_answer_to_an_occurrence_that_was_moved_changes_nothing_and_says_so(
    platform: Platform, sign_in: SignIn
) -> None:
    platform.book(**around_now(timedelta(hours=-5)))
    ada = sign_in()
    platform.appointment(**around_now(timedelta(hours=-2)))
    assert "moved or cancelled, so no answer is needed" in answer(ada, "no", occurrence=1)
    assert status(ada) == 409
    assert platform.get("appointments/a-1")["status"] == "pending"


def test_s6_an_answer_to_what_was_cancelled_changes_nothing_and_says_so(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(hours=-5)))
    ada = sign_in()
    platform.cancel()
    assert "moved or cancelled, so no answer is needed" in answer(ada, "yes")
    assert status(ada) == 409


def test_an_answer_before_the_start_changes_nothing_and_says_so(platform: Platform, sign_in: SignIn) -> None:
    platform.book(**around_now(timedelta(hours=5)))
    ada = sign_in()
    assert "This question is not open" in answer(ada, "yes")
    assert status(ada) == 409
    assert platform.get("appointments/a-1")["status"] == "pending"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"occurred": "maybe", "occurrence": "1"},
        {"occurred": "yes"},
        {"occurred": "yes", "occurrence": "-1"},
        {"occurred": "yes", "occurrence": "²"},
        {"occurred": "yes", "occurrence": "9" * 40},
    ],
)
def test_an_answer_that_is_none_changes_nothing(platform: Platform, sign_in: SignIn, data: dict[str, str]) -> None:
    platform.book(**around_now(timedelta(hours=-5)))
    ada = sign_in()
    assert ada.post("/p/appointments/a-1/answer", data).status_code in (400, 409)
    assert platform.get("appointments/a-1")["status"] == "pending"
